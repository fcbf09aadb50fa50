"""Names suggested and checked as one types; only the portal's own rows and the last inventory are asked."""

from __future__ import annotations

from typing import Any

from anywhere.accounts.models import Organization
from anywhere.clusters.models import Cluster
from services.models import Service
from services.rules import names as rules


def namespace_for(cluster: Cluster | None, name: str) -> str:
    """Give the namespace to suggest: the only one that may be used, else one named like the service."""
    if cluster is not None and cluster.access_mode == "namespace":
        return cluster.namespace
    return name


def names(
    organization: Organization, *, package: str = "", name: str = "", cluster: str = "", namespace: str = ""
) -> dict[str, Any]:
    """Give {suggested, name: {available, reason}, namespace: {suggested, exists, reason}}."""
    where = _cluster(organization, cluster)
    present = Service.objects.filter(organization=organization, state="present")
    if where is not None:
        present = present.filter(cluster=where)
    taken = set(present.values_list("name", flat=True))
    suggested = rules.suggest(package or "service", taken)
    chosen = name or suggested
    space = namespace or namespace_for(where, chosen)
    reason = rules.problem_with_name(chosen)
    if reason is None and where and present.filter(name=chosen, namespace=space).exists():
        reason = f"A service {chosen} is in {space} on {where.name} already."
    return {
        "suggested": suggested,
        "name": {"available": reason is None, "reason": reason},
        "namespace": {
            "suggested": namespace_for(where, chosen),
            "exists": _exists(where, space),
            "reason": rules.problem_with_namespace(space) or _not_allowed(where, space),
        },  # fmt: skip
    }


def _cluster(organization: Organization, text: str) -> Cluster | None:
    rows = Cluster.objects.filter(organization=organization).exclude(state__in=("removed", "removing"))
    return next((c for c in rows if text in (c.name, str(c.pk))), None) if text else None


def _exists(cluster: Cluster | None, namespace: str) -> bool | None:
    if cluster is None or not cluster.inventory:
        return None
    return any(n["name"] == namespace for n in cluster.inventory.get("namespaces") or [])


def _not_allowed(cluster: Cluster | None, namespace: str) -> str | None:
    if cluster is not None and cluster.access_mode == "namespace" and namespace != cluster.namespace:
        return f"The access to {cluster.name} is restricted to {cluster.namespace}."
    return None

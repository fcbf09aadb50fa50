"""Names suggested and checked as one types; only the portal's own rows and the last inventory are asked."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from anywhere.accounts.models import Organization
from anywhere.clusters.models import Cluster
from catalog.models import Kind, Version
from services.models import Service, Stack
from services.rules import names as rules
from services.rules import stacks


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
    version = Version.objects.filter(package__name=package, package__kind=Kind.STACK, package__latest=F("pk")).first()
    if version is not None:
        return _names_of_stack(organization, version, where, name, namespace)
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
    return _document(where, suggested, chosen, space, reason)


def _document(where: Cluster | None, suggested: str, chosen: str, space: str, reason: str | None) -> dict[str, Any]:
    return {
        "suggested": suggested,
        "name": {"available": reason is None, "reason": reason},
        "namespace": {
            "suggested": namespace_for(where, chosen),
            "exists": _exists(where, space),
            "reason": rules.problem_with_namespace(space) or _not_allowed(where, space),
        },  # fmt: skip
    }


def _names_of_stack(
    organization: Organization, version: Version, where: Cluster | None, name: str, namespace: str
) -> dict[str, Any]:
    """Give the same for a stack, whose name its services are called after."""
    members = [member["name"] for member in version.definition["members"]]
    known = Stack.objects.filter(organization=organization, state="present")
    suggested = rules.suggest(version.package.name, set(known.values_list("name", flat=True)))
    chosen = name or suggested
    space = namespace or namespace_for(where, chosen)
    reason = stacks.problem_with_name(chosen, members)
    if reason is None and where is not None:
        called = [stacks.member_name(chosen, member) for member in members]
        present = Service.objects.filter(cluster=where, namespace=space, name__in=called, state="present")
        taken = present.order_by("name").values_list("name", flat=True).first()
        if known.filter(cluster=where, namespace=space, name=chosen).exists():
            reason = f"A stack {chosen} is in {space} on {where.name} already."
        elif taken:
            reason = f"A service {taken} is in {space} on {where.name} already."
    return _document(where, suggested, chosen, space, reason)


def _cluster(organization: Organization, text: str) -> Cluster | None:
    rows = Cluster.objects.filter(organization=organization).exclude(state__in=("removed", "removing"))
    return next((c for c in rows if text in (c.name, str(c.pk))), None) if text else None


def _exists(cluster: Cluster | None, namespace: str) -> bool | None:
    if cluster is None or not cluster.inventory:
        return None
    seen = any(n["name"] == namespace for n in cluster.inventory.get("namespaces") or [])
    return seen or Service.objects.filter(cluster=cluster, namespace=namespace, state="present").exists()


def _not_allowed(cluster: Cluster | None, namespace: str) -> str | None:
    if cluster is not None and cluster.access_mode == "namespace" and namespace != cluster.namespace:
        return f"The access to {cluster.name} is restricted to {cluster.namespace}."
    return None

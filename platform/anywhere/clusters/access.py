"""The only door from an id to a cluster."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from anywhere.accounts import access
from anywhere.accounts.models import Organization, User
from anywhere.clusters.models import Cluster, ClusterState
from anywhere.lib.errors import NotFoundFault


def present() -> QuerySet[Cluster]:
    """Give the clusters that were not removed."""
    return Cluster.objects.select_related("organization").exclude(state=ClusterState.REMOVED)


def get_cluster(user: User | None, cluster_id: Any, *, to: access.To = "view") -> Cluster:
    """Give the cluster if the person's role in its organization allows `to`; NotFoundFault when it is not theirs."""
    return access.get_row(present(), user, cluster_id, to=to)


def get_cluster_by_name(organization: Organization, id_or_name: str) -> Cluster:
    """Give the organization's cluster of this id or name; NotFoundFault when there is none."""
    rows = present().filter(organization=organization)
    found = rows.filter(name=id_or_name).first()
    if found is None and _is_id(id_or_name):
        found = rows.filter(pk=id_or_name).first()
    if found is None:
        raise NotFoundFault(
            f"There is no cluster {id_or_name!r} here.", fields={"cluster": ["There is no such cluster."]}
        )
    return found


def _is_id(text: str) -> bool:
    from uuid import UUID

    try:
        UUID(str(text))
    except ValueError:
        return False
    return True

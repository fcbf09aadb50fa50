"""What the database says has to be watched, read cheaply and often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import close_old_connections, connection

from anywhere.clusters.connection import access_of
from anywhere.clusters.models import Cluster, ClusterState, Credential
from anywhere.gateways.connect import ClusterAccess
from anywhere.lib.errors import AppError
from services.models import Service, ServiceState
from services.watcher.holdings import Wanted
from services.watcher.judge import Shown

WATCHED = (ClusterState.REGISTERED, ClusterState.REMOVING)


@dataclass(frozen=True)
class Target:
    """A cluster to watch. `stamp` changes when it has to be connected to anew."""

    id: UUID
    stamp: str
    namespace: str  # "" for the whole cluster
    reachable: bool | None
    reachable_since: datetime | None = field(default=None, compare=False)
    zones: dict[str, str] = field(default_factory=dict, compare=False)


def stamp_of_services() -> str:
    """Give a text that changes whenever the set of services to watch does; one cheap query."""
    close_old_connections()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(hashtext(id::text || namespace || name || cluster_id::text"
            " || (applied_generation > 0)::text)::bigint), 0) FROM services_service WHERE state = %s",
            [ServiceState.PRESENT.value],
        )
        return str(cursor.fetchone())


def targets() -> list[Target]:
    """Give the registered clusters that have a credential."""
    close_old_connections()
    credentials = {
        row["cluster_id"]: f"{row['id']}:{row['renewed_at']}:{row['expires_at']}"
        for row in Credential.objects.filter(purpose="portal").values("cluster_id", "id", "renewed_at", "expires_at")
    }
    rows = Cluster.objects.filter(state__in=WATCHED, id__in=list(credentials)).values_list(
        "id", "server", "namespace", "access_mode", "reachable", "reachable_since", "insecure_skip_tls_verify",
        "inventory__nodes",
    )  # fmt: skip
    found = []
    for id_, server, namespace, mode, reachable, since, insecure, nodes in rows:
        zones = {n.get("name", ""): n.get("zone") or "" for n in nodes or [] if isinstance(n, dict)}
        stamp = f"{server} {insecure} {credentials[id_]}"
        found.append(Target(id_, stamp, namespace if mode == "namespace" else "", reachable, since, zones))
    return found


def access_for(cluster: UUID) -> ClusterAccess | AppError:
    """Give how to reach a cluster, or why that is not known."""
    close_old_connections()
    try:
        return access_of(Cluster.objects.get(pk=cluster))
    except AppError as error:
        return error
    except Cluster.DoesNotExist:
        return AppError("The cluster is gone.", code="cluster.gone")


def services_by_cluster(clusters: Iterable[UUID]) -> dict[UUID, list[tuple[Wanted, Shown]]]:
    """Give the services to watch, by cluster, with what the database shows of them."""
    close_old_connections()
    found: dict[UUID, list[tuple[Wanted, Shown]]] = {cluster: [] for cluster in clusters}
    rows = Service.objects.filter(state=ServiceState.PRESENT, cluster_id__in=list(found)).values_list(
        "id", "cluster_id", "namespace", "name", "applied_generation", "created_at",
        "verdict", "health_code", "reason", "health_since",
    )  # fmt: skip
    for id_, cluster, namespace, name, applied, created, verdict, code, reason, since in rows.iterator(2000):
        wanted = Wanted(id_, namespace, name, applied > 0, created)
        found[cluster].append((wanted, Shown(verdict, code, reason, since)))
    return found

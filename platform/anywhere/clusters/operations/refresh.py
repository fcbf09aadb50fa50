"""Reading a cluster's inventory when a person asks for it."""

from __future__ import annotations

from django.utils import timezone

from anywhere.clusters.connection import access_of
from anywhere.clusters.models import Cluster
from anywhere.clusters.operations import inventory
from anywhere.clusters.operations.establish import cluster_of
from anywhere.clusters.operations.refusals import explained
from anywhere.gateways.errors import GatewayError
from anywhere.operations.registry import handler
from anywhere.operations.run import Run


@handler("refresh", steps=(("connect", "Connect"), ("inventory", "Read what the cluster has")), deadline_seconds=90)
def refresh(run: Run) -> None:
    """Read the inventory; a cluster that does not answer keeps its last known facts."""
    cluster = cluster_of(run)
    access = access_of(cluster)
    with run.connect(access) as gateways:
        with run.step("connect"):
            try:
                gateways.kubernetes.version()
            except GatewayError as error:
                run.raise_if_cancelled()
                failure = explained(error, access.server)
                failure.kept, failure.next = "The last known facts are kept.", []
                raise failure from error
        with run.step("inventory"):
            document = inventory.read(gateways.kubernetes, cluster.namespace)
    with run.fenced():
        inventory.keep(cluster, document)
        seen_now(cluster)
    run.result = {"version": document["version"]}


def seen_now(cluster: Cluster) -> None:
    """Write that the cluster has just answered."""
    now = timezone.now()
    Cluster.objects.filter(pk=cluster.pk).exclude(reachable=True).update(reachable=True, reachable_since=now)
    Cluster.objects.filter(pk=cluster.pk).update(checked_at=now, unreachable_code="", unreachable_reason="")

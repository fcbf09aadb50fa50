"""Removing a cluster: our account there goes, nothing is uninstalled."""

from __future__ import annotations

from anywhere.clusters import practice
from anywhere.clusters.connection import access_of
from anywhere.clusters.errors import NotReady
from anywhere.clusters.models import Cluster, ClusterState, Credential
from anywhere.clusters.operations import account
from anywhere.clusters.operations.establish import cluster_of, settle
from anywhere.gateways.errors import GatewayError
from anywhere.lib.errors import AppError
from anywhere.operations.errors import Cancelled
from anywhere.operations.registry import handler
from anywhere.operations.run import Run

FORGOTTEN = "Its cluster was removed from Anywhere. What runs there was left as it is."


@handler(
    "remove", steps=(("account", "Delete our account there"), ("forget", "Forget the cluster")), deadline_seconds=120
)
def remove(run: Run) -> None:
    """Delete our account if the cluster answers, then forget the cluster and its credentials."""
    cluster = cluster_of(run)
    try:
        _remove(run, cluster)
    except (Cancelled, AppError):
        with run.fenced():
            settle(cluster)
        raise


def _remove(run: Run, cluster: Cluster) -> None:
    with run.step("account"):
        left = _delete_account(run, cluster)
        if left:
            run.detail("account", left)
    with run.step("forget"):
        if cluster.practice_id:
            practice.delete(cluster.practice_id)
        with run.fenced():
            forget(cluster)
    run.result = {"left": [left] if left else []}


def _delete_account(run: Run, cluster: Cluster) -> str:
    """Give "" when nothing of ours is left there, else the sentence that says what is and how to delete it."""
    credential = Credential.objects.filter(cluster=cluster, purpose="portal").first()
    if credential is None or credential.kind != "service-account" or cluster.is_practice:
        return ""
    name = credential.service_account
    try:
        with run.connect(access_of(cluster)) as gateways:
            account.delete(gateways.kubernetes, name, cluster.namespace)
    except (GatewayError, NotReady) as error:
        run.raise_if_cancelled()
        run.log(f"Our account is left there: {error.detail}", level="warning", step="account")
        by_hand = account.deleting_command(name, cluster.namespace)
        return f"Our account is left there, because: {error.detail} To delete it: {by_hand}"
    return ""


def forget(cluster: Cluster) -> None:
    """Mark a cluster as removed, delete its credentials and let go of the services that live there."""
    Credential.objects.filter(cluster=cluster).delete()
    cluster.services.exclude(state="uninstalled").update(state="uninstalled", verdict="unknown", reason=FORGOTTEN)
    cluster.stacks.filter(state="present").update(state="uninstalled")
    Cluster.objects.filter(pk=cluster.pk).update(state=ClusterState.REMOVED, inventory_due_at=None)

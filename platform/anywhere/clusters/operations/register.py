"""Registering a cluster, and giving it another credential."""

from __future__ import annotations

from anywhere.clusters.models import Cluster
from anywhere.clusters.operations.establish import STEPS, cluster_of, establish, give_up, left_behind
from anywhere.gateways.errors import GatewayError
from anywhere.lib.errors import AppError
from anywhere.operations.errors import Cancelled, OperationFailed
from anywhere.operations.registry import handler
from anywhere.operations.run import Run


@handler("register", steps=STEPS, deadline_seconds=120)
def register(run: Run) -> None:
    """Make our account with the uploaded credential and forget that; a failure forgets it too."""
    _establish(run, cluster_of(run))


@handler("replace_credential", steps=STEPS, deadline_seconds=120)
def replace_credential(run: Run) -> None:
    """Make our account anew with the uploaded credential; a failure keeps the credential in use."""
    _establish(run, cluster_of(run))


def _establish(run: Run, cluster: Cluster) -> None:
    try:
        _stoppable(run, cluster)
    except Cancelled as stop:
        give_up(run, cluster)
        raise Cancelled(stop.left or left_behind(run, cluster)) from stop
    except OperationFailed as failure:
        give_up(run, cluster)
        if run.remembers.get("created"):
            failure.kept = left_behind(run, cluster)
        raise
    except AppError as error:
        if not (isinstance(error, GatewayError) and error.retryable):  # those are tried again by the engine
            give_up(run, cluster)
        raise


def _stoppable(run: Run, cluster: Cluster) -> None:
    try:
        establish(run, cluster)
    except GatewayError:
        run.raise_if_cancelled()
        raise

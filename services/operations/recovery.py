"""Finding out what Helm did when the one who asked for it is gone. Nothing is ever uninstalled to recover."""

from __future__ import annotations

from anywhere.gateways.connect import Gateways
from anywhere.gateways.helm import DEPLOYED, Release
from anywhere.operations.errors import TryAgainLater
from anywhere.operations.models import ACTIVE, Operation
from anywhere.operations.run import Run

MARK = "anywhere"


def mark(run: Run) -> str:
    """Give the description that tells whose revision it is: product, operation and its epoch."""
    return f"{MARK} {run.operation.pk} {run.operation.epoch}"


def made_by(release: Release) -> str | None:
    """Give the id of the operation that made a revision, or None for one made by hand."""
    words = release.description.split()
    return words[1] if len(words) >= 2 and words[0] == MARK else None


def ready_for_helm(run: Run, gateways: Gateways, name: str, namespace: str) -> Release | None:
    """Give the newest revision once Helm may run again; a revision left pending by a lost worker is marked failed.

    A pending revision of a live operation, or one made by hand less than a while ago, is waited for.
    """
    newest = gateways.helm.status(name, namespace)
    if newest is None or not newest.is_pending:
        return newest
    owner = made_by(newest)
    ours = owner == str(run.operation.pk)
    if (
        owner
        and not ours
        and Operation.objects.filter(pk=owner, state__in=ACTIVE).exclude(pk=run.operation.pk).exists()
    ):
        raise TryAgainLater("Another operation is working on this release.", 5)
    if not owner and not run.remembers.get("pending_seen") == newest.updated:
        run.remember(pending_seen=newest.updated)
        raise TryAgainLater("Somebody else's Helm is working on this release.", 30)
    run.log(f"Revision {newest.revision} was left {newest.status} by a worker that is gone; it is marked as failed.")
    return gateways.helm.mark_failed(name, namespace, newest.revision, "Its worker is gone; taken over by Anywhere")


def already_done(run: Run, newest: Release | None) -> bool:
    """Give whether the newest revision is this very operation's work, finished: then nothing is sent again."""
    return newest is not None and newest.status == DEPLOYED and made_by(newest) == str(run.operation.pk)

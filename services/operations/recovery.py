"""Finding out what Helm did when the one who asked for it is gone. Nothing is ever uninstalled to recover."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from anywhere.clusters.models import Cluster
from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import Forbidden, GatewayError
from anywhere.gateways.helm import DEPLOYED, FAILED, UNINSTALLING, Release
from anywhere.gateways.kubernetes import Ref
from anywhere.operations.errors import OperationFailed, TryAgainLater
from anywhere.operations.models import Operation
from anywhere.operations.run import Run

MARK = "anywhere"
INSTALL_HOOKS = {"pre-install"}
LOOK_EVERY = 5.0
REFUSALS = ("cluster.forbidden", "cluster.unauthorized", "preflight.forbidden")
REFUSED_AT_MOST = 5
AFTER_AN_OUTAGE = timedelta(seconds=60)
STRANGERS_SECONDS = 10 * 60.0  # a Helm of somebody else may wait this long for its workloads and hooks


def mark(run: Run, part: str = "") -> str:
    """Give the description that tells whose revision it is: product, operation, its epoch, and which part of it."""
    return f"{MARK} {run.operation.pk} {run.operation.epoch} {part}".rstrip()


def made_by(release: Release) -> str | None:
    """Give the id of the operation that made a revision, or None for one made by hand."""
    words = release.description.split()
    return words[1] if len(words) >= 2 and words[0] == MARK else None


def ready_for_helm(run: Run, gateways: Gateways, name: str, namespace: str) -> Release | None:
    """Give the newest revision once Helm may run again; a revision left pending by a lost worker is marked failed.

    What a live operation or somebody else's Helm has begun is waited for. A stranger's that does not end is never
    taken over by itself: the person is asked, and a retry is the answer.
    """
    newest = gateways.helm.status(name, namespace)
    if newest is None:
        return None
    if newest.is_pending:
        newest = _end(run, gateways, newest)
    if newest.status == FAILED and newest.revision == 1 and run.operation.kind != "uninstall":
        return _begin_again(run, gateways, newest)
    return newest


@contextmanager
def waking(run: Run, cluster: Cluster) -> Iterator[None]:
    """Take a refusal for a passing one, a few times, when the cluster was away just now.

    An API server that starts answers before it knows its own rules: for some seconds it forbids what it allows.
    """
    try:
        yield
    except (GatewayError, OperationFailed) as error:
        if not error.code.startswith(REFUSALS) or run.should_stop() or not _was_away(run, cluster):
            raise
        refused = int(run.remembers.get("refused", 0)) + 1
        if refused > REFUSED_AT_MOST:
            raise
        run.remember(refused=refused)
        raise TryAgainLater(f"The cluster was away and does not allow everything yet: {error.detail}", 3) from error


def _was_away(run: Run, cluster: Cluster) -> bool:
    cluster.refresh_from_db(fields=["reachable", "reachable_since"])
    since = cluster.reachable_since
    return (
        run.operation.attempt > 1
        or cluster.reachable is False
        or (since is not None and datetime.now(UTC) - since < AFTER_AN_OUTAGE)
    )


@contextmanager
def applying(run: Run, newest: Release | None) -> Iterator[None]:
    """Note which revision Helm is about to make: until it is done, Helm's own record does not say whose it is.

    Only one operation of a service runs at a time, so a pending revision that was noted belongs to a lost worker.
    """
    run.remember(checked=True, applying=newest.revision + 1 if newest else 1)
    try:
        yield
    except GatewayError as error:
        if not error.outcome_unknown:
            run.remember(applying=0)
        raise
    run.remember(applying=0)


def has_applied(service_id: Any) -> bool:
    """Give whether an operation of the service ever came as far as Helm."""
    return Operation.objects.filter(subject_type="service", subject_id=service_id, memory__has_key="checked").exists()


def operations_of(run: Run) -> QuerySet[Operation]:
    """Give all operations on the subject of this one."""
    return Operation.objects.filter(subject_type=run.operation.subject_type, subject_id=run.operation.subject_id)


def _end(run: Run, gateways: Gateways, newest: Release) -> Release:
    """Give a pending revision marked as failed, once it is sure that nobody is working on it."""
    if newest.status == UNINSTALLING:
        if not _is_ours_to_uninstall(run):
            _wait_for_stranger(run, newest)
    elif not operations_of(run).filter(memory__applying=newest.revision).exists():
        _wait_for_stranger(run, newest)
    run.log(f"Revision {newest.revision} was left {newest.status} by a worker that is gone; it is marked as failed.")
    why = "Its worker is gone; taken over by Anywhere"
    return gateways.helm.mark_failed(newest.name, newest.namespace, newest.revision, why)


def _begin_again(run: Run, gateways: Gateways, first: Release) -> Release | None:
    """Give None when a first install came no further than its hooks: forgotten, so that Helm runs them again.

    After a failed install Helm upgrades, and then runs the hooks of an upgrade only.
    """
    name, namespace = first.name, first.namespace
    if not has_applied(run.operation.subject_id):
        return first  # a stranger's
    if not any(INSTALL_HOOKS & set(_events(hook)) for hook in gateways.helm.hooks(name, namespace)):
        return first
    for obj in gateways.helm.manifest(name, namespace):
        try:
            if gateways.kubernetes.find(Ref.of(obj, namespace)) is not None:
                return first
        except Forbidden:
            return first
    run.log("The first install had not come further than its hooks; it begins again.")
    gateways.helm.forget(name, namespace, first.revision)
    return None


def _events(hook: Mapping[str, Any]) -> list[str]:
    annotations = (hook.get("metadata") or {}).get("annotations") or {}
    return [event.strip() for event in str(annotations.get("helm.sh/hook", "")).split(",")]


def operation_of(release: Release) -> Operation | None:
    """Give the operation of this portal that made a revision; None for one of a person or of another portal."""
    try:
        return Operation.objects.filter(pk=UUID(made_by(release) or "")).first()
    except ValueError:
        return None


def _is_ours_to_uninstall(run: Run) -> bool:
    """Give whether an uninstall of this service had begun: Helm takes our mark away when it begins to uninstall."""
    before = operations_of(run).filter(kind="uninstall")
    return before.filter(started_at__isnull=False).exclude(pk=run.operation.pk, memory={}).exists()


def _wait_for_stranger(run: Run, release: Release) -> None:
    """Raise until a stranger's revision has been the same for so long that nobody can still be working on it."""
    now = datetime.now(UTC)
    seen = run.remembers.get("stranger") or {}
    if seen.get("revision") != release.revision or seen.get("updated") != release.updated:
        seen = {"revision": release.revision, "updated": release.updated, "since": now.isoformat()}
        run.remember(stranger=seen)
    since = min(datetime.fromisoformat(seen["since"]), _moment(release.updated) or now)
    if (now - since).total_seconds() < STRANGERS_SECONDS:
        raise TryAgainLater("Somebody else's Helm is working on this release.", LOOK_EVERY)
    if run.operation.kind == "retry":
        return
    raise OperationFailed(
        f"Revision {release.revision} of {release.name} has been {release.status} since {release.updated}. "
        "It was not begun here.",
        code="release.busy",
        title="Somebody else's Helm has not finished on this release",
        kept="Nothing was changed.",
        next=[
            {
                "action": "retry",
                "title": "Take it over",
                "detail": "Marks that revision as failed and applies again. Make sure nobody is working on it.",
            }
        ],
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def already_done(run: Run, newest: Release | None, part: str = "") -> bool:
    """Give whether the newest revision is this very operation's work, finished: then nothing is sent again.

    An operation that applies in several parts names the part.
    """
    if newest is None or newest.status != DEPLOYED or made_by(newest) != str(run.operation.pk):
        return False
    return newest.description.split()[3:] == ([part] if part else [])

"""Install and uninstall a stack: each member by an operation of its own, one after the other, none held by a worker.

This operation only begins the next one and waits for its end without a worker. What was begun is read from the rows, so
it may be killed at any moment; what one member leaves behind is for that member's own operation to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction

from anywhere.clusters.connection import access_of
from anywhere.clusters.rules.findings import Finding
from anywhere.gateways.errors import InvalidChart
from anywhere.operations import actions as operations
from anywhere.operations.errors import Cancelled, NotCancellable, OperationFailed, WaitFor
from anywhere.operations.models import ACTIVE, Operation, State
from anywhere.operations.registry import handler
from anywhere.operations.run import Run
from services import actions, selectors
from services.models import Service, ServiceState, Stack, StackState
from services.operations import desired, preflight, recovery
from services.rules import stacks as rules

DEADLINE_SECONDS = 6 * 3600
RETRY = {"action": "retry", "title": "Retry", "detail": "Goes on where it stopped; what is installed stays."}
CHANGE = {"action": "change", "detail": "Mend what is wrong there, then go on with the stack."}
UNINSTALL = {"action": "uninstall", "title": "Uninstall", "detail": "Removes all of it; volumes are kept."}


@handler("install_stack", steps=(), deadline_seconds=DEADLINE_SECONDS, verifies=True, stops_itself=True)
def install_stack(run: Run) -> None:
    """Find out whether all members fit together, then install what is not installed, in order."""
    stack = _stack(run)
    run.confirm()
    run.left = _left(stack, "installed")
    _see_to_a_stop(run)
    _check(run, stack)
    for service in selectors.members(stack):
        if not run.is_done(service.member):
            _install(run, stack, service)
    run.result = {"services": [{"id": str(s.pk), "name": s.name, "member": s.member} for s in selectors.members(stack)]}


def _stack(run: Run) -> Stack:
    related = ("cluster", "package", "version", "organization")
    return Stack.objects.select_related(*related).get(pk=str(run.operation.subject_id))


def _see_to_a_stop(run: Run) -> None:
    """Stop what was begun and wait for its end, when a stop was asked for; else go on."""
    if run.is_stop_asked():
        children = Operation.objects.filter(parent=run.operation, state__in=ACTIVE)
        for child in children.filter(cancel_requested_at=None):
            with suppress(NotCancellable):  # it has ended just now
                operations.cancel(child)
        stopping = children.first()
        if stopping is not None:
            raise WaitFor(stopping.pk, stopping=True)
    run.raise_if_cancelled()


def _left(stack: Stack, verb: str) -> str:
    done: list[str] = []
    begun: list[str] = []
    untouched: list[str] = []
    for service in selectors.members(stack):
        if verb == "uninstalled":
            kind = done if service.state == ServiceState.UNINSTALLED else untouched
        else:
            kind = done if _is_installed(service) else begun if recovery.has_applied(service.pk) else untouched
        kind.append(service.name)
    return rules.what_is_left(done, begun, untouched, verb)


def _is_installed(service: Service) -> bool:
    return service.state == ServiceState.PRESENT and service.applied_generation >= service.generation


# the check of all members together


def _check(run: Run, stack: Stack) -> None:
    planned = [service for service in selectors.members(stack) if service.state == ServiceState.PLANNED]
    if not planned:
        if not run.is_done("preflight"):
            run.skip("preflight", "done before")
        return
    with run.step("preflight"):
        for service in planned:
            desired.ensure_secrets(run, service)
        titles = {service.pk: selectors.member_title(stack, service) for service in planned}
        with recovery.waking(run, stack.cluster), run.connect(access_of(stack.cluster)) as gateways:
            parts = [(titles[service.pk], desired.of(service)) for service in planned]
            for _, wanted in parts:
                run.secrets |= set(wanted.secret_values)
            try:
                rendered = preflight.rendered_for(stack.cluster, gateways, parts)
            except InvalidChart as exc:
                raise _does_not_fit(Finding("error", exc.code, exc.title, exc.detail)) from exc
            found = preflight.findings_together(stack.cluster, gateways, rendered)
        for finding in found:
            level = {"error": "error", "warning": "warning"}.get(finding.level, "info")
            run.log(f"{finding.title}: {finding.detail} {finding.fix}", level=level, step="preflight")
        errors = [finding for finding in found if finding.level == "error"]
        if errors:
            raise _does_not_fit(*errors)
        _make(run, planned)


def _does_not_fit(*errors: Finding) -> OperationFailed:
    first = errors[0]
    others = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
    return OperationFailed(
        f"{first.detail} {first.fix}{others}".strip(),
        code=first.code,
        title=first.title,
        whose="cluster" if first.code.startswith("preflight.forbidden") else "yours",
        kept="Nothing was made on the cluster.",
        next=[RETRY, UNINSTALL],
    )


def _make(run: Run, planned: Sequence[Service]) -> None:
    """Make all members services, or none: their names may have been taken meanwhile."""
    try:
        with transaction.atomic(), run.fenced():
            Service.objects.filter(pk__in=[service.pk for service in planned], state=ServiceState.PLANNED).update(
                state=ServiceState.PRESENT, reason="Waits for its turn"
            )
    except IntegrityError:
        detail = "A service of one of the names was installed meanwhile."
        fix = "Uninstall this stack, and install it under another name."
        raise _does_not_fit(Finding("error", "preflight.name_taken", "A name is taken", detail, fix)) from None


# one member


def _install(run: Run, stack: Stack, service: Service) -> None:
    if service.state == ServiceState.UNINSTALLED:
        run.skip(service.member, "uninstalled")
        return
    with run.step(service.member):
        child = _followed(run, service)
        if child is None:
            if _is_installed(service) and not _has_failed(service):
                run.detail(service.member, "installed before")
                return
            kind = "retry" if recovery.has_applied(service.pk) else "install"
            summary = f"Install {service.package.title} {service.version.version} in {stack.name}"
            child = _begin(run, service, kind, summary)
        run.hand_over(service.member, child.pk)
        if child.state in ACTIVE:
            raise WaitFor(child.pk)
        if child.state != State.SUCCEEDED:
            change = {**CHANGE, "title": f"Change values of {service.name}"}
            offered = any(way["action"] == "change" for way in (child.error or {}).get("next") or [])
            ways = [change, RETRY, UNINSTALL] if offered else [RETRY, UNINSTALL]
            raise _stopped_by(run, stack, service, child, "installed", ways)
        run.log(f"{service.name} is installed.", step=service.member)


def _followed(run: Run, service: Service) -> Operation | None:
    """Give the operation on the member that decides: the newest, when it goes on or was begun since this one was."""
    newest = service.operation
    if newest is None or (newest.state not in ACTIVE and newest.created_at < run.operation.created_at):
        return None
    return newest


def _has_failed(service: Service) -> bool:
    return service.operation is not None and service.operation.state != State.SUCCEEDED


def _begin(run: Run, service: Service, kind: str, summary: str, extra: dict[str, Any] | None = None) -> Operation:
    with desired.locked(service), run.fenced():
        if Operation.objects.filter(pk=run.operation.pk, cancel_requested_at__isnull=False).exists():
            raise Cancelled(run.left)
        child = actions.begin(service, run.operation.requested_by, kind, summary, extra, run.operation)
    run.log(f"{summary}: {service.name}.", step=service.member)
    return child


def _stopped_by(
    run: Run, stack: Stack, service: Service, child: Operation, verb: str, ways: Sequence[dict[str, str]]
) -> OperationFailed:
    """Give the failure of the stack's operation: the cause is the member's."""
    error = child.error or {}
    title = error.get("title") or f"Its operation ended as {child.state}"
    return OperationFailed(
        str(error.get("detail") or ""),
        code=str(error.get("code") or "operation.failed"),
        title=f"{service.name}: {title}",
        whose=str(error.get("whose") or "yours"),
        cause=error.get("cause"),
        kept=_left(stack, verb),
        next=list(ways),
    )


# uninstall


@handler("uninstall_stack", steps=(), deadline_seconds=DEADLINE_SECONDS, verifies=True, stops_itself=True)
def uninstall_stack(run: Run) -> None:
    """Uninstall the members, those bound to others first; their volumes stay unless the input says otherwise."""
    stack = _stack(run)
    run.confirm()
    run.left = _left(stack, "uninstalled")
    _see_to_a_stop(run)
    members = selectors.members(stack)
    for service in reversed(members):
        if not run.is_done(service.member):
            _uninstall(run, stack, service)
    with transaction.atomic():
        Stack.objects.select_for_update(of=("self",)).only("pk").get(pk=stack.pk)  # before the operation's row, as ever
        with run.fenced():
            Stack.objects.filter(pk=stack.pk).update(state=StackState.UNINSTALLED)
    kept = [claim for service in selectors.members(stack) for claim in service.data_kept]
    run.result = {"data_kept": kept, "data_deleted": bool(run.input.get("delete_data"))}


def _uninstall(run: Run, stack: Stack, service: Service) -> None:
    if service.state == ServiceState.UNINSTALLED:
        child = Operation.objects.filter(parent=run.operation, subject_id=service.pk, state=State.SUCCEEDED).first()
        with run.step(service.member):
            if child is None:
                run.detail(service.member, "uninstalled before")
            else:
                run.log(f"{service.name} is uninstalled.", step=service.member)
        return
    with run.step(service.member):
        if service.state == ServiceState.PLANNED:
            run.detail(service.member, "was never installed")
            with run.fenced():
                Service.objects.filter(pk=service.pk, state=ServiceState.PLANNED).delete()
            return
        child = Operation.objects.filter(parent=run.operation, subject_id=service.pk).order_by("-created_at").first()
        if child is None:
            delete = bool(run.input.get("delete_data"))
            summary = "Uninstall and delete the data" if delete else "Uninstall"
            child = _begin(run, service, "uninstall", f"{summary} with {stack.name}", {"delete_data": delete})
        run.hand_over(service.member, child.pk)
        if child.state in ACTIVE:
            raise WaitFor(child.pk)
        again = {**RETRY, "action": "uninstall", "title": "Uninstall the rest", "detail": "Goes on where it stopped."}
        raise _stopped_by(run, stack, service, child, "uninstalled", [again])

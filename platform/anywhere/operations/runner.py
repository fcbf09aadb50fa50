"""Carries out one operation: takes the lease, calls the handler, writes how it ended."""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.db.models.functions import Now

from anywhere.gateways.errors import GatewayError
from anywhere.lib.errors import AppError
from anywhere.operations import access, lease, registry
from anywhere.operations.actions import send_next_of, wake
from anywhere.operations.errors import Cancelled, LeaseLost, OperationFailed, TryAgainLater, WaitFor, cancelled
from anywhere.operations.models import ACTIVE, Operation, State
from anywhere.operations.rules import backoff
from anywhere.operations.run import Run

logger = logging.getLogger(__name__)
LOOK_AFTER_SECONDS = 15.0  # an operation that waits looks this often by itself whether the other one has ended
LOOKS_AT_THE_UNKNOWN = 3  # how often an outcome may stay unknown before it counts as a failure


def run(operation_id: str) -> str:
    """Carry out the operation if it is to be had; give the state it was left in, or "not_owner"."""
    kind = Operation.objects.filter(pk=operation_id).values_list("kind", flat=True).first()
    if kind is None:
        return "gone"
    handler = registry.find(kind)
    operation = lease.take(operation_id, lease.owner(), handler.deadline_seconds)
    if operation is None:
        return "not_owner"
    heartbeat = lease.Heartbeat(operation)
    heartbeat.start()
    try:
        state = _carry_out(Run(operation, handler, heartbeat))
    except LeaseLost:
        logger.warning("operation.lease_lost", extra={"operation": operation_id, "epoch": operation.epoch})
        return "not_owner"
    except (DatabaseError, InterfaceError) as exc:
        logger.warning("operation.database_away", extra={"operation": operation_id, "error": type(exc).__name__})
        return "unwritten"  # the lease runs out and another attempt finds out what happened
    finally:
        heartbeat.stop()
    if state not in {"queued", "verifying", "waiting"}:
        send_next_of(operation)
    return state


def _carry_out(run: Run) -> str:
    operation = run.operation
    extra = {"operation": str(operation.pk), "kind": operation.kind, "attempt": operation.attempt}
    logger.info("operation.started", extra=extra)
    try:
        _call(run)
        run.finish(State.SUCCEEDED)
    except (LeaseLost, DatabaseError, InterfaceError):
        raise
    except Cancelled as stop:
        return _cancelled(run, stop)
    except OperationFailed as failure:
        run.finish(State.FAILED, failure.as_error())
    except (WaitFor, TryAgainLater) as pause:
        return _pause(run, pause)
    except GatewayError as exc:
        if run.should_stop():
            return _stopped(run)
        if exc.retryable or (exc.outcome_unknown and _look_again(run)):
            return _later(run, exc.detail, getattr(exc, "retry_after", None))
        run.finish(State.FAILED, _gateway_problem(exc))
    except AppError as exc:
        run.finish(State.FAILED, _app_problem(exc))
    except Exception:
        logger.exception("operation.crashed", extra=extra)
        run.finish(State.FAILED, _our_problem(operation))
    logger.info("operation.ended", extra={**extra, "state": str(operation.state)})
    return str(operation.state)


def _call(run: Run) -> None:
    if not run.handler.stops_itself:
        run.raise_if_cancelled()
    run.handler.function(run)


def _pause(run: Run, pause: WaitFor | TryAgainLater) -> str:
    if isinstance(pause, WaitFor):
        return _waits(run, pause)
    return _later(run, pause.detail, pause.after_seconds)


def _look_again(run: Run) -> bool:
    """Give whether to find out what became of a write without an answer; one that never gets one has failed."""
    looks = int(run.remembers.get("looks", 0)) + 1
    run.remember(looks=looks)
    return looks <= LOOKS_AT_THE_UNKNOWN


def _stopped(run: Run) -> str:
    try:
        run.raise_if_cancelled()
    except Cancelled as stop:
        return _cancelled(run, stop)
    except OperationFailed as failure:
        run.finish(State.FAILED, failure.as_error())
    return str(run.operation.state)


def _cancelled(run: Run, stop: Cancelled) -> str:
    superseded = Operation.objects.filter(pk=run.operation.pk).values_list("superseded_by", flat=True).first()
    for step in run.steps:
        if step["state"] == "pending":
            step["state"] = "skipped"
    left = stop.left or run.left or "What was applied up to here is left as it is."
    if superseded:
        detail = f"A newer request took its place. {left}"
        error = cancelled("Replaced by a newer request", detail, left, code="operation.cancelled")
    elif not access.is_still_allowed(run.operation):
        detail = f"Who asked for it is no member of the organization any more, or has a lower role. {left}"
        error = cancelled(
            title="The right to do this was taken away", detail=detail, kept=left, code="operation.right_lost"
        )
    else:
        error = cancelled("Cancelled", left, left, code="operation.cancelled")
    run.finish(State.SUPERSEDED if superseded else State.CANCELLED, error)
    return str(run.operation.state)


def _later(run: Run, detail: str, after: float | None) -> str:
    """Put the operation back; whatever was under way is verified when it is taken up again."""
    operation = run.operation
    if run.seconds_left() <= 0:
        return _stopped(run)
    state = State.VERIFYING if operation.subject_type != "none" else State.QUEUED
    pause = max(after or 0, backoff.seconds(operation.attempt))
    run.log(f"{detail} Trying again in {pause:.0f} s.", level="warning")
    if lease.put_back(operation, state, pause):
        logger.info("operation.put_back", extra={"operation": str(operation.pk), "seconds": pause})
    return state.value


def _waits(run: Run, wait: WaitFor) -> str:
    """Lay the operation down until the one it waits for ends; that, or a request to stop, may just have come."""
    if run.seconds_left() <= 0:
        return _stopped(run)
    operation = run.operation
    if not lease.lay_down(operation, LOOK_AFTER_SECONDS):
        raise LeaseLost(str(operation.pk))
    over = not Operation.objects.filter(pk=wait.operation_id, state__in=ACTIVE).exists()
    asked = Operation.objects.filter(pk=operation.pk, cancel_requested_at__isnull=False).exists()
    if over or (asked and not wait.stopping):
        wake(operation.pk)
    return "waiting"


def _gateway_problem(exc: GatewayError) -> dict[str, Any]:
    retry = {"action": "retry", "title": "Retry", "detail": "Try again once the cause is mended."}
    return OperationFailed(
        exc.detail,
        code=f"cluster.{exc.code}" if "." not in exc.code else exc.code,
        title=exc.title,
        whose=exc.whose,
        next=[] if exc.whose == "yours" else [retry],
    ).as_error()


def _app_problem(exc: AppError) -> dict[str, Any]:
    whose = "ours" if exc.http_status >= 500 else "yours"
    document = OperationFailed(exc.detail, code=exc.code, title=exc.title, whose=whose, next=exc.next).as_error()
    return {**document, "fields": exc.fields} if exc.fields else document


def _our_problem(operation: Operation) -> dict[str, Any]:
    return OperationFailed(
        f"A fault in Anywhere stopped this. Its number is {operation.pk}.",
        code="portal.fault",
        title="Anywhere could not finish this",
        whose="ours",
        kept="What was applied up to here is left as it is.",
        next=[{"action": "retry", "title": "Retry", "detail": "Each step can be repeated."}],
    ).as_error()


def beat_now(name: str, kind: str) -> None:
    """Write a sign of life of a process."""
    from anywhere.operations.models import Beacon

    Beacon.objects.update_or_create(name=name, defaults={"kind": kind, "seen_at": Now()})

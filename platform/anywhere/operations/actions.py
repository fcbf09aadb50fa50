"""What people ask of operations: request one, cancel one."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from anywhere.accounts.actions import write_audit
from anywhere.accounts.models import Organization, User
from anywhere.operations import lease, registry
from anywhere.operations.errors import NotCancellable, OperationInProgress, cancelled
from anywhere.operations.models import ACTIVE, HELD, Operation, State
from anywhere.operations.rules.steps import step

logger = logging.getLogger(__name__)


def request(
    *,
    kind: str,
    organization: Organization,
    summary: str = "",
    subject: tuple[str, UUID, str] | None = None,
    requested_by: User | None = None,
    input: Mapping[str, Any] | None = None,
    generation: int = 0,
    supersede: bool = True,
    steps: Sequence[tuple[str, str]] = (),
    parent: Operation | None = None,
) -> Operation:
    """Give a queued operation; a worker is told of it when the surrounding transaction commits.

    `summary` says what was asked for, in words, and `subject` is (type, id, name). Newest intent wins: waiting
    operations on the subject end as superseded, a running one is asked to stop; with supersede=False
    OperationInProgress is raised instead. `steps` are those of a kind whose handler names none. `parent` is the
    operation that this one is a part of, and that is woken at its end.
    """
    handler = registry.find(kind)
    named = [step(name, title) for name, title in handler.steps or steps]
    with transaction.atomic():
        operation = Operation(
            organization=organization, kind=kind, requested_by=requested_by, generation=generation, steps=named,
            parent=parent, summary=summary[:200],
        )  # fmt: skip
        operation.input = dict(input or {})
        if subject:
            operation.subject_type, operation.subject_id, operation.subject_name = subject
            _make_way(operation, supersede)
        operation.save(force_insert=True)
    operation.refresh_from_db()
    transaction.on_commit(lambda: send(operation.pk))
    return operation


def _make_way(operation: Operation, supersede: bool) -> None:
    others = Operation.objects.select_for_update().filter(
        subject_type=operation.subject_type, subject_id=operation.subject_id, state__in=ACTIVE
    )
    for other in others:
        if not supersede:
            raise OperationInProgress(
                f"“{other.kind}” is under way. Wait for it or cancel it.", operation=str(other.pk)
            )
        other.superseded_by = operation.pk
        if other.state == State.QUEUED:
            other.state, other.finished_at, other.input_blob = State.SUPERSEDED, Now(), None
            other.save()
            _on_commit_wake(other.parent_id)
        else:
            other.cancel_requested_at = Now()
            other.save()
            _on_commit_wake(other.pk)


def cancel(operation: Operation, user: User | None = None) -> Operation:
    """Give the operation, ended if it only waited, else asked to stop; NotCancellable when it has ended.

    `user` is the person who asks, for the audit trail; none when the portal stops a part of something larger.
    """
    with transaction.atomic():
        row = Operation.objects.select_for_update().get(pk=operation.pk)
        if user is not None:
            subject = (row.subject_type, row.subject_id, row.subject_name)
            write_audit(operation.organization, user, "operation.cancel", subject, {"operation": str(row.pk)})
        if row.state == State.QUEUED:
            row.state, row.finished_at, row.input_blob = State.CANCELLED, Now(), None
            row.error = cancelled(title="Cancelled", detail="Nothing had been done yet.", code="operation.cancelled")
            row.save()
            _on_commit_wake(row.parent_id)
        elif row.state in HELD:
            fields: dict[str, Any] = {"cancel_requested_at": Now()}
            if row.state != State.VERIFYING:
                fields["state"] = State.CANCELLING
            Operation.objects.filter(pk=row.pk).update(**fields)
            _on_commit_wake(row.pk)  # laid down to be tried again later: there is nothing to wait for any more
        else:
            raise NotCancellable(f"It ended as {row.state}.")
    row.refresh_from_db()
    return row


def _on_commit_wake(operation_id: UUID | None) -> None:
    if operation_id is not None:
        transaction.on_commit(lambda: wake(operation_id))


def wake(operation_id: UUID) -> None:
    """Have an operation taken up again that was laid down; one that a worker holds is left alone."""
    if lease.wake(operation_id):
        send(operation_id)


def send(operation_id: UUID) -> None:
    """Tell the workers of an operation; when the broker is away the sweeper tells them later."""
    from anywhere.operations.tasks import run_operation

    try:
        run_operation.delay(str(operation_id))
    except Exception as exc:
        logger.warning("operation.not_sent", extra={"operation": str(operation_id), "error": type(exc).__name__})


def send_next_of(operation: Operation) -> None:
    """Tell the workers of the operations that waited for this one's end, if there are any."""
    if operation.parent_id:
        wake(operation.parent_id)
    if operation.subject_type == "none":
        return
    waiting = Operation.objects.filter(
        subject_type=operation.subject_type, subject_id=operation.subject_id, state=State.QUEUED
    ).first()
    if waiting:
        send(waiting.pk)

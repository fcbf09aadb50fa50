"""What people ask of operations: request one, cancel one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from anywhere.accounts.models import Organization, User
from anywhere.operations import registry
from anywhere.operations.errors import NotCancellable, OperationInProgress, cancelled
from anywhere.operations.models import ACTIVE, HELD, Operation, State

logger = logging.getLogger(__name__)


def request(
    *,
    kind: str,
    organization: Organization,
    subject: tuple[str, UUID, str] | None = None,
    requested_by: User | None = None,
    input: Mapping[str, Any] | None = None,
    generation: int = 0,
    supersede: bool = True,
) -> Operation:
    """Give a queued operation; a worker is told of it when the surrounding transaction commits.

    `subject` is (type, id, name). Newest intent wins: waiting operations on the subject end as superseded, a running
    one is asked to stop; with supersede=False OperationInProgress is raised instead.
    """
    handler = registry.find(kind)
    steps = [
        {"name": n, "title": t, "state": "pending", "started_at": None, "finished_at": None, "detail": ""}
        for n, t in handler.steps
    ]
    with transaction.atomic():
        operation = Operation(
            organization=organization, kind=kind, requested_by=requested_by, generation=generation, steps=steps
        )
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
        else:
            other.cancel_requested_at = Now()
        other.save()


def cancel(operation: Operation) -> Operation:
    """Give the operation, ended if it only waited, else asked to stop; NotCancellable when it has ended."""
    with transaction.atomic():
        row = Operation.objects.select_for_update().get(pk=operation.pk)
        if row.state == State.QUEUED:
            row.state, row.finished_at, row.input_blob = State.CANCELLED, Now(), None
            row.error = cancelled("Cancelled", "Nothing had been done yet.")
            row.save()
        elif row.state in HELD:
            fields: dict[str, Any] = {"cancel_requested_at": Now()}
            if row.state != State.VERIFYING:
                fields["state"] = State.CANCELLING
            Operation.objects.filter(pk=row.pk).update(**fields)
            # laid down to be tried again later: then there is nothing to wait for any more
            waiting = Operation.objects.filter(pk=row.pk, lease_expires_at__lte=Now(), next_attempt_at__gt=Now())
            if waiting.update(next_attempt_at=Now()):
                transaction.on_commit(lambda: send(row.pk))
        else:
            raise NotCancellable(f"It ended as {row.state}.")
    row.refresh_from_db()
    return row


def send(operation_id: UUID) -> None:
    """Tell the workers of an operation; when the broker is away the sweeper tells them later."""
    from anywhere.operations.tasks import run_operation

    try:
        run_operation.delay(str(operation_id))
    except Exception as exc:
        logger.warning("operation.not_sent", extra={"operation": str(operation_id), "error": type(exc).__name__})


def send_next_of(operation: Operation) -> None:
    """Tell the workers of the operation that waited for this one's end, if there is one."""
    if operation.subject_type == "none":
        return
    waiting = Operation.objects.filter(
        subject_type=operation.subject_type, subject_id=operation.subject_id, state=State.QUEUED
    ).first()
    if waiting:
        send(waiting.pk)

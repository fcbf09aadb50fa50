"""The lease on an operation: one worker at a time, fenced by an epoch, timed by the database's clock."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, close_old_connections, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from anywhere.operations import access
from anywhere.operations.models import HELD, Operation, State

logger = logging.getLogger(__name__)
SAFE_PART = 0.65  # of a lease without a renewal, after which its holder stops by itself


_LIFE = secrets.token_hex(4)  # tells this process from an earlier one of the same id


def place() -> str:
    """Give the name of where process ids mean the same as here: this host, and the part of it that is seen."""
    try:
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        space = ""
    return f"{socket.gethostname()[:60]}/{space}"


def owner() -> str:
    """Give the name under which this thread of this process holds leases."""
    return f"{place()}:{os.getpid()}:{_LIFE}:{threading.get_ident()}"


def release_of_the_dead() -> int:
    """Give how many leases were ended because the process that held them, here, is gone: nobody waits for them."""
    ended = 0
    held = Operation.objects.filter(state__in=HELD, lease_expires_at__gt=Now(), lease_owner__startswith=f"{place()}:")
    for pk, epoch, name in held.values_list("pk", "epoch", "lease_owner"):
        pid, life = name.removeprefix(f"{place()}:").split(":")[:2]
        if life == _LIFE or (int(pid) != os.getpid() and Path(f"/proc/{pid}").exists()):
            continue
        ended += Operation.objects.filter(pk=pk, epoch=epoch, lease_owner=name).update(lease_expires_at=Now())
    return ended


def take(operation_id: str, owner: str, deadline_seconds: int) -> Operation | None:
    """Give the operation, now held by `owner` under a new epoch, or None when it is not to be had.

    It is to be had when it waits and its time has come, or when its holder's lease has run out. In the second case
    the outcome of what the holder did is unknown, and the operation is `verifying`.
    """
    lease = timedelta(seconds=settings.OPERATION_LEASE_SECONDS)
    due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=Now())
    try:
        with transaction.atomic():
            operation = (
                Operation.objects.select_for_update(skip_locked=True)
                .filter(due, Q(state=State.QUEUED) | Q(state__in=HELD, lease_expires_at__lt=Now()), pk=operation_id)
                .first()
            )
            if operation is None:
                return None
            known = operation.attempt == 0 or operation.state == State.QUEUED or _is_laid_down(operation)
            state = State.RUNNING if known else State.VERIFYING
            if operation.cancel_requested_at:
                state = State.CANCELLING
            epoch = operation.epoch + 1
            Operation.objects.filter(pk=operation_id).update(
                state=state,
                epoch=epoch,
                attempt=operation.attempt + 1,
                lease_owner=owner,
                lease_expires_at=Now() + lease,
                next_attempt_at=None,
                started_at=Coalesce("started_at", Now()),
                deadline_at=Coalesce("deadline_at", Now() + timedelta(seconds=deadline_seconds)),
            )
    except IntegrityError:  # another operation on the same subject is running
        return None
    return Operation.objects.get(pk=operation_id)


def put_back(operation: Operation, state: State, after_seconds: float) -> bool:
    """Give whether the operation could be laid down, to be taken up by any worker after a pause."""
    return bool(
        Operation.objects.filter(pk=operation.pk, epoch=operation.epoch).update(
            state=state,
            lease_owner="",
            lease_expires_at=Now(),
            next_attempt_at=Now() + timedelta(seconds=after_seconds),
        )
    )


def _is_laid_down(operation: Operation) -> bool:
    """Give whether it waits for another one, with nothing of its own under way."""
    return operation.state == State.RUNNING and not operation.lease_owner


def lay_down(operation: Operation, after_seconds: float) -> bool:
    """Give whether it was laid down until another operation ends, or some time has passed; this is no attempt."""
    return bool(
        Operation.objects.filter(pk=operation.pk, epoch=operation.epoch).update(
            attempt=F("attempt") - 1,
            lease_owner="",
            lease_expires_at=Now(),
            next_attempt_at=Now() + timedelta(seconds=after_seconds),
        )
    )


def wake(operation_id: UUID) -> bool:
    """Give whether an operation that was laid down, or put back for later, is due now."""
    waiting = Operation.objects.filter(pk=operation_id, state__in=HELD, lease_expires_at__lte=Now())
    return bool(waiting.filter(next_attempt_at__gt=Now()).update(next_attempt_at=Now()))


class Heartbeat(threading.Thread):
    """Renews a lease until stopped; tells by `lost` that it is gone and by `cancelled` that a stop was asked for.

    When the database does not answer, the lease counts as lost on the monotonic clock well before it runs out for
    others, so that a running helm is gone when the next worker begins.
    """

    def __init__(self, operation: Operation) -> None:
        super().__init__(name=f"heartbeat-{operation.pk}", daemon=True)
        self.operation_id, self.epoch = operation.pk, operation.epoch
        self.lost, self.cancelled, self._stopped = threading.Event(), threading.Event(), threading.Event()
        self._renewed = time.monotonic()
        self._operation = operation
        if operation.cancel_requested_at or not access.is_still_allowed(operation):
            self.cancelled.set()

    def is_lost(self) -> bool:
        """Give whether this worker must not go on: the lease is gone, or has not been renewed for too long."""
        return self.lost.is_set() or time.monotonic() - self._renewed > settings.OPERATION_LEASE_SECONDS * SAFE_PART

    def run(self) -> None:
        """Renew until stopped or lost."""
        interval = settings.OPERATION_HEARTBEAT_SECONDS
        poll = min(1.0, interval)
        next_renewal = self._renewed + interval
        while not self._stopped.wait(poll):
            now = time.monotonic()
            try:
                close_old_connections()
                if now >= next_renewal:
                    if not self._renew():
                        self.lost.set()
                        break
                    self._renewed, next_renewal = now, now + interval
                    if not access.is_still_allowed(self._operation):
                        self.cancelled.set()
                self._look_for_cancel()
            except (DatabaseError, InterfaceError):
                logger.warning("operation.heartbeat_failed", extra={"operation": str(self.operation_id)})
                if self.is_lost():
                    self.lost.set()
                    break
        from django.db import connection

        connection.close()

    def _renew(self) -> bool:
        lease = timedelta(seconds=settings.OPERATION_LEASE_SECONDS)
        mine = Operation.objects.filter(pk=self.operation_id, epoch=self.epoch, state__in=HELD).exclude(lease_owner="")
        return bool(mine.update(lease_expires_at=Now() + lease))

    def _look_for_cancel(self) -> None:
        if self.cancelled.is_set():
            return
        row = Operation.objects.filter(pk=self.operation_id).values_list("epoch", "cancel_requested_at").first()
        if row is None or row[0] != self.epoch:
            self.lost.set()
            self._stopped.set()
        elif row[1]:
            self.cancelled.set()

    def stop(self) -> None:
        """End the renewals; none is under way any more when this returns, unless the database hangs."""
        self._stopped.set()
        self.join(2)

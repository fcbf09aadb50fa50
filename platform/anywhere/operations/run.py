"""What a handler holds while it carries out an operation: steps, log, cancel, fenced writes, the clusters' gateways."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from anywhere.gateways.errors import GatewayError
from anywhere.lib import redact
from anywhere.operations import live
from anywhere.operations.errors import Cancelled, LeaseLost, OperationFailed, WaitFor
from anywhere.operations.lease import Heartbeat
from anywhere.operations.models import Operation, OperationEvent, State
from anywhere.operations.registry import Handler
from anywhere.operations.rules.steps import step as step_of


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


class Run:
    """One worker's hold on one operation. Every write is fenced: after the lease is lost it raises LeaseLost."""

    def __init__(self, operation: Operation, handler: Handler, heartbeat: Heartbeat) -> None:
        self.operation, self.handler, self._heartbeat = operation, handler, heartbeat
        self.secrets: set[str] = set()
        self.result: Any = None
        self.left = ""  # what a cancel at this moment would leave behind, in a sentence
        self._verifying = operation.state == State.VERIFYING
        known = {step["name"]: step for step in operation.steps}
        self.steps = operation.steps  # its own, and those that turned out to be needed
        if not all(name in known for name, _ in handler.steps):
            self.steps = [known.get(name) or step_of(name, title) for name, title in handler.steps]
        last = OperationEvent.objects.filter(operation=operation).order_by("-seq").first()
        self._seq = last.seq if last else 0
        self._finish_by = time.monotonic() + self._seconds_to_deadline()

    # what is asked

    @property
    def input(self) -> dict[str, Any]:
        """Give the operation's sealed input."""
        return self.operation.input or {}

    @property
    def remembers(self) -> dict[str, Any]:
        """Give what earlier attempts noted with `remember`."""
        return self.operation.memory

    def remember(self, **notes: Any) -> None:
        """Note facts for a later attempt of the same operation."""
        self.operation.memory = {**self.operation.memory, **notes}
        self._write(memory=self.operation.memory)

    # stopping

    def should_stop(self) -> bool:
        """Give whether the work must stop: a cancel was asked for, the lease is lost, or the deadline has passed."""
        return self._heartbeat.cancelled.is_set() or self._heartbeat.is_lost() or self.seconds_left() <= 0

    def is_stop_asked(self) -> bool:
        """Give whether a person, a newer intent or a lost right asked the operation to stop."""
        return self._heartbeat.cancelled.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise LeaseLost, Cancelled or the deadline's failure when the work must stop."""
        if self._heartbeat.is_lost():
            raise LeaseLost(str(self.operation.pk))
        if self._heartbeat.cancelled.is_set():
            raise Cancelled
        if self.seconds_left() <= 0:
            raise OperationFailed(
                f"It was not done within {self._seconds_given() // 60:.0f} minutes.",
                code="operation.deadline_passed",
                title="This took too long",
                whose="cluster",
                next=[{"action": "retry", "title": "Retry", "detail": "Start again from what is there now."}],
            )

    def sleep(self, seconds: float) -> None:
        """Pause, but wake at once when a cancel is asked for."""
        self._heartbeat.cancelled.wait(seconds)
        self.raise_if_cancelled()

    def seconds_left(self) -> float:
        """Give the seconds until the deadline."""
        return self._finish_by - time.monotonic()

    def allow(self, seconds: float) -> None:
        """Give the operation this much more time than its kind has; asking again gives no more."""
        began = self.operation.started_at or timezone.now()
        self.operation.deadline_at = began + timedelta(seconds=self.handler.deadline_seconds + seconds)
        self._write(deadline_at=self.operation.deadline_at)
        self._finish_by = time.monotonic() + self._seconds_to_deadline()

    def _seconds_given(self) -> float:
        if self.operation.deadline_at is None or self.operation.started_at is None:
            return float(self.handler.deadline_seconds)
        return (self.operation.deadline_at - self.operation.started_at).total_seconds()

    def _seconds_to_deadline(self) -> float:
        if self.operation.deadline_at is None:
            return float(self.handler.deadline_seconds)
        return (self.operation.deadline_at - timezone.now()).total_seconds()

    # telling

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Carry out one named step; it is shown live, and its end is written whatever happens inside."""
        self.raise_if_cancelled()
        if self._verifying and not self.handler.verifies:
            self.confirm()
        step = next(s for s in self.steps if s["name"] == name)
        before = dict(step)
        step.update(state="running", started_at=step["started_at"] or _now(), finished_at=None, detail="")
        if step != before:
            self._tell_step(step)
        try:
            yield
        except Cancelled:
            self._end_step(step, "cancelled")
            raise
        except (LeaseLost, WaitFor):
            raise
        except OperationFailed as failure:
            self._end_step(step, "failed", failure.title)
            raise
        except Exception as exc:
            if self._heartbeat.cancelled.is_set() and isinstance(exc, GatewayError):  # ended by the stop
                self._end_step(step, "cancelled")
            elif _is_retryable(exc):
                self.detail(name, _plain(exc))
            else:
                self._end_step(step, "failed")
            raise
        else:
            self._end_step(step, "done")

    def insert_steps(self, steps: Sequence[tuple[str, str]], *, before: str = "") -> None:
        """Add steps that turned out to be needed, in their order, before another one or at the end; known ones stay."""
        known = {step["name"] for step in self.steps}
        for name, title in steps:
            if name not in known:
                place = next((i for i, step in enumerate(self.steps) if step["name"] == before), len(self.steps))
                added = step_of(name, redact.text(title, self.secrets, 200))
                self.steps.insert(place, added)
                self._append("step", step=name, data={**added, "before": before}, also={"steps": self.steps})

    def is_done(self, name: str) -> bool:
        """Give whether a step was done or skipped, in this attempt or an earlier one."""
        return any(step["state"] in ("done", "skipped") for step in self.steps if step["name"] == name)

    def skip(self, name: str, why: str = "") -> None:
        """Mark a step as not needed."""
        step = next(s for s in self.steps if s["name"] == name)
        if step["state"] != "done":  # by an earlier attempt
            step.update(state="skipped", detail=why)
            self._tell_step(step)

    def detail(self, name: str, text: str) -> None:
        """Show a few words beside a step, such as what it waits for."""
        step = next(s for s in self.steps if s["name"] == name)
        text = redact.text(text, self.secrets, 500)
        if step["detail"] != text:
            step["detail"] = text
            self._tell_step(step)

    def hand_over(self, name: str, operation_id: Any) -> None:
        """Say which operation carries out a step."""
        step = next(s for s in self.steps if s["name"] == name)
        if step.get("operation") != str(operation_id):
            step["operation"] = str(operation_id)
            self._tell_step(step)

    def log(self, message: str, *, level: str = "info", step: str = "") -> None:
        """Append a line to the operation's story."""
        self._append("log", message=message, level=level, step=step)

    def show_workloads(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Show how far each workload is; nothing is written when nothing changed."""
        shown = redact.data([dict(row) for row in rows], self.secrets)
        if shown != self.operation.workloads:
            self.operation.workloads = shown
            self._append("workload", data={"workloads": shown}, also={"workloads": shown})

    def confirm(self) -> None:
        """Say that what an earlier, lost worker did is known now: `verifying` becomes `running`."""
        if self._verifying:
            self._verifying = False
            self.operation.state = State.RUNNING
            self._append("state", data={"state": "running"}, also={"state": State.RUNNING})

    def _tell_step(self, step: dict[str, Any]) -> None:
        self._append("step", step=step["name"], message=step["detail"], data=step, also={"steps": self.steps})

    def _end_step(self, step: dict[str, Any], state: str, detail: str | None = None) -> None:
        step.update(state=state, finished_at=_now())
        if detail is not None:
            step["detail"] = redact.text(detail, self.secrets, 500)
        self._tell_step(step)

    # writing

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """Open a transaction in which this run still holds its operation; else raise LeaseLost."""
        with transaction.atomic():
            held = Operation.objects.select_for_update(no_key=True).filter(
                pk=self.operation.pk, epoch=self.operation.epoch
            )
            if not held.exists():
                raise LeaseLost(str(self.operation.pk))
            yield

    def _write(self, **fields: Any) -> None:
        mine = Operation.objects.filter(pk=self.operation.pk, epoch=self.operation.epoch)
        if not mine.update(**fields):
            raise LeaseLost(str(self.operation.pk))

    def _append(
        self,
        event: str,
        *,
        step: str = "",
        message: str = "",
        level: str = "info",
        data: Mapping[str, Any] | None = None,
        also: Mapping[str, Any] | None = None,
    ) -> None:
        self._seq += 1
        row = OperationEvent(
            operation=self.operation,
            seq=self._seq,
            event=event,
            step=step,
            level=level,
            message=redact.text(message, self.secrets),
            data=redact.data(dict(data or {}), self.secrets),
        )
        with transaction.atomic():
            self._write(**(also or {"epoch": self.operation.epoch}))
            row.save(force_insert=True)
        tell(row)

    def finish(self, state: State, error: Mapping[str, Any] | None = None) -> None:
        """End the operation in a final state, with its error or its result."""
        now = timezone.now()
        self.operation.state = state
        ends = {State.FAILED: "failed", State.CANCELLED: "cancelled", State.SUPERSEDED: "cancelled"}
        for step in self.steps:
            if state in ends and step["state"] == "running":
                step.update(state=ends[state], finished_at=_now())
        fields: dict[str, Any] = {
            "state": state,
            "finished_at": now,
            "lease_expires_at": None,
            "lease_owner": "",
            "input_blob": None,
            "steps": self.steps,
            "error": redact.data(dict(error), self.secrets) if error else None,
        }
        if self.result is not None:
            fields["result"] = redact.data(self.result, self.secrets)
        self._append("done", data={"state": state.value, "error": fields["error"]}, also=fields)

    # the world

    @contextmanager
    def connect(self, access: Any) -> Iterator[Any]:
        """Open the gateways of a cluster; a cancel or a lost lease ends what runs inside them."""
        from django.conf import settings

        connector = import_string(settings.CONNECTOR)
        with connector(access, cancelled=self.should_stop) as gateways:
            yield gateways


def tell(row: OperationEvent) -> None:
    """Publish an event row to whoever watches the operation."""
    live.publish(
        live.channel(row.operation_id),
        {
            "seq": row.seq,
            "event": row.event,
            "step": row.step,
            "level": row.level,
            "message": row.message,
            "data": row.data,
            "at": _now(),
        },
    )


def _is_retryable(exc: Exception) -> bool:
    return bool(getattr(exc, "retryable", False) or getattr(exc, "outcome_unknown", False))


def _plain(exc: Exception) -> str:
    return str(getattr(exc, "detail", "") or exc)

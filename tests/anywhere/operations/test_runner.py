"""The runner: one worker at a time, fenced, cancellable, repeatable; the row tells how it ended."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from anywhere.accounts.models import AuditEntry, Role
from anywhere.gateways.errors import Forbidden, InvalidChart, Unreachable
from anywhere.operations import access, actions, lease, runner, sweeper
from anywhere.operations.errors import (
    Cancelled,
    LeaseLost,
    NotCancellable,
    OperationFailed,
    OperationInProgress,
    WaitFor,
)
from anywhere.operations.models import Operation, OperationEvent, State
from tests.support import factories

pytestmark = pytest.mark.django_db(transaction=True)


def asked(kind: str, subject: tuple[str, uuid.UUID, str] | None = None, **options) -> Operation:
    return actions.request(kind=kind, organization=factories.organization(), subject=subject, **options)


def a_service() -> tuple[str, uuid.UUID, str]:
    return ("service", uuid.uuid4(), "db")


def both_steps(run):
    with run.step("first"):
        run.log("one")
    with run.step("second"):
        run.result = {"answer": 42}


def expire(operation: Operation) -> None:
    Operation.objects.filter(pk=operation.pk).update(lease_expires_at=Now() - timedelta(seconds=1))


def test_an_operation_runs_its_steps_and_keeps_their_story(kind):
    operation = asked(kind(both_steps))
    assert runner.run(str(operation.pk)) == "succeeded"
    operation.refresh_from_db()
    assert (operation.state, operation.result, operation.attempt) == ("succeeded", {"answer": 42}, 1)
    assert [s["state"] for s in operation.steps] == ["done", "done"]
    events = list(OperationEvent.objects.filter(operation=operation).values_list("seq", "event"))
    assert events == [(1, "step"), (2, "log"), (3, "step"), (4, "step"), (5, "step"), (6, "done")]


@pytest.mark.parametrize(
    ("refusal", "title", "whose", "ways"),
    [
        (InvalidChart("an odd number"), "The chart cannot be rendered with these values", "yours", []),
        (Forbidden("no pods"), "The credential may not do this", "cluster", ["retry"]),
    ],
)
def test_what_was_refused_is_said_with_who_can_mend_it(kind, refusal, title, whose, ways):
    def refused(run):
        raise refusal

    operation = asked(kind(refused))
    assert runner.run(str(operation.pk)) == "failed"
    operation.refresh_from_db()
    error = operation.error
    assert (error["title"], error["whose"], error["detail"]) == (title, whose, refusal.detail)
    assert [way["action"] for way in error["next"]] == ways


def test_five_deliveries_of_one_operation_run_it_once(kind, in_thread):
    ran = []
    operation = asked(kind(lambda run: (ran.append(1), time.sleep(0.3))))
    outcomes = []
    threads = [in_thread(lambda: outcomes.append(runner.run(str(operation.pk)))) for _ in range(5)]
    [thread.join(20) for thread in threads]
    assert sorted(outcomes) == ["not_owner"] * 4 + ["succeeded"]
    assert ran == [1]


def test_an_ended_operation_is_not_run_again(kind):
    operation = asked(kind(both_steps))
    runner.run(str(operation.pk))
    assert runner.run(str(operation.pk)) == "not_owner"
    assert Operation.objects.get(pk=operation.pk).attempt == 1


def test_a_worker_that_lost_its_lease_writes_nothing_more(kind):
    def outlived(run):
        expire(run.operation)
        assert lease.take(str(run.operation.pk), "another", 60) is not None
        with pytest.raises(LeaseLost):
            run.log("too late")
        with pytest.raises(LeaseLost), run.fenced():
            pass
        raise LeaseLost

    operation = asked(kind(outlived))
    assert runner.run(str(operation.pk)) == "not_owner"
    operation.refresh_from_db()
    assert (operation.state, operation.lease_owner, operation.epoch) == ("verifying", "another", 2)
    assert not OperationEvent.objects.filter(operation=operation, message="too late").exists()


def test_what_a_lost_worker_left_is_verified_first(kind):
    states = []

    def work(run):
        states.append(Operation.objects.get(pk=run.operation.pk).state)
        run.confirm()
        states.append(Operation.objects.get(pk=run.operation.pk).state)

    operation = asked(kind(work, verifies=True))
    assert lease.take(str(operation.pk), "a worker that dies", 60) is not None
    assert runner.run(str(operation.pk)) == "not_owner"
    expire(operation)
    assert runner.run(str(operation.pk)) == "succeeded"
    assert states == ["verifying", "running"]


def test_the_heartbeat_keeps_a_long_operation(kind, settings, in_thread):
    settings.OPERATION_LEASE_SECONDS, settings.OPERATION_HEARTBEAT_SECONDS = 2, 0.3
    go_on = threading.Event()
    operation = asked(kind(lambda run: go_on.wait(10)))
    thread = in_thread(runner.run, str(operation.pk))
    time.sleep(3)
    assert lease.take(str(operation.pk), "another", 60) is None
    go_on.set()
    thread.join(10)
    assert Operation.objects.get(pk=operation.pk).state == "succeeded"


def test_a_running_operation_is_cancelled_at_once(kind, in_thread):
    def waits(run):
        with run.step("first"):
            run.sleep(60)

    operation = asked(kind(waits), a_service())
    thread = in_thread(runner.run, str(operation.pk))
    wait_until(lambda: Operation.objects.get(pk=operation.pk).state == "running")
    assert actions.cancel(operation).state == State.CANCELLING
    thread.join(5)
    operation.refresh_from_db()
    assert (operation.state, operation.error["code"]) == ("cancelled", "operation.cancelled")
    assert [s["state"] for s in operation.steps] == ["cancelled", "skipped"]


def wait_until(claim, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def test_a_waiting_operation_is_cancelled_without_a_worker(kind):
    operation = asked(kind(both_steps))
    assert actions.cancel(operation).state == State.CANCELLED
    assert runner.run(str(operation.pk)) == "not_owner"
    with pytest.raises(NotCancellable):
        actions.cancel(operation)


def test_the_newest_intent_takes_the_place_of_a_waiting_one(kind):
    subject, name = a_service(), kind(both_steps)
    first, second = asked(name, subject), asked(name, subject)
    first.refresh_from_db()
    assert (first.state, first.superseded_by) == ("superseded", second.pk)
    assert runner.run(str(first.pk)) == "not_owner"
    assert runner.run(str(second.pk)) == "succeeded"


def test_the_newest_intent_stops_a_running_one_and_follows_it(kind, in_thread):
    subject = a_service()

    def waits(run):
        with run.step("first"):
            run.sleep(60)

    first = asked(kind(waits), subject)
    thread = in_thread(runner.run, str(first.pk))
    wait_until(lambda: Operation.objects.get(pk=first.pk).state == "running")
    second = asked(kind(both_steps), subject)
    assert runner.run(str(second.pk)) == "not_owner", "two must not run on one subject"
    thread.join(5)
    first.refresh_from_db()
    assert first.state == "superseded"
    assert runner.run(str(second.pk)) == "succeeded"


def test_an_intent_that_may_not_replace_is_refused(kind):
    subject, name = a_service(), kind(both_steps)
    asked(name, subject)
    with pytest.raises(OperationInProgress):
        asked(name, subject, supersede=False)


def test_an_unreachable_cluster_puts_the_operation_back_and_it_converges(kind):
    answers = [Unreachable("No route."), Unreachable("No route."), None]

    def work(run):
        with run.step("first"):
            problem = answers.pop(0)
            if problem:
                raise problem

    operation = asked(kind(work), a_service())
    assert runner.run(str(operation.pk)) == "verifying"
    assert runner.run(str(operation.pk)) == "not_owner", "not before its time"
    for expected in ("verifying", "succeeded"):
        Operation.objects.filter(pk=operation.pk).update(next_attempt_at=Now())
        assert runner.run(str(operation.pk)) == expected
    operation.refresh_from_db()
    assert (operation.attempt, operation.error) == (3, None)


def test_a_refusal_of_the_cluster_fails_with_its_code(kind):
    def work(run):
        raise Forbidden("pods is forbidden")

    operation = asked(kind(work))
    assert runner.run(str(operation.pk)) == "failed"
    operation.refresh_from_db()
    assert (operation.error["code"], operation.error["whose"]) == ("cluster.forbidden", "cluster")
    assert "pods is forbidden" in operation.error["detail"]


def test_a_failure_keeps_its_cause_and_ways_on(kind):
    def work(run):
        with run.step("first"):
            raise OperationFailed(
                "no such image", code="settle.image", title="Image not found", whose="package",
                cause={"kind": "Pod", "name": "db-0"}, kept="all", next=[{"action": "retry"}],
            )  # fmt: skip

    operation = asked(kind(work))
    runner.run(str(operation.pk))
    operation.refresh_from_db()
    assert operation.error["cause"] == {"kind": "Pod", "name": "db-0"}
    assert operation.error["next"] == [{"action": "retry"}]
    assert [s["state"] for s in operation.steps] == ["failed", "pending"]


def test_a_fault_of_ours_gives_a_number_and_no_traceback(kind):
    def work(run):
        raise RuntimeError("password=hunter2")

    operation = asked(kind(work))
    assert runner.run(str(operation.pk)) == "failed"
    operation.refresh_from_db()
    assert operation.error["code"] == "portal.fault"
    assert str(operation.pk) in operation.error["detail"]
    assert "hunter2" not in str(operation.error)


def test_the_deadline_ends_it(kind):
    def work(run):
        with run.step("first"):
            run.sleep(5)

    operation = asked(kind(work, deadline_seconds=0))
    assert runner.run(str(operation.pk)) == "failed"
    assert Operation.objects.get(pk=operation.pk).error["code"] == "operation.deadline_passed"


def test_secrets_reach_neither_events_nor_results(kind):
    def work(run):
        run.secrets.add("s3cr3t-canary")
        with run.step("first"):
            run.log("the password is s3cr3t-canary")
            run.detail("first", "s3cr3t-canary here")
            run.show_workloads([{"kind": "Pod", "detail": "s3cr3t-canary"}])
        run.result = {"x": "s3cr3t-canary"}

    operation = asked(kind(work), input={"password": "s3cr3t-canary"})
    assert b"s3cr3t-canary" not in bytes(operation.input_blob)
    runner.run(str(operation.pk))
    operation.refresh_from_db()
    told = list(OperationEvent.objects.filter(operation=operation).values("message", "data", "step"))
    everything = str((operation.result, operation.steps, operation.workloads, told))
    assert "s3cr3t-canary" not in everything
    assert "••••" in everything
    assert operation.input_blob is None, "the input is dropped at the end"


def test_the_sweeper_finds_what_was_never_delivered_and_what_was_lost(kind, celery_sent):
    name = kind(both_steps)
    never, lost, fresh = asked(name, a_service()), asked(name, a_service()), asked(name, a_service())
    old = Now() - timedelta(minutes=1)
    Operation.objects.filter(pk__in=[never.pk, lost.pk]).update(created_at=old)
    lease.take(str(lost.pk), "a worker that dies", 60)
    expire(lost)
    celery_sent.clear()
    assert sweeper.sweep() == 2
    assert set(celery_sent) == {str(never.pk), str(lost.pk)}
    assert str(fresh.pk) not in celery_sent


def test_old_questions_are_forgotten_and_nothing_else(kind):
    question, real = asked(kind(both_steps)), asked(kind(both_steps), a_service())
    Operation.objects.filter(pk=question.pk).update(kind="preflight")
    Operation.objects.update(created_at=Now() - timedelta(hours=2))
    sweeper.forget_old_questions()
    assert list(Operation.objects.values_list("pk", flat=True)) == [real.pk]


@pytest.fixture
def celery_sent(settings):
    """Give the ids sent to the workers."""
    from celery.signals import before_task_publish

    sent: list[str] = []

    def note(sender=None, body=None, **_):
        sent.append(body[0][0])

    before_task_publish.connect(note, weak=False)
    yield sent
    before_task_publish.disconnect(note)


# An operation that waits for others


def parent_of(kind, child_kind: str, started: list[Operation], **options) -> str:
    """Give a kind whose operation has another one do its only step."""

    def work(run):
        run.confirm()
        if run.should_stop():
            active = Operation.objects.filter(parent=run.operation, finished_at=None).first()
            if active is None:
                raise Cancelled("Nothing is left.")
            actions.cancel(active)
            raise WaitFor(active.pk, stopping=True)
        with run.step("only"):
            child = Operation.objects.filter(parent=run.operation).first()
            if child is None:
                child = actions.request(
                    kind=child_kind, organization=run.operation.organization, parent=run.operation
                )  # fmt: skip
                started.append(child)
                run.hand_over("only", child.pk)
            if child.state in ("queued", "running"):
                raise WaitFor(child.pk)

    return kind(work, steps=(), stops_itself=True, **options)


def with_child(kind, work=lambda run: None, **options) -> tuple[Operation, list[Operation]]:
    started: list[Operation] = []
    name = parent_of(kind, kind(work), started, **options)
    return asked(name, a_service(), steps=[("only", "Only")]), started


def test_an_operation_that_waits_holds_no_worker_and_goes_on_when_the_other_one_has_ended(kind):
    parent, started = with_child(kind)
    assert runner.run(str(parent.pk)) == "waiting"
    parent.refresh_from_db()
    assert (parent.state, parent.lease_owner, parent.attempt, len(started)) == ("running", "", 0, 1)
    assert runner.run(str(parent.pk)) == "not_owner", "its time has not come"
    assert runner.run(str(started[0].pk)) == "succeeded"
    assert runner.run(str(parent.pk)) == "succeeded"
    parent.refresh_from_db()
    assert (parent.attempt, len(started)) == (1, 1)
    assert [(s["state"], s["operation"]) for s in parent.steps] == [("done", str(started[0].pk))]
    events = OperationEvent.objects.filter(operation=parent).values_list("event", flat=True)
    assert list(events) == ["step", "step", "step", "done"], "waking up is no news"


def test_the_end_of_the_other_one_just_before_laying_down_is_not_missed(kind):
    started: list[Operation] = []

    def work(run):
        with run.step("only"):
            if started:
                return
            started.append(actions.request(kind=child, organization=run.operation.organization, parent=run.operation))
            runner.run(str(started[0].pk))
            raise WaitFor(started[0].pk)

    child = kind(lambda run: None)
    parent = asked(kind(work, steps=()), steps=[("only", "Only")])
    assert runner.run(str(parent.pk)) == "waiting"
    assert runner.run(str(parent.pk)) == "succeeded", "it is due at once"


def test_a_cancel_reaches_an_operation_that_waits_and_what_it_waits_for(kind):
    parent, started = with_child(kind)
    runner.run(str(parent.pk))
    actions.cancel(parent)
    assert runner.run(str(parent.pk)) == "waiting"
    assert runner.run(str(parent.pk)) == "cancelled"
    parent.refresh_from_db()
    started[0].refresh_from_db()
    assert (started[0].state, parent.error["kept"]) == ("cancelled", "Nothing is left.")


def test_a_newer_intent_wakes_an_operation_that_waits_so_that_it_makes_way(kind):
    parent, _ = with_child(kind)
    runner.run(str(parent.pk))
    newer = actions.request(
        kind=kind(lambda run: None), organization=parent.organization,
        subject=(parent.subject_type, parent.subject_id, "db"),
    )  # fmt: skip
    assert runner.run(str(newer.pk)) == "not_owner"
    assert [runner.run(str(parent.pk)) for _ in range(2)] == ["waiting", "superseded"]
    assert runner.run(str(newer.pk)) == "succeeded"


def test_the_sweeper_takes_up_a_waiting_operation_that_nobody_woke(kind):
    parent, started = with_child(kind)
    runner.run(str(parent.pk))
    assert not Operation.objects.filter(pk=parent.pk, next_attempt_at__lte=Now()).exists()
    Operation.objects.filter(pk=started[0].pk).update(state="succeeded", finished_at=Now())  # its worker died just then
    Operation.objects.filter(pk=parent.pk).update(next_attempt_at=Now() - timedelta(seconds=1))
    assert sweeper.sweep() == 1
    assert runner.run(str(parent.pk)) == "succeeded"


def test_an_operation_of_somebody_who_was_removed_while_it_waited_does_nothing(kind):
    ran = []
    person = factories.user()
    organization = factories.organization(member=person)
    name = kind(lambda run: ran.append(1))
    operation = actions.request(kind=name, organization=organization, requested_by=person)
    organization.memberships.filter(user=person).delete()
    assert runner.run(str(operation.pk)) == "cancelled"
    operation.refresh_from_db()
    assert (ran, operation.error["code"]) == ([], "operation.right_lost")


def test_an_operation_of_somebody_whose_role_is_lowered_stops_while_it_runs(kind, settings, in_thread):
    settings.OPERATION_HEARTBEAT_SECONDS = 0.05
    begun = threading.Event()

    def work(run):
        with run.step("first"):
            begun.set()
            run.sleep(20)

    person = factories.user()
    organization = factories.organization(owner=person)
    operation = actions.request(kind=kind(work), organization=organization, requested_by=person)
    thread = in_thread(runner.run, str(operation.pk))
    assert begun.wait(10)
    organization.memberships.filter(user=person).update(role=Role.VIEWER)
    thread.join(10)
    operation.refresh_from_db()
    assert (operation.state, operation.error["code"]) == ("cancelled", "operation.right_lost")


def test_a_viewer_may_ask_questions_and_what_the_portal_began_needs_nobody(kind, monkeypatch):
    viewer = factories.user()
    organization = factories.organization(viewer=viewer)
    name = kind(both_steps, is_question=True)
    monkeypatch.setattr(access, "QUESTIONS", (name,))
    assert runner.run(str(actions.request(kind=name, organization=organization, requested_by=viewer).pk)) == "succeeded"
    assert runner.run(str(actions.request(kind=kind(both_steps), organization=organization).pk)) == "succeeded"


def test_a_cancel_and_its_audit_entry_are_one(kind):
    person = factories.user()
    operation = asked(kind(both_steps))
    actions.cancel(operation, person)
    entry = AuditEntry.objects.get(action="operation.cancel")
    assert (entry.actor, entry.organization, entry.detail) == (
        person, operation.organization, {"operation": str(operation.pk)},
    )  # fmt: skip
    with pytest.raises(NotCancellable):
        actions.cancel(operation, person)
    assert AuditEntry.objects.filter(action="operation.cancel").count() == 1

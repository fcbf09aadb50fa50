"""Install, change, scale, roll back, retry: whatever is killed, cut off or asked meanwhile, one is deployed."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from anywhere.clusters.models import Cluster
from anywhere.gateways import helm as h
from anywhere.gateways.errors import (
    Forbidden,
    HelmFailed,
    Invalid,
    InvalidChart,
    QuotaExceeded,
    ReleaseBusy,
    TimedOut,
    Unreachable,
)
from anywhere.operations import actions as operations
from anywhere.operations.models import Operation, OperationEvent
from catalog.models import Archive
from services import actions
from services.errors import CannotScale, ChangeRefused
from services.models import Revision, Service, Sighting
from services.operations import settle as settling
from tests.services.operations.conftest import Killed, World, due, finish, work, work_until_killed

pytestmark = pytest.mark.django_db(transaction=True)


def die() -> None:
    raise Killed


def calls_of_an_install(world: World) -> int:
    """Give how many calls an undisturbed install makes."""
    world.installed("undisturbed")
    return len(world.cell.calls)


def assert_deployed_once(world: World, service: Service, operation: Operation, *, revisions: int = 1) -> None:
    """Claim that Helm has one deployed revision, the portal as many revisions as intents, and nothing is held."""
    name = service.name
    assert world.cell.states(name).count("deployed") == 1
    assert world.cell.states(name)[-1] == "deployed"
    assert world.cell.releases[name, name][-1].description.split()[1] == str(operation.pk)
    assert Revision.objects.filter(service=service).count() == revisions
    assert Revision.objects.filter(service=service, status="current").count() == 1
    assert not Operation.objects.filter(subject_id=service.pk, state__in=["running", "verifying", "queued"]).exists()


def test_an_install_applies_and_says_so(world):
    service, operation = world.install()
    assert work(operation) == "succeeded"
    operation.refresh_from_db()
    service.refresh_from_db()
    assert [s["state"] for s in operation.steps] == ["done"] * 5
    assert operation.result == {"revision": 1, "version": "1.0.0", "plan": "small"}
    assert (service.applied_generation, service.release_revision, service.binding["secret"]) == (1, 1, "db-binding")
    assert_deployed_once(world, service, operation)


def test_a_worker_killed_at_any_call_of_an_install_is_replaced_and_one_revision_is_deployed(world):
    for number in range(1, calls_of_an_install(world) + 1):
        service, operation = world.install(f"db-{number}")
        world.cell.plan(number, die)
        work_until_killed(operation)
        ended = finish(operation)
        assert ended.state == "succeeded", (number, ended.error)
        assert_deployed_once(world, service, operation)
        assert len(world.cell.releases[service.name, service.name]) == 1, "nothing was applied twice"
        assert ended.attempt == 2


def test_a_worker_killed_again_and_again_makes_progress(world):
    service, operation = world.install()
    for number in (3, 4, 6):
        world.cell.plan(number, die)
        work_until_killed(operation)
    assert finish(operation).state == "succeeded"
    assert_deployed_once(world, service, operation)


def test_a_worker_killed_at_any_call_of_a_change_leaves_one_new_revision(world):
    world.installed("measured")
    before = len(world.cell.calls)
    assert work(world.change(Service.objects.get(name="measured"), values={"replicas": 2})) == "succeeded"
    for number in range(1, len(world.cell.calls) - before + 1):
        service = world.installed(f"db-{number}")
        operation = world.change(service, values={"replicas": 3})
        world.cell.plan(number, die)
        work_until_killed(operation)
        assert finish(operation).state == "succeeded"
        assert_deployed_once(world, service, operation, revisions=2)
        assert world.cell.states(service.name) == ["superseded", "deployed"]


def test_a_pending_install_of_a_dead_worker_is_marked_failed_and_applied_again(world):
    service, operation = world.install()
    world.cell.dies_applying = True
    work_until_killed(operation)
    assert world.cell.states() == ["pending-install"]
    assert finish(operation).state == "succeeded"
    assert world.cell.states() == ["failed", "deployed"]
    assert "uninstall" not in world.cell.verbs()
    assert_deployed_once(world, service, operation)
    assert OperationEvent.objects.filter(operation=operation, message__contains="marked as failed").exists()


HOOK = {
    "apiVersion": "batch/v1", "kind": "Job",
    "metadata": {"name": "prepare", "annotations": {"helm.sh/hook": "pre-install, pre-upgrade"}},
}  # fmt: skip


def test_an_install_that_died_in_its_first_hook_begins_again_so_that_the_hook_runs(world):
    service, operation = world.install()
    world.cell.hooks.append(HOOK)
    world.cell.rendered = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db-binding"}}]
    world.cell.dies_applying = True
    work_until_killed(operation)
    assert finish(operation).state == "succeeded"
    assert world.cell.states() == ["deployed"], "Helm installed, it did not upgrade"
    assert_deployed_once(world, service, operation)


def test_an_install_that_died_after_its_hooks_is_gone_on_with(world):
    service, operation = world.install()
    world.cell.hooks.append(HOOK)
    world.cell.rendered = [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db-binding"}}]
    world.cell.dies_applying = True
    work_until_killed(operation)
    world.cell.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db-binding", "namespace": "db"}})
    assert finish(operation).state == "succeeded"
    assert world.cell.states() == ["failed", "deployed"]
    assert_deployed_once(world, service, operation)


def test_a_pending_upgrade_of_a_dead_worker_is_recovered_by_the_next_operation_too(world):
    service = world.installed()
    operation = world.change(service, values={"replicas": 2})
    world.cell.dies_applying = True
    work_until_killed(operation)
    assert world.cell.states() == ["deployed", "pending-upgrade"]
    operations.cancel(operation)
    assert finish(operation).state == "cancelled"
    again = actions.request_retry(service, world.owner)
    assert finish(again).state == "succeeded"
    assert world.cell.states() == ["superseded", "failed", "deployed"]
    assert_deployed_once(world, service, again, revisions=2)


@pytest.mark.parametrize("words", ["Install complete", "anywhere 00000000-0000-4000-8000-000000000000 1", "anywhere x"])
def test_a_strangers_pending_revision_is_waited_for(world, words):
    service, operation = world.install()
    stranger = world.cell.begin("db", words)
    for _ in range(4):
        assert work(operation) == "verifying"
        due(operation)
    assert "mark_failed" not in world.cell.verbs()
    assert "install_or_upgrade" not in world.cell.verbs()
    world.cell.releases["db", "db"][-1] = replace(stranger, status=h.FAILED)
    finish(operation)
    assert "mark_failed" not in world.cell.verbs()


def test_a_strangers_revision_that_never_ends_is_asked_about_and_a_retry_takes_it_over(world):
    service = world.installed()
    world.cell.begin("db", "Upgrade", updated="2020-01-01T00:00:00Z")
    ended = finish(world.change(service, values={"replicas": 2}))
    assert (ended.state, ended.error["code"]) == ("failed", "release.busy")
    assert ended.error["next"][0]["action"] == "retry"
    assert world.cell.states() == ["deployed", "pending-upgrade"]
    again = finish(actions.request_retry(service, world.owner))
    assert again.state == "succeeded"
    assert world.cell.states() == ["superseded", "failed", "deployed"]


def test_a_revision_of_another_live_operation_is_waited_for(world):
    other = world.installed("other").operation
    Operation.objects.filter(pk=other.pk).update(state="running")
    _, operation = world.install()
    world.cell.begin("db", f"anywhere {other.pk} 1")
    assert work(operation) == "verifying"
    assert "mark_failed" not in world.cell.verbs()


@pytest.mark.parametrize("error", [
    TimedOut("no answer", outcome_unknown=True),
    Unreachable("cut off", outcome_unknown=True),
    HelmFailed("Helm was ended by signal 9", code="helm.killed", outcome_unknown=True),
])  # fmt: skip
def test_a_write_without_an_answer_is_looked_up_and_not_sent_twice(world, monkeypatch, error):
    from tests.services.operations.conftest import MortalHelm

    done = MortalHelm.install_or_upgrade

    def answer_lost(self, request):
        done(self, request)
        raise error

    monkeypatch.setattr(MortalHelm, "install_or_upgrade", answer_lost)
    service, operation = world.install()
    assert work(operation) == "verifying"
    due(operation)
    assert work(operation) == "succeeded"
    assert len(world.cell.applied) == 1
    assert world.cell.states() == ["deployed"]
    assert_deployed_once(world, service, operation)


def test_a_write_that_was_not_done_is_sent_again(world):
    service, operation = world.install()
    world.cell.fail("install_or_upgrade", HelmFailed("killed", code="helm.killed", outcome_unknown=True))
    assert work(operation) == "verifying"
    due(operation)
    assert work(operation) == "succeeded"
    assert_deployed_once(world, service, operation)


def test_an_outcome_that_stays_unknown_is_a_failure_in_the_end(world):
    _, operation = world.install()
    for _ in range(10):
        world.cell.fail("install_or_upgrade", HelmFailed("killed", code="helm.killed", outcome_unknown=True))
    ended = finish(operation)
    assert (ended.state, ended.error["code"], ended.attempt) == ("failed", "helm.killed", 4)


def test_a_release_taken_by_somebody_a_moment_before_is_waited_for(world):
    service, operation = world.install()
    world.cell.fail("install_or_upgrade", ReleaseBusy("another operation is in progress"))
    assert work(operation) == "verifying"
    assert finish_after_pause(operation) == "succeeded"
    assert_deployed_once(world, service, operation)


def finish_after_pause(operation: Operation) -> str:
    due(operation)
    return work(operation)


def test_a_cluster_that_is_cut_off_before_any_call_is_tried_again_until_it_is_back(world):
    for number in range(1, calls_of_an_install(world) + 1):
        service, operation = world.install(f"db-{number}")

        def cut_off() -> None:
            world.cell.reachable = False

        world.cell.plan(number, cut_off)
        state = work(operation)
        if state == "succeeded":  # the call's failure is of no importance, as that of a look at quotas is not
            world.cell.reachable = True
            continue
        assert state == "verifying", number
        operation.refresh_from_db()
        assert operation.next_attempt_at is not None
        due(operation)
        assert work(operation) == "verifying"
        world.cell.reachable = True
        due(operation)
        assert finish(operation).state == "succeeded"
        assert_deployed_once(world, service, operation)
        assert len(world.cell.releases[service.name, service.name]) == 1


def test_a_chart_that_refuses_the_values_says_why_and_nothing_is_applied(world):
    service, operation = world.install()

    def refuse(request: h.ReleaseRequest) -> list[dict[str, object]]:
        raise InvalidChart("primary is 7; choose 0.")

    world.cell.render = refuse
    assert work(operation) == "failed"
    operation.refresh_from_db()
    said = operation.error
    assert (said["code"], said["whose"], said["kept"]) == ("chart.invalid", "yours", "Nothing was applied.")
    assert (said["title"], said["detail"]) == (InvalidChart.title, "primary is 7; choose 0.")
    assert not world.cell.releases.get((service.name, service.name))


def test_a_cancel_before_any_call_says_what_was_left_and_a_retry_finishes(world):
    for number in range(1, calls_of_an_install(world) + 1):
        service, operation = world.install(f"db-{number}")

        def ask(asked: Operation = operation) -> None:
            operations.cancel(asked)
            time.sleep(0.3)  # the heartbeat sees it

        world.cell.plan(number, ask)
        work(operation)
        operation.refresh_from_db()
        assert operation.state in ("cancelled", "succeeded"), (number, operation.error)
        revisions = 1
        if operation.state == "cancelled":
            is_applied = (service.name, service.name) in world.cell.releases and bool(
                world.cell.releases[service.name, service.name]
            )
            said = operation.error["kept"]
            if is_applied:
                assert "Revision 1 was applied" in said or "Applying had begun" in said
            else:
                assert said == "Nothing was applied." or "Applying had begun" in said
            assert {s["state"] for s in operation.steps} <= {"done", "skipped", "cancelled"}, operation.steps
            revisions += int("Revision 1 was applied" in said)
            operation = actions.request_retry(service, world.owner)
            assert finish(operation).state == "succeeded"
        assert_deployed_once(world, service, operation, revisions=revisions)


def test_a_cancel_while_it_is_put_back_ends_it_at_once(world):
    _, operation = world.install()
    world.cell.reachable = False
    assert work(operation) == "verifying"
    operations.cancel(operation)
    assert work(operation) == "cancelled", "nobody has to wait for the next attempt"


def test_a_newer_intent_at_any_call_takes_over_and_its_values_win(world):
    for number in range(1, calls_of_an_install(world) + 1):
        service, operation = world.install(f"db-{number}")
        newer: list[Operation] = []
        world.cell.applied.clear()

        def intend(service: Service = service, newer: list[Operation] = newer) -> None:
            newer.append(world.change(service, values={"replicas": 4}))
            time.sleep(0.3)

        world.cell.plan(number, intend)
        work(operation)
        operation.refresh_from_db()
        assert operation.state in ("superseded", "succeeded"), (number, operation.error)
        assert finish(newer[0]).state == "succeeded"
        revisions = Revision.objects.filter(service=service).count()
        assert revisions == (2 if operation.state == "succeeded" else 1)
        assert_deployed_once(world, service, newer[0], revisions=revisions)
        stored = world.cell.objects["apps/v1", "StatefulSet", service.name, service.name]
        assert stored["spec"]["replicas"] == 4
        passwords = {v["auth"]["password"] for v in world.cell.applied if v.get("auth")}
        assert len(passwords) == 1


def test_a_secret_that_is_not_generated_may_stay_empty(world):
    world.installed()
    assert "seed" not in world.cell.applied[-1]["auth"]


def test_generated_secrets_are_made_once_and_stay(world):
    service, operation = world.install()
    world.cell.dies_applying = True
    work_until_killed(operation)
    first = Service.objects.get(pk=service.pk).secrets["auth.password"]
    assert len(first) == 24
    finish(operation)
    service.refresh_from_db()
    assert finish(world.change(service, values={"replicas": 2})).state == "succeeded"
    assert finish(actions.request_retry(service, world.owner)).state == "succeeded"
    assert {v["auth"]["password"] for v in world.cell.applied} == {first}
    story = str(list(OperationEvent.objects.values_list("message", "data")))
    assert first not in story


def test_a_password_given_while_the_worker_starts_is_not_overwritten(world):
    service, operation = world.install()
    newer = world.change(service, values={"auth": {"password": "given-by-a-person"}})
    assert finish(operation).state == "superseded"
    assert finish(newer).state == "succeeded"
    assert Service.objects.get(pk=service.pk).secrets == {"auth.password": "given-by-a-person"}


def test_a_change_a_scale_and_a_rollback_are_revisions_of_their_own(world):
    service = world.installed(values={"replicas": 1})
    assert work(world.change(service, values={"replicas": 2})) == "succeeded"
    service.refresh_from_db()
    assert work(actions.request_scale(service, world.owner, "node", 4)) == "succeeded"
    service.refresh_from_db()
    rollback = actions.request_rollback(service, world.owner, 2)
    assert finish(rollback).state == "succeeded"
    assert [v["replicas"] for v in world.cell.applied] == [1, 2, 4, 2]
    kinds = Revision.objects.filter(service=service).order_by("number").values_list("kind", "status")
    assert list(kinds) == [
        ("install", "superseded"), ("change", "superseded"), ("scale", "superseded"), ("rollback", "current"),
    ]  # fmt: skip


def test_what_the_package_does_not_allow_is_refused_before_anything_begins(world):
    service = world.installed(values={"replicas": 3, "size": "2Gi"})
    calls = len(world.cell.calls)
    with pytest.raises(CannotScale, match="Data would be lost"):
        actions.request_scale(service, world.owner, "node", 1)
    with pytest.raises(ChangeRefused, match="The files differ"):
        world.change(service, values={"replicas": 3, "size": "2Gi", "image": "store:2"})
    with pytest.raises(ChangeRefused, match="cannot shrink"):
        world.change(service, values={"replicas": 3, "size": "1Gi"})
    assert Operation.objects.filter(subject_id=service.pk).count() == 1
    assert len(world.cell.calls) == calls


@pytest.mark.parametrize("error", [QuotaExceeded("exceeded quota: tight"), Invalid("spec is wrong")])
def test_what_the_cluster_refuses_fails_with_its_words_and_keeps_what_ran(world, error):
    service = world.installed()
    world.cell.fail("install_or_upgrade", error)
    ended = finish(world.change(service, values={"replicas": 2}))
    assert (ended.state, ended.error["detail"]) == ("failed", error.detail)
    assert "left as it is" in ended.error["kept"]
    assert world.cell.states() == ["deployed"]
    assert finish(actions.request_retry(service, world.owner)).state == "succeeded"


def test_a_chart_that_is_lost_fails_the_operation_and_not_the_worker(world, settings):
    _, operation = world.install()
    shutil.rmtree(settings.CHART_CACHE)
    Archive.objects.all().delete()
    ended = finish(operation)
    assert (ended.state, ended.error["code"]) == ("failed", "package.chart_damaged")
    assert "install_or_upgrade" not in world.cell.verbs()


def test_a_change_that_does_not_settle_is_a_failed_revision_to_go_back_from(world):
    service = world.installed()
    world.cell.becomes_ready = False
    world.cell.logs["db", "db-0"] = ["no such file"]
    operation = world.change(service, values={"replicas": 2})
    Operation.objects.filter(pk=operation.pk).update(deadline_at=timezone.now() + timedelta(seconds=2))
    assert finish(operation).error["code"] == "operation.deadline_passed"
    rows = Revision.objects.filter(service=service).order_by("number").values_list("number", "status")
    assert list(rows) == [(1, "superseded"), (2, "failed")]
    world.cell.becomes_ready = True
    assert finish(actions.request_rollback(service, world.owner, 1)).state == "succeeded"
    assert list(rows.all()) == [(1, "superseded"), (2, "failed"), (3, "current")]
    assert world.cell.applied[-1]["replicas"] == 1


def test_a_change_cancelled_after_it_was_applied_is_a_revision_to_go_back_from(world):
    service = world.installed()
    world.cell.becomes_ready = False
    operation = world.change(service, values={"image": "store:1.1"})
    begun = len(world.cell.calls)

    def cancel_once_applied(verb: str, what: str) -> None:
        note(verb, what)
        if verb == "manifest" and "install_or_upgrade" in world.cell.verbs()[begun:]:
            operations.cancel(operation)

    note = world.cell.called
    world.cell.called = cancel_once_applied
    assert work(operation) == "cancelled"
    world.cell.called = note
    rows = Revision.objects.filter(service=service).order_by("number").values_list("number", "status")
    assert list(rows) == [(1, "superseded"), (2, "failed")]
    world.cell.becomes_ready = True
    assert finish(actions.request_rollback(service, world.owner, 1)).state == "succeeded"
    assert world.cell.applied[-1].get("image") in (None, "store:1")


def failed_upgrade(world):
    """A service whose new version never came to run, and which nobody can use."""
    service = world.installed()
    world.cell.becomes_ready = False
    operation = world.change(service, values={"image": "store:1.1"})
    Operation.objects.filter(pk=operation.pk).update(deadline_at=timezone.now() + timedelta(seconds=2))
    assert finish(operation).state == "failed"
    world.cell.becomes_ready = True
    return service


def test_from_a_version_that_never_ran_there_is_a_way_back(world):
    service = failed_upgrade(world)
    plan = finish(actions.ask_plan(service, world.owner, {"values": {"image": "store:1"}})).result
    assert plan["refusals"] == []
    assert finish(actions.request_rollback(service, world.owner, 1)).state == "succeeded"
    assert world.cell.applied[-1].get("image") in (None, "store:1")


def test_from_a_version_that_runs_there_is_none(world):
    service = world.installed()
    assert finish(world.change(service, values={"image": "store:1.1"})).state == "succeeded"
    with pytest.raises(ChangeRefused, match=r"store:1\.1 → store:1\. The files are newer"):
        actions.request_rollback(service, world.owner, 1)


def test_a_version_that_came_to_run_late_counts_as_one_that_runs(world):
    service = failed_upgrade(world)
    Service.objects.filter(pk=service.pk).update(verdict="healthy", health_since=timezone.now())
    service.refresh_from_db()
    with pytest.raises(ChangeRefused, match="The files are newer"):
        actions.request_rollback(service, world.owner, 1)


def test_a_version_that_ran_before_a_later_step_failed_counts_as_one_that_runs(world):
    service = failed_upgrade(world)
    failed = Revision.objects.get(service=service, status="failed").operation
    failed.steps = [{**step, "state": "done" if step["name"] == "settle" else step["state"]} for step in failed.steps]
    failed.save(update_fields=["steps"])
    with pytest.raises(ChangeRefused, match="The files are newer"):
        actions.request_rollback(service, world.owner, 1)


def test_a_version_that_came_to_run_late_counts_also_when_a_later_change_fails(world):
    service = failed_upgrade(world)
    seen = {"kind": "health", "reason": "healthy", "at": timezone.now()}
    Sighting.objects.create(service=service, **seen)
    world.cell.becomes_ready = False
    operation = world.change(service, values={"image": "store:1.1", "replicas": 2})
    Operation.objects.filter(pk=operation.pk).update(deadline_at=timezone.now() + timedelta(seconds=2))
    assert finish(operation).state == "failed"
    with pytest.raises(ChangeRefused, match="The files are newer"):
        actions.request_rollback(service, world.owner, 1)


def test_a_change_that_is_not_ready_in_time_offers_the_way_back(world, monkeypatch):
    service = world.installed()
    world.cell.becomes_ready = False
    monkeypatch.setattr(settling, "BUDGET_SECONDS", 0.5)
    ended = finish(world.change(service, values={"replicas": 2}))
    assert ended.error["code"] == "settle.too_slow"
    assert "rollback" in [way["action"] for way in ended.error["next"]]


def test_a_cluster_that_forbids_everything_for_a_moment_after_an_outage_is_waited_for(world):
    service, operation = world.install()
    world.cell.reachable = False
    assert work(operation) == "verifying"
    world.cell.reachable = True
    world.cell.fail("status", Forbidden("secrets is forbidden"))
    due(operation)
    assert work(operation) == "verifying"
    world.cell.fail("install_or_upgrade", Forbidden("statefulsets is forbidden"))
    due(operation)
    assert work(operation) == "verifying"
    assert finish_after_pause(operation) == "succeeded"
    assert_deployed_once(world, service, operation)


def test_the_namespace_that_a_cluster_is_restricted_to_is_used_without_being_read(world):
    Cluster.objects.update(access_mode="namespace", namespace="db")
    world.cell.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "db"}})
    world.cell.forbidden |= {("get", "namespaces"), ("list", "nodes"), ("list", "namespaces")}
    service, operation = world.install()
    assert finish(operation).state == "succeeded"
    assert_deployed_once(world, service, operation)


def test_a_cluster_that_goes_on_forbidding_is_taken_at_its_word(world):
    Cluster.objects.update(reachable_since=timezone.now() - timedelta(hours=1))
    _, operation = world.install()
    world.cell.fail("install_or_upgrade", Forbidden("statefulsets is forbidden"))
    ended = finish(operation)
    assert (ended.state, ended.error["code"], ended.attempt) == ("failed", "cluster.forbidden", 1)
    again = actions.request_retry(Service.objects.get(), world.owner)
    for _ in range(20):
        world.cell.fail("status", Forbidden("secrets is forbidden"))
    Cluster.objects.update(reachable_since=timezone.now())
    ended = finish(again)
    assert (ended.state, ended.attempt) == ("failed", 6)

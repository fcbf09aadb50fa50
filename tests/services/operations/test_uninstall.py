"""Uninstall: the volumes stay unless asked otherwise, whatever happens on the way."""

from __future__ import annotations

import time

import pytest

from anywhere.operations import actions as operations
from anywhere.operations.models import Operation
from services import actions
from services.errors import Gone, NotConfirmed
from services.models import Service
from tests.services.operations.conftest import Killed, World, due, finish, work, work_until_killed

pytestmark = pytest.mark.django_db(transaction=True)


def with_volume(world: World, name: str = "db") -> Service:
    """Give an installed service whose pod mounts a volume, as a StatefulSet's does."""
    service = world.installed(name)
    owner = world.cell.objects["apps/v1", "StatefulSet", name, name]["metadata"]["uid"]
    claim = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": f"data-{name}-0", "namespace": name},
        "spec": {"resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "standard"},
    }  # fmt: skip
    pod = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": f"{name}-0", "namespace": name, "ownerReferences": [{"uid": owner}]},
        "spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": f"data-{name}-0"}}]},
    }  # fmt: skip
    world.cell.put(claim)
    world.cell.put(pod)
    return service


def claims(world: World, name: str = "db") -> list[str]:
    return [key[3] for key in world.cell.objects if key[1] == "PersistentVolumeClaim" and key[2] == name]


def calls_of_an_uninstall(world: World) -> int:
    """Give how many calls an undisturbed uninstall makes."""
    service = with_volume(world, "undisturbed")
    before = len(world.cell.calls)
    assert work(actions.request_uninstall(service, world.owner, delete_data=False, confirm="")) == "succeeded"
    return len(world.cell.calls) - before


def test_the_data_is_kept_and_named(world):
    service = with_volume(world)
    ended = finish(actions.request_uninstall(service, world.owner, delete_data=False, confirm=""))
    service.refresh_from_db()
    assert ended.result == {
        "data_kept": [{"name": "data-db-0", "size": "1Gi", "storage_class": "standard"}], "data_deleted": False,
    }  # fmt: skip
    assert (service.state, service.data_kept, claims(world)) == (
        "uninstalled", ended.result["data_kept"], ["data-db-0"],
    )  # fmt: skip
    assert world.cell.releases.get(("db", "db"), []) == []


def test_a_new_service_of_the_name_opens_the_kept_data_with_the_old_password(world):
    service = with_volume(world)
    password = Service.objects.get(pk=service.pk).secrets["auth.password"]
    finish(actions.request_uninstall(service, world.owner, delete_data=False, confirm=""))
    assert world.installed("db").secrets["auth.password"] == password


def test_the_data_goes_only_after_the_name_was_typed(world):
    service = with_volume(world)
    with pytest.raises(NotConfirmed):
        actions.request_uninstall(service, world.owner, delete_data=True, confirm="dB")
    assert finish(actions.request_uninstall(service, world.owner, delete_data=True, confirm="db")).result == {
        "data_kept": [], "data_deleted": True,
    }  # fmt: skip
    service.refresh_from_db()
    assert (claims(world), service.secrets) == ([], None)


def test_the_data_counts_as_deleted_only_when_its_volumes_are_gone(world):
    service = with_volume(world)
    key = ("v1", "PersistentVolumeClaim", "db", "data-db-0")
    claim, note, looks = world.cell.objects[key], world.cell.called, iter(range(3))

    def lingers(verb: str, what: str) -> None:
        note(verb, what)
        if verb == "get" and "PersistentVolumeClaim" in what and "delete" in world.cell.verbs():
            world.cell.objects.pop(key, None)
            if next(looks, None) is not None:
                world.cell.objects[key] = claim

    world.cell.called = lingers
    finish(actions.request_uninstall(service, world.owner, delete_data=True, confirm="db"))
    assert next(looks, None) is None, "it was looked for until it was gone"
    assert claims(world) == []


@pytest.mark.parametrize("delete", [False, True])
def test_a_worker_killed_at_any_call_of_an_uninstall_keeps_the_promise_about_the_data(world, delete):
    service = with_volume(world, "measured")
    before = len(world.cell.calls)
    work(actions.request_uninstall(service, world.owner, delete_data=delete, confirm="measured"))

    def die() -> None:
        raise Killed

    for number in range(1, len(world.cell.calls) - before + 1):
        name = f"db-{number}"
        service = with_volume(world, name)
        operation = actions.request_uninstall(service, world.owner, delete_data=delete, confirm=name)
        world.cell.plan(number, die)
        work_until_killed(operation)
        ended = finish(operation)
        assert ended.state == "succeeded", (number, ended.error)
        assert claims(world, name) == ([] if delete else [f"data-{name}-0"]), number
        assert [c["name"] for c in ended.result["data_kept"]] == claims(world, name)
        assert world.cell.releases.get((name, name), []) == []


def test_a_helm_killed_while_it_uninstalls_is_gone_on_with_at_once(world):
    operation = actions.request_uninstall(with_volume(world), world.owner, delete_data=False, confirm="")
    world.cell.dies_applying = True
    work_until_killed(operation)
    assert world.cell.states() == ["uninstalling"]
    assert work(operation) == "succeeded"
    assert claims(world) == ["data-db-0"]


def test_an_uninstall_cancelled_half_way_can_be_taken_back_by_a_retry(world):
    service = with_volume(world)
    operation = actions.request_uninstall(service, world.owner, delete_data=False, confirm="")
    world.cell.dies_applying = True
    work_until_killed(operation)
    operations.cancel(operation)
    due(operation)
    assert finish(operation).state == "cancelled"
    assert finish(actions.request_retry(service, world.owner)).state == "succeeded"
    assert world.cell.states()[-1] == "deployed"
    assert claims(world) == ["data-db-0"]


def test_an_uninstall_takes_the_place_of_an_install_that_runs(world):
    service, install = world.install()
    asked: list[Operation] = []

    def change_of_mind() -> None:
        asked.append(actions.request_uninstall(service, world.owner, delete_data=False, confirm=""))
        time.sleep(0.3)

    world.cell.plan(8, change_of_mind)
    assert work(install) == "superseded"
    assert finish(asked[0]).state == "succeeded"
    assert world.cell.releases.get(("db", "db"), []) == []


def test_an_unreachable_cluster_delays_an_uninstall_and_forgets_nothing(world):
    service = with_volume(world)
    operation = actions.request_uninstall(service, world.owner, delete_data=False, confirm="")
    world.cell.reachable = False
    assert work(operation) == "verifying"
    assert Service.objects.get(pk=service.pk).state == "present"
    world.cell.reachable = True
    due(operation)
    assert finish(operation).state == "succeeded"


def test_the_volumes_of_a_neighbour_with_a_longer_name_stay(world):
    service = with_volume(world)
    neighbours = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {}}
    for name in ("data-db-1", "data-db-2-0", "data-db-x-0"):
        world.cell.put({**neighbours, "metadata": {"name": name, "namespace": "db"}})
    ended = finish(actions.request_uninstall(service, world.owner, delete_data=True, confirm="db"))
    assert ended.state == "succeeded"
    assert claims(world) == ["data-db-2-0", "data-db-x-0"], "data-db-1 was this one's, of a node it once had"


def test_an_uninstall_asked_for_twice_forgets_neither_the_data_nor_its_password(world):
    last = calls_of_an_uninstall(world)
    service = with_volume(world)
    password = Service.objects.get(pk=service.pk).secrets["auth.password"]
    first = actions.request_uninstall(service, world.owner, delete_data=False, confirm="")
    second: list[Operation] = []
    world.cell.plan(
        last,
        lambda: second.append(actions.request_uninstall(service, world.owner, delete_data=False, confirm="")),
    )
    assert work(first) in ("succeeded", "superseded")
    assert [c["name"] for c in finish(second[0]).result["data_kept"]] == ["data-db-0"]
    assert [c["name"] for c in Service.objects.get(pk=service.pk).data_kept] == ["data-db-0"]
    assert world.installed("db").secrets["auth.password"] == password


def test_an_uninstall_that_was_cancelled_after_the_release_was_gone_is_finished_by_another(world):
    last = calls_of_an_uninstall(world)
    service = with_volume(world)
    first = actions.request_uninstall(service, world.owner, delete_data=False, confirm="")

    def cancel() -> None:
        operations.cancel(first)
        time.sleep(0.3)

    world.cell.plan(last, cancel)
    assert work(first) == "cancelled"
    assert world.cell.releases.get(("db", "db"), []) == []
    ended = finish(actions.request_uninstall(service, world.owner, delete_data=False, confirm=""))
    assert [c["name"] for c in ended.result["data_kept"]] == ["data-db-0"]


def test_a_change_asked_for_while_an_uninstall_ends_brings_nothing_back(world):
    last = calls_of_an_uninstall(world)
    service = with_volume(world)
    uninstall = actions.request_uninstall(service, world.owner, delete_data=False, confirm="")
    changes: list[Operation] = []
    world.cell.plan(last, lambda: changes.append(world.change(service, values={"replicas": 2})))
    assert work(uninstall) == "succeeded"
    ended = finish(changes[0])
    assert (ended.state, ended.error["code"]) == ("failed", Gone.code)
    assert world.cell.releases.get(("db", "db"), []) == []
    assert Service.objects.get(pk=service.pk).state == "uninstalled"

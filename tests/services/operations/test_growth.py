"""Growing volumes: claims first, then the set around its running pods; nothing shrinks, nothing is half done."""

from __future__ import annotations

import time
from typing import Any

import pytest

from anywhere.gateways.errors import Invalid
from anywhere.operations import actions as operations
from services.errors import ChangeRefused
from services.operations import growth
from tests.services.operations.conftest import Killed, World, finish, work, work_until_killed

pytestmark = pytest.mark.django_db(transaction=True)


def grown(world: World, *, expandable: bool = True) -> None:
    """Put what the cluster would have: a claim of the set, and its class."""
    world.cell.put({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data-db-0", "namespace": "db"},
        "spec": {"resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "standard"},
    })  # fmt: skip
    world.cell.put({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "standard"},
                    "allowVolumeExpansion": expandable})  # fmt: skip


def size_of_claim(world: World) -> str:
    claim = world.cell.objects["v1", "PersistentVolumeClaim", "db", "data-db-0"]
    return str(claim["spec"]["resources"]["requests"]["storage"])


def size_of_template(world: World) -> str:
    stored = world.cell.objects["apps/v1", "StatefulSet", "db", "db"]
    return str(stored["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"])


def test_a_larger_size_grows_the_claims_and_makes_the_set_anew(world):
    service = world.installed()
    grown(world)
    assert finish(world.change(service, values={"size": "2Gi"})).state == "succeeded"
    assert (size_of_claim(world), size_of_template(world)) == (str(2 * 2**30), "2Gi")
    verbs = world.cell.verbs()
    assert verbs.index("patch") < verbs.index("delete") < len(verbs) - verbs[::-1].index("install_or_upgrade")


def test_a_worker_killed_while_volumes_grow_ends_with_a_set_and_its_size(world):
    service = world.installed()
    grown(world)
    before = len(world.cell.calls)

    def die() -> None:
        raise Killed

    for number, size in zip(range(4, 16, 2), range(2, 8), strict=True):
        operation = world.change(service, values={"size": f"{size}Gi"})
        world.cell.plan(number, die)
        work_until_killed(operation)
        assert finish(operation).state == "succeeded"
        assert (size_of_claim(world), size_of_template(world)) == (str(size * 2**30), f"{size}Gi")
        assert world.cell.states().count("deployed") == 1
        service.refresh_from_db()
    assert len(world.cell.calls) > before


def test_a_class_that_does_not_let_volumes_grow_changes_nothing(world):
    service = world.installed()
    grown(world, expandable=False)
    ended = finish(world.change(service, values={"size": "2Gi"}))
    assert (ended.state, ended.error["code"]) == ("failed", "storage.not_expandable")
    assert (size_of_claim(world), size_of_template(world)) == ("1Gi", "1Gi")
    assert world.cell.states() == ["deployed"]


def test_a_smaller_size_is_refused_before_anything_begins(world):
    service = world.installed(values={"size": "2Gi"})
    with pytest.raises(ChangeRefused):
        world.change(service, values={"size": "1Gi"})


def test_a_cancel_while_the_set_is_made_anew_leaves_no_pods_without_their_set(world):
    service = world.installed()
    grown(world)
    operation = world.change(service, values={"size": "2Gi"})
    before = len(world.cell.calls)

    def cancel_after_the_delete(verb: str, what: str) -> None:
        note(verb, what)
        if verb == "delete":
            operations.cancel(operation)
            time.sleep(0.3)  # the heartbeat sees it

    note: Any = world.cell.called
    world.cell.called = cancel_after_the_delete
    assert work(operation) == "cancelled"
    assert "delete" in world.cell.verbs()[before:]
    assert (size_of_claim(world), size_of_template(world)) == (str(2 * 2**30), "2Gi")
    operation.refresh_from_db()
    assert "volumes" in operation.error["kept"]


def test_a_helm_that_fails_after_volumes_grew_leaves_the_set_there(world):
    service = world.installed()
    grown(world)
    world.cell.fail("install_or_upgrade", Invalid("not like this"))
    assert finish(world.change(service, values={"size": "2Gi", "replicas": 2})).state == "failed"
    assert size_of_template(world) == "2Gi"
    assert world.cell.objects["apps/v1", "StatefulSet", "db", "db"]["spec"]["replicas"] == 1


def test_the_set_is_made_anew_only_when_the_old_one_is_gone(world, monkeypatch):
    service = world.installed()
    grown(world)
    old = world.cell.objects["apps/v1", "StatefulSet", "db", "db"]
    looks = iter(range(3))

    def still_there(verb: str, what: str) -> None:
        note(verb, what)
        if verb == "get" and "StatefulSet" in what and "delete" in world.cell.verbs()[before:]:
            key = ("apps/v1", "StatefulSet", "db", "db")
            if next(looks, None) is not None:
                world.cell.objects[key] = old
            elif world.cell.objects.get(key) is old:
                del world.cell.objects[key]

    before = len(world.cell.calls)
    note: Any = world.cell.called
    world.cell.called = still_there
    monkeypatch.setattr(growth, "LOOK_SECONDS", 0.01)
    assert finish(world.change(service, values={"size": "2Gi"})).state == "succeeded"
    assert next(looks, None) is None
    assert world.cell.objects["apps/v1", "StatefulSet", "db", "db"]["metadata"]["uid"] != old["metadata"]["uid"]


def test_a_change_renders_its_chart_once(world):
    service = world.installed()
    before = len(world.cell.calls)
    assert finish(world.change(service, values={"replicas": 2})).state == "succeeded"
    assert world.cell.verbs()[before:].count("template") == 1

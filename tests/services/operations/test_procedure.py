"""Procedures of a package: offered as the values allow, run step by step, past killed workers; and its nodes."""

from __future__ import annotations

from typing import Any

import pytest

from anywhere.accounts.models import AuditEntry
from anywhere.gateways.pretend import STDERR, STDOUT, Pretended
from anywhere.operations.errors import OperationInProgress
from services import actions, errors, nodes
from services.models import Service
from tests.services.operations.conftest import World, finish, work, work_until_killed
from tests.services.operations.test_guided import RingCell, installed, scale, titles
from tests.support import factories

pytestmark = pytest.mark.django_db(transaction=True)

MORE = {
    "nodes": [{
        "component": "node", "title": "Node", "workload": "{fullname}", "container": "main",
        "role": {"command": ["role"]}, "lag": {"command": ["lag"], "unit": "bytes"},
    }],
    "procedures": [
        {
            "name": "repair", "title": "Repair", "summary": "Mends what differs.", "danger": "Slow meanwhile.",
            "steps": [
                {"title": "Repair {pod}", "pods": "each", "command": ["repair", "{pod}", "{replicas}"]},
                {"title": "Sum up", "pods": "one", "command": ["sum"]},
            ],
        },
        {
            "name": "backup", "title": "Back up", "summary": "Copies.", "showIf": {"path": "backup", "equals": True},
            "steps": [{"title": "Copy", "pods": "one", "command": ["copy"]}],
        },
    ],
}  # fmt: skip


@pytest.fixture
def cell() -> RingCell:
    """Give the cluster in memory."""
    return RingCell()


@pytest.fixture
def service(world: World) -> Service:
    """Give a service of two nodes whose package has procedures."""
    world.version.definition = {**world.version.definition, **MORE}
    world.version.save(update_fields=["definition"])
    return installed(world, 2)


def test_a_procedure_runs_its_commands_one_after_the_other(world, service):
    operation = actions.request_procedure(service, world.owner, "repair")
    assert work(operation) == "succeeded"
    assert world.cell.words() == ["ring-0: repair ring-0 2", "ring-1: repair ring-1 2", "ring-0: sum"]
    assert titles(operation) == [
        ("Find its nodes", "done"), ("Repair ring-0", "done"), ("Repair ring-1", "done"), ("Sum up", "done"),
    ]  # fmt: skip
    assert world.cell.applied == []
    assert AuditEntry.objects.filter(action="service.procedure", subject_id=service.pk).count() == 1


@pytest.mark.parametrize("word", ["repair", "sum"])
def test_a_worker_killed_in_a_command_is_replaced_and_only_that_command_runs_again(world, service, word):
    operation = actions.request_procedure(service, world.owner, "repair")
    world.cell.dies_in = word
    work_until_killed(operation)
    assert finish(operation).state == "succeeded"
    ran = [words for words in world.cell.words() if f": {word}" in words]
    assert len(world.cell.ran) == 4 and ran[0] == ran[1]


def test_a_command_that_fails_says_its_last_words_and_stops_there(world, service):
    world.cell.answers["repair"] = Pretended(2, 0, [(STDERR, "disk is full\n")])
    operation = actions.request_procedure(service, world.owner, "repair")
    assert work(operation) == "failed"
    operation.refresh_from_db()
    assert operation.error["detail"] == "In ring-0: It ended with exit code 2. Its last words: disk is full"
    assert operation.error["next"][0]["action"] == "procedure"
    assert [words for words in world.cell.words()] == ["ring-0: repair ring-0 2"]


def test_a_single_step_that_fails_kept_nothing_and_home_says_why(world, service):
    Service.objects.filter(pk=service.pk).update(values={**service.values, "backup": True})
    service.refresh_from_db()
    world.cell.answers["copy"] = Pretended(1, 0, [(STDERR, "there is no store\n")])
    operation = actions.request_procedure(service, world.owner, "backup")
    assert work(operation) == "failed"
    operation.refresh_from_db()
    assert operation.error["kept"] == ""
    found = factories.client(world.owner).get(f"/api/v1/services/{service.pk}/events/").json()["results"]
    assert any(
        e["message"] == "Copy failed: In ring-0: It ended with exit code 1. Its last words: there is no store"
        for e in found
    )


def test_what_one_pod_did_is_kept_when_the_next_one_fails(world, service):
    steps = [{"title": "Copy", "pods": "each", "command": ["copy", "{pod}"]}]
    world.version.definition["procedures"][0]["steps"] = steps
    world.version.save(update_fields=["definition"])
    answer = world.cell.commands
    world.cell.commands = lambda space, pod, command: (
        Pretended(1, 0, [(STDERR, "no room\n")]) if pod == "ring-1" else answer(space, pod, command)
    )
    operation = actions.request_procedure(service, world.owner, "repair")
    assert work(operation) == "failed"
    operation.refresh_from_db()
    assert (world.cell.words(), operation.error["kept"]) == (["ring-0: copy ring-0"], "What was done before is kept.")


def test_a_procedure_of_a_service_that_was_stopped_says_so_at_once(world, service):
    stored = next(o for o in world.cell.objects.values() if o["kind"] == "StatefulSet")
    world.cell.put({**stored, "spec": {**stored["spec"], "replicas": 0}})
    operation = actions.request_procedure(service, world.owner, "repair")
    assert work(operation) == "failed"
    operation.refresh_from_db()
    assert (operation.error["code"], operation.error["whose"]) == ("command.stopped", "yours")
    assert "ring is scaled to 0" in operation.error["detail"] and world.cell.ran == []


def test_only_what_the_values_allow_is_offered_and_run(world, service):
    client = factories.client(world.owner)
    offered = client.get(f"/api/v1/services/{service.pk}/procedures/").json()["results"]
    assert offered == [
        {"name": "repair", "title": "Repair", "summary": "Mends what differs.", "danger": "Slow meanwhile."}
    ]
    answer = client.post(f"/api/v1/services/{service.pk}/procedures/backup/", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "service.no_such_procedure")
    with pytest.raises(errors.NoSuchProcedure):
        actions.request_procedure(service, world.owner, "nothing")
    accepted = client.post(f"/api/v1/services/{service.pk}/procedures/repair/", {})
    assert (accepted.status_code, accepted.json()["kind"]) == (202, "procedure")


def test_a_procedure_takes_no_other_operations_place(world, service):
    scale(world, service, 3)
    with pytest.raises(OperationInProgress):
        actions.request_procedure(service, world.owner, "repair")


def asked(world: World, service: Service) -> list[dict[str, Any]]:
    """Give what the API says of the nodes."""
    answer = factories.client(world.owner).get(f"/api/v1/services/{service.pk}/nodes/")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_nodes_are_asked_for_their_role_and_lag(world, service):
    world.cell.answers["role"] = Pretended(said=[(STDOUT, "leader\n")])
    world.cell.answers["lag"] = Pretended(said=[(STDOUT, "42\n")])
    world.cell.objects["v1", "Pod", "ring", "ring-1"]["spec"]["nodeName"] = "n1"
    first, second = asked(world, service)
    assert first == {
        "name": "ring-0", "component": "node", "title": "Node", "ready": True, "node": "", "zone": "",
        "role": "leader", "lag": {"value": 42.0, "unit": "bytes"}, "problem": "",
    }  # fmt: skip
    assert (second["name"], second["node"], second["zone"]) == ("ring-1", "n1", "a")


@pytest.mark.parametrize(("answer", "problem"), [
    (Pretended(1, 0, [(STDERR, "not joined\n")]), "It did not tell its role: not joined"),
    (Pretended(), "It did not tell its role: no output"),
    (Pretended(seconds=60), "It did not tell its role within 4 seconds."),
])  # fmt: skip
def test_a_node_that_does_not_answer_says_why(world, service, answer, problem):
    world.cell.answers["role"] = answer
    assert [(node["role"], node["lag"], node["problem"]) for node in asked(world, service)] == [
        (None, None, problem)
    ] * 2


def test_a_node_that_does_not_run_is_not_asked(world, service):
    world.cell.objects["v1", "Pod", "ring", "ring-1"]["status"] = {"phase": "Pending"}
    world.cell.answers["role"] = Pretended(said=[(STDOUT, "leader\n")])
    first, second = asked(world, service)
    assert (first["role"], first["ready"]) == ("leader", True)
    assert (second["role"], second["ready"], second["problem"]) == (None, False, "It does not run.")
    assert [pod for pod, _ in world.cell.ran] == ["ring-0", "ring-0"]


def test_many_silent_nodes_take_no_longer_than_a_few(world, service, monkeypatch):
    monkeypatch.setattr(nodes, "ALTOGETHER", 0.0)
    assert [node["problem"] for node in asked(world, service)] == ["There was no time to ask it."] * 2
    assert world.cell.ran == []


def test_what_a_node_says_is_masked(world, service):
    service.refresh_from_db()
    password = service.secrets["auth.password"]
    world.cell.answers["role"] = Pretended(said=[(STDOUT, f"{password}\n")])
    assert password not in str(asked(world, service))


def test_a_package_without_nodes_has_none(world):
    service = world.installed("plain")
    before = len(world.cell.calls)
    assert nodes.look(service) == [] and len(world.cell.calls) == before

"""Nodes that come and go by the package's own commands: in order, once each, whoever is killed in between."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from anywhere.clusters.connection import access_of
from anywhere.gateways import fakes
from anywhere.gateways.errors import GatewayError, Unreachable
from anywhere.gateways.kubernetes import Object
from anywhere.gateways.pretend import STDERR, STDOUT, Pretended
from anywhere.operations import actions as operations
from anywhere.operations.models import Operation, OperationEvent
from catalog.actions import publish_archive
from catalog.models import Version
from services import actions
from services.models import Revision, Service
from services.operations import commands, desired, guided
from tests.catalog.archives import chart
from tests.services.operations import conftest
from tests.services.operations.conftest import Cell, Killed, World, due, finish, work, work_until_killed
from tests.support import factories

pytestmark = pytest.mark.django_db(transaction=True)

GUIDED = """\
scaling:
  - component: node
    title: Nodes
    path: replicas
    minimum: 1
    maximum: 5
    in: guided
    out: guided
    ONE_BY_ONE
    confirm: mayShrink
    deleteClaims: true
    beforeIn:
      - title: "Move the data off {pod}"
        pods: leaving
        command: [move, "{pod}", "{leaving}", "{replicas}"]
        timeoutSeconds: 60
    afterIn:
      - {title: Forget who left, pods: one, command: [forget, "{leaving}"]}
    afterOut:
      - {title: Spread the data, pods: one, command: [spread, "{replicas}"]}
      - {title: Clean up, pods: staying, command: [clean, "{pod}"]}
upgrades:
  - path: image
    from: "1"
    to: "2"
    how: rolling
    after: [{title: "Convert the files of {pod}", pods: each, command: [convert]}]
  - {path: image, from: "1", to: ">=3", how: refused, reason: The files of 1 are not read by 3., way: Go to 2 first.}
"""


@dataclass
class RingCell(Cell):
    """A cluster whose StatefulSets have pods and claims, and that writes down which command ran where."""

    ran: list[tuple[str, str]] = field(default_factory=list)  # (pod, words), as they began
    dies_in: str = ""  # the word of the command in which the worker is killed
    answers: dict[str, Pretended] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)  # pods that do not start

    def __post_init__(self) -> None:
        self.commands = self._run

    def _run(self, namespace: str, pod: str, command: list[str]) -> Pretended:
        self.ran.append((pod, " ".join(command)))
        if command[0] == self.dies_in:
            self.dies_in = ""
            raise Killed
        return self.answers.get(command[0], Pretended(said=[(STDOUT, f"{command[0]} is done\n")]))

    def put(self, obj: Object) -> Object:
        """Give the stored object; pods follow the number of a StatefulSet."""
        stored = super().put(obj)
        if stored["kind"] == "StatefulSet":
            self._keep_pods(stored)
        return stored

    def _keep_pods(self, owner: Object) -> None:
        name, space = owner["metadata"]["name"], owner["metadata"]["namespace"]
        wanted = {f"{name}-{number}" for number in range(owner["spec"]["replicas"])}
        for key in [k for k in self.objects if k[1] == "Pod" and k[2] == space and k[3] not in wanted]:
            del self.objects[key]
        for pod in wanted:
            if ("v1", "Pod", space, pod) not in self.objects:
                super().put(claim(f"data-{pod}", space))
            new = running(pod, space, owner["metadata"]["uid"])
            super().put({**new, "status": {"phase": "Pending"}} if pod in self.pending else new)

    def words(self) -> list[str]:
        """Give what ran, with the pod it ran in."""
        return [f"{pod}: {words}" for pod, words in self.ran]

    def claims(self, namespace: str = "ring") -> list[str]:
        """Give the names of the volumes."""
        return sorted(k[3] for k in self.objects if k[1] == "PersistentVolumeClaim" and k[2] == namespace)


def running(name: str, namespace: str, owner: str) -> Object:
    """Give a pod that runs."""
    state = [{"name": "main", "ready": True, "state": {"running": {}}}]
    conditions = [{"type": "Ready", "status": "True"}]
    reference = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "x", "uid": owner, "controller": True}
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "ownerReferences": [reference]},
        "spec": {"containers": [{"name": "main", "image": "x"}]},
        "status": {"phase": "Running", "conditions": conditions, "containerStatuses": state},
    }  # fmt: skip


def claim(name: str, namespace: str) -> Object:
    """Give a volume."""
    return {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": namespace},
        "spec": {"resources": {"requests": {"storage": "1Gi"}}},
    }  # fmt: skip


@pytest.fixture
def cell() -> RingCell:
    """Give the cluster in memory."""
    return RingCell()


@pytest.fixture
def ring(world: World) -> World:
    """Give the world with the package `ring`, whose nodes come and go one by one."""
    world.version = publish_ring(world, "oneAtATime: true")
    return world


def publish_ring(world: World, one_by_one: str, name: str = "ring") -> Any:
    """Give the published version."""
    package = conftest.PACKAGE.split("scaling:")[0] + GUIDED.replace(
        "ONE_BY_ONE", one_by_one or "workload: '{fullname}'"
    )
    package += 'binding: {secret: "{fullname}-binding"}\nfullname: "{release}"\n'
    files = {
        "values.yaml": conftest.VALUES.replace("store:1", "'1'") + "mayShrink: false\n",
        "values.schema.json": conftest.SCHEMA, "package.yaml": package, "templates/set.yaml": conftest.TEMPLATE,
        "plans/small.yaml": "replicas: 1\n", "templates/deployment.yaml": "",
    }  # fmt: skip
    text = conftest.CHART.replace("store", name)
    return publish_archive(factories.provider(world.organization, slug=name), chart(files, name, text))


def installed(ring: World, replicas: int) -> Service:
    """Give a ring of some nodes."""
    service = ring.installed("ring", values={"replicas": replicas})
    ring.cell.applied.clear()
    return service


def scale(ring: World, service: Service, replicas: int) -> Operation:
    """Give the operation, not begun yet."""
    return actions.request_scale(service, ring.owner, None, replicas)


def applied(ring: World) -> list[tuple[int, bool]]:
    """Give the number and the confirmation of every apply."""
    return [(values["replicas"], values.get("mayShrink", False)) for values in ring.cell.applied]


def titles(operation: Operation) -> list[tuple[str, str]]:
    """Give the steps as they are shown."""
    operation.refresh_from_db()
    return [(step["title"], step["state"]) for step in operation.steps]


def test_nodes_leave_one_by_one_each_through_all_the_steps(ring):
    service = installed(ring, 3)
    operation = scale(ring, service, 1)
    assert work(operation) == "succeeded"
    assert ring.cell.words() == [
        "ring-2: move ring-2 ring-2 2", "ring-0: forget ring-2",
        "ring-1: move ring-1 ring-1 1", "ring-0: forget ring-1",
    ]  # fmt: skip
    assert applied(ring) == [(2, True), (1, True), (1, False)], "confirmed for the applies that shrink only"
    assert ring.cell.claims() == ["data-ring-0"], "a node that comes back must not find its old data"
    assert titles(operation) == [
        ("Check that it fits", "done"), ("Prepare the namespace", "done"),
        ("Move the data off ring-2", "done"), ("Take away ring-2", "done"),
        ("Wait until ring-2 left and the rest works", "done"), ("Forget who left", "done"),
        ("Delete the volumes of ring-2", "done"),
        ("Move the data off ring-1", "done"), ("Take away ring-1", "done"),
        ("Wait until ring-1 left and the rest works", "done"), ("Forget who left", "done"),
        ("Delete the volumes of ring-1", "done"),
        ("Apply", "done"), ("Wait until it works", "done"), ("Publish the address", "done"),
    ]  # fmt: skip
    service.refresh_from_db()
    assert "mayShrink" not in str(service.values)
    assert not Revision.objects.filter(service=service, values__has_key="mayShrink").exists()
    said = OperationEvent.objects.filter(operation=operation, message="ring-2: move is done")
    assert said.exists()


def test_the_volumes_that_go_with_nodes_are_named_before_the_change(ring):
    service = installed(ring, 3)

    def changes(replicas: int) -> list[tuple[str, str, str]]:
        answer = finish(actions.ask_plan(service, ring.owner, {"values": {"replicas": replicas}})).result
        claims = [c for c in answer["changes"] if c["object"]["kind"] == "PersistentVolumeClaim"]
        return [(c["object"]["name"], c["severity"], c["effect"]) for c in claims]

    assert changes(1) == [
        ("data-ring-2", "data", "Deletes the volume of ring-2 when it has left"),
        ("data-ring-1", "data", "Deletes the volume of ring-1 when it has left"),
    ]
    assert changes(4) == changes(3) == []
    version = ring.version
    keeping = [{**entry, "deleteClaims": False} for entry in version.definition["scaling"]]
    later = version.definition
    Version.objects.filter(pk=version.pk).update(definition={**later, "scaling": keeping})
    service.refresh_from_db()
    before = desired.of(service)
    fewer = {"values": {**before.values, "replicas": 1}, "merged": {**before.merged, "replicas": 1}}
    after = replace(before, version=version, **fewer)
    with fakes.FAKES.connect(access_of(service.cluster)) as gateways:
        lost = guided.claims_lost(service, after, gateways, gateways.helm.template(after.request()))
    assert lost == [("ring-2", "data-ring-2"), ("ring-1", "data-ring-1")], "what the asked version says counts"
    assert len(ring.cell.claims()) == 3 and ring.cell.words() == []


def test_nodes_leave_together_when_the_package_lets_them(world):
    world.version = publish_ring(world, "")
    service = installed(world, 3)
    assert work(scale(world, service, 1)) == "succeeded"
    assert world.cell.words() == [
        "ring-2: move ring-2 ring-2,ring-1 1", "ring-1: move ring-1 ring-2,ring-1 1", "ring-0: forget ring-2,ring-1",
    ]  # fmt: skip
    assert applied(world) == [(1, True), (1, False)]
    assert world.cell.claims() == ["data-ring-0"]


def test_nodes_join_one_by_one_and_the_rest_follows(ring):
    service = installed(ring, 1)
    operation = scale(ring, service, 3)
    assert work(operation) == "succeeded"
    assert applied(ring) == [(2, False), (3, False)]
    assert ring.cell.words() == [
        "ring-0: spread 2", "ring-0: clean ring-0", "ring-0: spread 3", "ring-0: clean ring-0", "ring-1: clean ring-1",
    ]  # fmt: skip
    assert {state for _, state in titles(operation)} == {"done"}


def test_a_change_of_something_else_runs_no_command(ring):
    service = installed(ring, 2)
    assert work(ring.change(service, values={"replicas": 2, "size": "2Gi"})) == "succeeded"
    assert (ring.cell.words(), len(ring.cell.applied)) == ([], 1)


@pytest.mark.parametrize("values", [{"replicas": 2}, {"replicas": 2, "size": "2Gi"}])
def test_a_change_of_values_that_lowers_the_number_is_guided_too(ring, values):
    service = installed(ring, 3)
    operation = ring.change(service, values=values)
    assert work(operation) == "succeeded", Operation.objects.get(pk=operation.pk).error
    assert ring.cell.words()[0] == "ring-2: move ring-2 ring-2 2"


def test_a_rollback_to_fewer_nodes_is_guided_too(ring):
    service = installed(ring, 1)
    assert work(scale(ring, service, 2)) == "succeeded"
    ring.cell.ran.clear()
    assert work(actions.request_rollback(service, ring.owner, 1)) == "succeeded"
    assert ring.cell.words() == ["ring-1: move ring-1 ring-1 1", "ring-0: forget ring-1"]


def calls_of_scaling(ring: World, before: int, after: int) -> int:
    """Give how many calls an undisturbed scaling makes."""
    service = ring.installed("measured", values={"replicas": before})
    made = len(ring.cell.calls)
    assert work(scale(ring, service, after)) == "succeeded"
    return len(ring.cell.calls) - made


def die() -> None:
    raise Killed


@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 3)])
def test_a_worker_killed_at_every_third_call_goes_on_where_it_was(ring, before, after):
    for number in range(1, calls_of_scaling(ring, before, after) + 1, 3):
        name = f"ring-{number}x"
        service = ring.installed(name, values={"replicas": before})
        ring.cell.applied.clear()
        ring.cell.ran.clear()
        operation = scale(ring, service, after)
        ring.cell.plan(number, die)
        work_until_killed(operation)
        ended = finish(operation)
        assert ended.state == "succeeded", (number, ended.error)
        assert ended.attempt == 2
        assert ring.cell.states(name)[-1] == "deployed" and ring.cell.states(name).count("deployed") == 1
        words = [words for _, words in ring.cell.ran]
        expected = [f"move {name}-2 {name}-2 2", f"forget {name}-2", f"move {name}-1 {name}-1 1", f"forget {name}-1"]
        if before > after:
            assert list(dict.fromkeys(words)) == expected, number
            assert ring.cell.claims(name) == [f"data-{name}-0"]
        assert len(words) <= len(set(words)) + 2 if before < after else len(words) <= len(expected) + 1
        assert [n for n, _ in applied(ring)] == ([2, 1, 1] if before > after else [2, 3]), number


def test_a_worker_killed_in_the_middle_of_a_command_runs_that_command_again_and_no_other(ring):
    service = installed(ring, 3)
    operation = scale(ring, service, 2)
    ring.cell.dies_in = "forget"
    work_until_killed(operation)
    assert applied(ring) == [(2, True)]
    assert finish(operation).state == "succeeded"
    assert ring.cell.words() == ["ring-2: move ring-2 ring-2 2", "ring-0: forget ring-2", "ring-0: forget ring-2"]
    assert applied(ring) == [(2, True), (2, False)]


def test_a_worker_killed_while_helm_applies_a_round_is_replaced(ring):
    service = installed(ring, 3)
    operation = scale(ring, service, 2)
    ring.cell.dies_applying = True
    work_until_killed(operation)
    ring.cell.rendered = []
    assert finish(operation).state == "succeeded"
    assert [words for words in ring.cell.words() if "move" in words] == ["ring-2: move ring-2 ring-2 2"]
    assert ring.cell.claims() == ["data-ring-0", "data-ring-1"]


def test_a_failed_command_fails_with_its_last_words_and_takes_nothing_away(ring):
    service = installed(ring, 3)
    said = [(STDERR, "2 replicas of orders have no place\n"), (STDOUT, "looking for room\n")]
    ring.cell.answers["move"] = Pretended(4, 0, said)
    operation = scale(ring, service, 2)
    assert work(operation) == "failed"
    operation.refresh_from_db()
    error = operation.error
    assert error["code"] == "command.failed"
    assert error["title"] == "Move the data off ring-2 failed"
    assert "exit code 4" in error["detail"] and "2 replicas of orders have no place" in error["detail"]
    assert error["cause"]["name"] == "ring-2" and "looking for room" in error["cause"]["log_tail"]
    assert error["kept"] == "Nothing was taken away: Nodes still 3."
    assert [way["action"] for way in error["next"]][:2] == ["retry", "change"]
    assert (ring.cell.applied, ring.cell.claims()) == ([], ["data-ring-0", "data-ring-1", "data-ring-2"])
    assert not Revision.objects.filter(service=service, status="failed").exists()
    ring.cell.answers.clear()
    assert work(actions.request_retry(service, ring.owner)) == "succeeded"
    assert applied(ring) == [(2, True), (2, False)]
    assert ring.cell.claims() == ["data-ring-0", "data-ring-1"]


def test_what_a_failed_operation_left_to_do_is_done_by_the_next_one(ring):
    service = installed(ring, 3)
    ring.cell.answers["forget"] = Pretended(1, 0, [(STDERR, "not now\n")])
    assert work(scale(ring, service, 2)) == "failed"
    assert applied(ring) == [(2, True)] and len(ring.cell.claims()) == 3
    ring.cell.answers.clear()
    ring.cell.ran.clear()
    assert work(scale(ring, service, 3)) == "succeeded", "another wish makes up for it too"
    assert ring.cell.words()[0] == "ring-0: forget ring-2", "before the node comes back"
    assert ring.cell.words()[1] == "ring-0: spread 3"
    assert work(actions.request_retry(service, ring.owner)) == "succeeded"
    assert [words for words in ring.cell.words() if "forget" in words] == ["ring-0: forget ring-2"]


def test_commands_after_joining_that_failed_are_made_up_for(ring):
    service = installed(ring, 1)
    ring.cell.answers["clean"] = Pretended(1)
    assert work(scale(ring, service, 2)) == "failed"
    ring.cell.answers.clear()
    ring.cell.ran.clear()
    assert work(actions.request_retry(service, ring.owner)) == "succeeded"
    assert ring.cell.words() == ["ring-0: clean ring-0"]


def test_a_node_that_never_worked_is_taken_away_without_its_commands(ring):
    service = installed(ring, 2)
    ring.cell.pending = {"ring-2"}
    ring.cell.answers["spread"] = Pretended(1)
    assert work(scale(ring, service, 3)) == "failed"
    assert ring.cell.claims() == ["data-ring-0", "data-ring-1", "data-ring-2"]
    ring.cell.ran.clear()
    operation = scale(ring, service, 2)
    assert work(operation) == "succeeded", Operation.objects.get(pk=operation.pk).error
    assert ring.cell.words() == ["ring-0: forget ring-2"]
    assert OperationEvent.objects.filter(operation=operation, message__startswith="ring-2 has never worked").exists()


def test_a_node_that_worked_once_is_not_taken_away_while_it_is_down(ring, monkeypatch):
    monkeypatch.setattr(commands, "READY_SECONDS", 0.1)
    service = installed(ring, 3)
    ring.cell.objects["v1", "Pod", "ring", "ring-2"]["status"] = {"phase": "Pending"}
    operation = scale(ring, service, 2)
    assert work(operation) == "failed"
    operation.refresh_from_db()
    assert (operation.error["code"], ring.cell.applied) == ("command.pod_away", [])


def test_a_cancel_between_steps_says_what_is_left(ring):
    service = installed(ring, 3)
    operation = scale(ring, service, 2)
    answer = ring.cell.commands

    def cancel(namespace: str, pod: str, command: list[str]) -> Pretended:
        operations.cancel(operation)
        import time

        time.sleep(0.3)  # the heartbeat sees it
        return answer(namespace, pod, command)

    ring.cell.commands = cancel
    assert work(operation) == "cancelled"
    operation.refresh_from_db()
    assert (
        operation.error["detail"]
        == "“Move the data off ring-2” is done in ring-2. Nothing was taken away: Nodes still 3."
    )
    assert ring.cell.applied == []


def test_a_cluster_that_forbids_commands_is_told_before_anything_is_touched(ring):
    service = installed(ring, 3)
    ring.cell.forbidden.add(("create", "pods/exec"))
    operation = scale(ring, service, 2)
    assert work(operation) == "failed"
    operation.refresh_from_db()
    assert operation.error["code"] == "cluster.may_not_run_commands"
    assert "Replace the cluster's credential" in operation.error["detail"]
    assert (ring.cell.applied, ring.cell.ran) == ([], [])


def test_a_connection_that_breaks_in_a_command_is_tried_again(ring):
    service = installed(ring, 2)
    operation = scale(ring, service, 1)
    lost: GatewayError = Unreachable("The connection to the running command broke.", outcome_unknown=True)
    ring.cell.fail("run", lost)
    assert work(operation) == "verifying"
    due(operation)
    assert finish(operation).state == "succeeded"


def test_secrets_in_what_commands_say_are_masked(ring):
    service = installed(ring, 2)
    service.refresh_from_db()
    password = service.secrets["auth.password"]
    ring.cell.answers["move"] = Pretended(0, 0, [(STDOUT, f"connecting with {password}\n")])
    ring.cell.answers["forget"] = Pretended(1, 0, [(STDERR, f"refused: {password}\n")])
    operation = scale(ring, service, 1)
    assert work(operation) == "failed"
    operation.refresh_from_db()
    story = "".join(OperationEvent.objects.filter(operation=operation).values_list("message", flat=True))
    assert "connecting with" in story
    assert password not in story + str(operation.error) + str(operation.steps) + str(operation.memory)


def test_the_deadline_grows_by_what_the_commands_may_take(ring):
    service = installed(ring, 3)
    operation = scale(ring, service, 1)
    assert work(operation) == "succeeded"
    operation.refresh_from_db()
    given = (operation.deadline_at - operation.started_at).total_seconds()
    assert given == 30 * 60 + 2 * (60 + 600 + 15 * 60)


def test_commands_follow_an_upgrade_that_names_them(ring):
    service = installed(ring, 2)
    operation = ring.change(service, values={"replicas": 2, "image": "2"})
    ring.cell.answers["convert"] = Pretended(1)
    assert work(operation) == "failed"
    assert ("Convert the files of ring-0", "failed") in titles(operation)
    ring.cell.answers.clear()
    assert work(actions.request_retry(service, ring.owner)) == "succeeded"
    assert ring.cell.words() == ["ring-0: convert", "ring-0: convert", "ring-1: convert"]
    ring.cell.ran.clear()
    assert work(actions.request_retry(service, ring.owner)) == "succeeded"
    assert ring.cell.words() == [], "the upgrade is over"

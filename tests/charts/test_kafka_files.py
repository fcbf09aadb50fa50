"""The files of Kafka's chart: which replicas its plan moves, and what outlives the release."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable

import pytest

from tests.charts.chart import ROOT, Chart, of_kind

PLAN = ROOT / "kafka/files/plan.awk"
FIRST = 100

Replicas = list[list[int]]
Topics = dict[str, Replicas]


def plan(verb: str, nodes: int, before: Topics, zones: str = "") -> subprocess.CompletedProcess[str]:
    """What the plan answers to topics whose partitions have these replicas; `zones` has a letter for each node."""
    lines = []
    for topic, partitions in before.items():
        lines.append(
            f"Topic: {topic}\tTopicId: aB3\tPartitionCount: {len(partitions)}\tReplicationFactor: 3\tConfigs: "
        )
        for number, ids in enumerate(partitions):
            listed = ",".join(map(str, ids))
            rest = f"Leader: {ids[0]}\tReplicas: {listed}\tIsr: {listed}\tElr: \tLastKnownElr: "
            lines.append(f"\tTopic: {topic}\tPartition: {number}\t{rest}")
    awk = shutil.which("awk")
    assert awk, "This test needs awk."
    racks = " ".join(f"{FIRST + number}={zone}" for number, zone in enumerate(zones))
    settings = [f"first={FIRST}", f"number={nodes}", f"verb={verb}", f"racks={racks}"]
    command = [awk, *(part for setting in settings for part in ("-v", setting)), "-f", str(PLAN)]
    return subprocess.run(
        command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False, timeout=20
    )


def all_after(verb: str, nodes: int, before: Topics, zones: str = "") -> Topics:
    """The replicas of all topics once the plan is carried out."""
    answer = plan(verb, nodes, before, zones)
    assert answer.returncode == 0, answer.stderr
    found = {topic: [list(ids) for ids in partitions] for topic, partitions in before.items()}
    for partition in json.loads(answer.stdout)["partitions"]:
        found[partition["topic"]][partition["partition"]] = partition["replicas"]
    return found


def after(verb: str, nodes: int, before: Replicas, zones: str = "") -> Replicas:
    """The replicas of one topic once the plan is carried out."""
    return all_after(verb, nodes, {"orders": before}, zones)["orders"]


def counts(replicas: Replicas, nodes: int) -> dict[int, int]:
    """How many replicas each of the nodes has."""
    found = Counter(dict.fromkeys(range(FIRST, FIRST + nodes), 0))
    found.update(node for ids in replicas for node in ids)
    return found


def moves(before: Replicas, then: Replicas) -> int:
    """How many replicas change their node."""
    return sum(len(set(new) - set(old)) for old, new in zip(before, then, strict=True))


def circle(partitions: int, nodes: int, replicas: int = 3) -> Replicas:
    """Partitions as Kafka lays them: one node further each."""
    return [[FIRST + (number + step) % nodes for step in range(replicas)] for number in range(partitions)]


@pytest.mark.parametrize(("partitions", "old", "new"), [(3, 3, 4), (12, 3, 4), (50, 3, 6), (7, 4, 5), (1, 3, 9)])
def test_spreading_gives_every_node_as_many_as_the_others_by_the_fewest_moves(
    partitions: int, old: int, new: int
) -> None:
    before = circle(partitions, old)
    then = after("spread", new, before)
    held = counts(then, new)
    assert all(len(set(ids)) == len(ids) == 3 for ids in then)
    assert max(held.values()) - min(held.values()) <= 1
    fewest = sum(held[node] for node in range(FIRST + old, FIRST + new))
    assert moves(before, then) == fewest
    assert after("spread", new, then) == then


def test_new_nodes_lead_their_share() -> None:
    then = after("spread", 4, circle(24, 3))
    led = Counter(ids[0] for ids in then)
    assert all(led[node] == 6 for node in range(FIRST, FIRST + 4)), led


@pytest.mark.parametrize(("partitions", "old", "new"), [(12, 4, 3), (50, 6, 3), (9, 5, 4)])
def test_nodes_that_leave_keep_nothing_and_nothing_else_moves(partitions: int, old: int, new: int) -> None:
    before = circle(partitions, old)
    then = after("off", new, before)
    gone = set(range(FIRST + new, FIRST + old))
    assert all(len(set(ids)) == len(ids) == 3 and gone.isdisjoint(ids) for ids in then)
    assert moves(before, then) == sum(node in gone for ids in before for node in ids)


def test_what_lies_well_stays() -> None:
    assert after("spread", 3, circle(9, 3)) == circle(9, 3)
    assert after("off", 3, circle(9, 3)) == circle(9, 3)


def test_more_replicas_than_nodes_that_stay_are_refused_by_name() -> None:
    answer = plan("off", 3, {"orders": [[100, 101, 102, 103]]})
    assert answer.returncode == 3
    assert "orders-0 has 4 replicas, more than the 3 nodes that stay" in answer.stderr


def test_every_topic_is_spread_and_all_together_too() -> None:
    before = {
        "offsets": circle(50, 3),
        "orders": circle(3, 3),
        **{f"small-{number}": circle(1, 3) for number in range(20)},
    }
    then = all_after("spread", 4, before)
    for topic in ("offsets", "orders"):
        held = counts(then[topic], 4).values()
        assert max(held) - min(held) <= 1, topic
    held = counts([ids for partitions in then.values() for ids in partitions], 4).values()
    assert max(held) - min(held) <= 1
    assert all_after("spread", 4, then) == then


@pytest.mark.parametrize(("old", "new", "zones"), [(3, 4, "abca"), (3, 6, "abcabc"), (3, 5, "abcab")])
def test_no_two_replicas_come_to_lie_in_one_zone(old: int, new: int, zones: str) -> None:
    then = after("spread", new, circle(24, old), zones)
    zone = {FIRST + number: name for number, name in enumerate(zones)}
    assert all(len({zone[node] for node in ids}) == 3 for ids in then)
    held = counts(then, new)
    for name in "abc":
        within = [held[node] for node in held if zone[node] == name]
        assert max(within) - min(within) <= 1 and sum(within) == 24
    assert after("spread", new, then, zones) == then


def test_nodes_leave_within_their_zone_and_where_there_is_none_into_another() -> None:
    before = [[103, 101, 102], [101, 103, 102], [100, 101, 102]]
    assert after("off", 3, before, "abca") == [[100, 101, 102], [101, 100, 102], [100, 101, 102]]
    then = after("off", 3, [[103, 100, 101]], "abbc")
    assert then == [[102, 100, 101]]


def test_no_list_of_voters_stands_in_the_settings(packed: Callable[[str], Chart]) -> None:
    for objects in packed("kafka").rendered.values():
        texts = [text for item in of_kind(objects, "ConfigMap") for text in item["data"].values()]
        settings = [text for text in texts if "process.roles=" in text]
        assert settings and all("controller.quorum.bootstrap.servers=" in text for text in settings)
        assert not [text for text in texts if "controller.quorum.voters" in text]


def test_the_services_that_name_the_pods_outlive_the_release(packed: Callable[[str], Chart]) -> None:
    chart = packed("kafka")
    services = of_kind(chart.render(chart.path / "plans/large.yaml"), "Service")
    kept = {item["metadata"]["name"] for item in services if item["metadata"].get("annotations")}
    assert kept == {"shop-headless", "shop-controller-headless"}

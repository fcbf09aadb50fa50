"""The files of Kafka's chart: which replicas its plan moves."""

import json
import shutil
import subprocess
from collections import Counter

import pytest

from tests.charts.chart import ROOT

PLAN = ROOT / "kafka/files/plan.awk"
FIRST = 100

Replicas = list[list[int]]


def plan(verb: str, nodes: int, before: Replicas, topic: str = "orders") -> subprocess.CompletedProcess[str]:
    """What the plan answers to partitions with these replicas."""
    lines = [f"Topic: {topic}\tTopicId: aB3\tPartitionCount: {len(before)}\tReplicationFactor: 3\tConfigs: "]
    for number, ids in enumerate(before):
        listed = ",".join(map(str, ids))
        rest = f"Leader: {ids[0]}\tReplicas: {listed}\tIsr: {listed}\tElr: \tLastKnownElr: "
        lines.append(f"\tTopic: {topic}\tPartition: {number}\t{rest}")
    awk = shutil.which("awk")
    assert awk, "This test needs awk."
    settings = [f"first={FIRST}", f"number={nodes}", f"verb={verb}"]
    command = [awk, *(part for setting in settings for part in ("-v", setting)), "-f", str(PLAN)]
    return subprocess.run(
        command, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False, timeout=20
    )


def after(verb: str, nodes: int, before: Replicas) -> Replicas:
    """The replicas once the plan is carried out."""
    answer = plan(verb, nodes, before)
    assert answer.returncode == 0, answer.stderr
    found = [list(ids) for ids in before]
    for partition in json.loads(answer.stdout)["partitions"]:
        assert partition["topic"] == "orders"
        found[partition["partition"]] = partition["replicas"]
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
    counts = Counter(dict.fromkeys(range(FIRST, FIRST + new), 0))
    counts.update(node for ids in then for node in ids)
    assert all(len(set(ids)) == len(ids) == 3 for ids in then)
    assert max(counts.values()) - min(counts.values()) <= 1
    fewest = sum(counts[node] for node in range(FIRST + old, FIRST + new))
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
    answer = plan("off", 3, [[100, 101, 102, 103]])
    assert answer.returncode == 3
    assert "orders-0 has 4 replicas, more than the 3 nodes that stay" in answer.stderr

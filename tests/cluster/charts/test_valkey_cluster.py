"""Valkey servers that share the keys, and what a client that knows their protocol is told.

A write counts as acknowledged once the primary of the key and a replica have it. The tests follow each other on one
release.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from tests.cluster.charts.ledger import Ledger, found_again
from tests.cluster.charts.release import Release, eventually
from tests.cluster.charts.valkey_client import SIX, ClusterWriter, by_cluster, direct, numbers, shards

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
GOAL_PAUSE = 15
EIGHT = {**SIX, "replicas": 8}
# Kills the program that moves slots, if it runs, and says so.
BREAK_OFF = (
    "for each in /proc/[0-9]*; do if tr '\\0' ' ' <$each/cmdline | grep -q '^valkey-cli .*rebalance'; "
    "then sleep 2; kill -9 ${each#/proc/} && echo killed; fi; done 2>/dev/null"
)


@pytest.fixture(scope="module")
def six(release: Callable[[str, str], Release]) -> Release:
    """Three primaries and three replicas of the earlier series."""
    made = release("six", "valkey")
    made.bring_up({**SIX, "serverVersion": "8.1.1"}, plan="cluster")
    return made


@contextlib.contextmanager
def written(release: Release, what: str, servers: int = 6, copies: int = 1) -> Iterator[dict]:
    """A client writes while the block runs; all that was acknowledged is there, and it did not wait past the goal."""
    facts: dict = {}
    last = max(numbers(by_cluster(release)), default=0)
    ledger = Ledger(write=ClusterWriter(release), first=(last // 1_000_000 + 1) * 1_000_000, keyed=True)
    with ledger.running():
        started = time.monotonic()
        yield facts
        facts.setdefault("seconds", time.monotonic() - started)
    shards(release, servers, copies)
    found = numbers(by_cluster(release), ledger.first)
    report = ledger.report(f"valkey cluster, {what}", found, facts.get("seconds"))
    assert report.lost == 0
    assert report.longest_pause <= facts.get("goal", GOAL_PAUSE)


def a_primary(release: Release) -> int:
    """The number of a server that has slots."""
    return min(shards(release))


def places_of_primaries(release: Release, servers: int = 6, copies: int = 1) -> list[str]:
    """The machine of each primary."""
    pods = release.pods()
    return [pods[number].spec.node_name for number in shards(release, servers, copies)]


def test_three_primaries_share_the_slots_and_replicas_are_on_other_machines(six: Release) -> None:
    assert sorted(shards(six).values()) == [5461, 5461, 5462]
    assert "Valkey keeps what is written to it." in six.test()
    place = {pod.status.pod_ip: pod.spec.node_name for pod in six.pods()}
    for number in shards(six):
        replica = direct(six, number).info("replication")["slave0"]["ip"]
        assert place[replica] != six.pods()[number].spec.node_name
    nodes = six.binding()["cluster.nodes"].split(",")
    assert [node.split(".")[0] for node in nodes] == [f"six-{number}" for number in range(6)]


def test_the_exporter_tells_of_slots_without_a_server(six: Release) -> None:
    page = six.numbers("server", 9121)
    assert "redis_cluster_slots_fail 0" in page
    assert "redis_cluster_slots_assigned 16384" in page


def test_nobody_gets_in_without_the_password(six: Release) -> None:
    address = six.pods()[0].status.pod_ip
    with pytest.raises(redis.RedisError, match="uthenticat"):
        redis.Redis(host=address).get("word")


def test_a_primary_is_killed(six: Release) -> None:
    with written(six, "a primary killed") as facts:
        started = time.monotonic()
        six.delete_pod(a_primary(six), grace=0)
        shards(six)
        facts["seconds"] = time.monotonic() - started


def test_a_primary_is_evicted(six: Release) -> None:
    old = a_primary(six)
    with written(six, "a primary stopped in order") as facts:
        facts["goal"] = 10
        six.delete_pod(old)
    assert old not in shards(six)


def test_a_new_version_rolls_through(six: Release) -> None:
    with written(six, "8.1.1 to 9.1.2") as facts:
        facts["seconds"] = six.bring_up(SIX, plan="cluster")
    assert {pod.spec.containers[0].image for pod in six.pods()} == {"docker.io/valkey/valkey:9.1.2"}


def test_others_become_the_primaries_when_asked(six: Release) -> None:
    before = set(shards(six))
    with written(six, "other primaries chosen by a person"):
        six.execute("six-0", "sh", "/settings/node.sh", "switch", container="valkey")
    assert before.isdisjoint(shards(six))


def test_six_become_eight_and_six_again(six: Release) -> None:
    with written(six, "6 to 8 servers, and a move that is broken off", 8) as facts:
        started = time.monotonic()
        six.bring_up(EIGHT, plan="cluster")
        with ThreadPoolExecutor(1) as pool:
            moved = pool.submit(six.steps, "afterOut", 6, 8)
            eventually(lambda: six.execute("six-0", "sh", "-c", BREAK_OFF, container="valkey"), "keys are moved", 120)
            moved.result()
        facts["seconds"] = time.monotonic() - started
    assert sorted(shards(six, 8).values()) == [4096] * 4
    answer = six.apply(SIX, plan="cluster")
    assert answer.returncode != 0 and "cannot go down to 6 like this" in answer.stderr
    with written(six, "8 to 6 servers") as facts:
        started = time.monotonic()
        six.steps("beforeIn", 8, 6)
        six.bring_up({**SIX, "scaleIn": {"confirmed": True}}, plan="cluster")
        eventually(lambda: len(six.pods()) == 6, "two pods are gone", 300)
        six.steps("afterIn", 8, 6)
        facts["seconds"] = time.monotonic() - started
    assert sorted(shards(six).values()) == [5461, 5461, 5462]
    for number in (6, 7):
        six.api.delete_namespaced_persistent_volume_claim(f"data-six-{number}", six.namespace)


def test_a_primary_that_lost_its_disk_gets_all_back(six: Release) -> None:
    lost = a_primary(six)
    with written(six, "a primary and its disk lost") as facts:
        started = time.monotonic()
        six.api.delete_namespaced_persistent_volume_claim(f"data-six-{lost}", six.namespace)
        six.delete_pod(lost, grace=0)
        shards(six)
        facts["seconds"] = time.monotonic() - started
    assert lost not in shards(six)


def test_two_servers_that_lost_their_disks_take_the_places_that_are_free(six: Release) -> None:
    primaries = sorted(shards(six))
    replica = direct(six, primaries[1]).info("replication")["slave0"]["ip"]
    other = next(number for number, pod in enumerate(six.pods()) if pod.status.pod_ip == replica)
    with written(six, "a primary and another's replica lost their disks") as facts:
        facts["goal"] = 30  # the shard whose replica is empty acknowledges nothing until it has a copy again
        for number in (primaries[0], other):
            six.api.delete_namespaced_persistent_volume_claim(f"data-six-{number}", six.namespace)
            six.api.delete_namespaced_pod(f"six-{number}", six.namespace, grace_period_seconds=0)
        time.sleep(5)
        six.wait(6)
        shards(six)


def test_what_is_on_the_disks_is_there_when_all_servers_are_killed_at_once(six: Release) -> None:
    store = by_cluster(six)
    first = max(numbers(store), default=0) + 1
    for number in range(first, first + 500):
        store.set(f"ledger:{number}", number)
    time.sleep(3)  # the log of writes reaches the disk every second
    six.kill_all()
    shards(six)
    assert sorted(numbers(by_cluster(six), first)) == list(range(first, first + 500))


def test_installed_again_it_has_its_data_and_its_passwords(six: Release) -> None:
    before, binding = sorted(numbers(by_cluster(six))), six.binding()
    six.uninstall()
    assert six.claims() == {f"data-six-{number}" for number in range(6)}
    seconds = six.bring_up(SIX, plan="cluster")
    assert "Valkey keeps what is written to it." in six.test()
    assert six.binding() == binding
    shards(six)
    after = sorted(numbers(by_cluster(six)))
    assert found_again("valkey cluster: installed again", before, after, seconds, keyed=True).lost == 0
    assert after == before


def test_another_kind_is_refused_once_there_are_data(six: Release) -> None:
    answer = six.apply({**SIX, "cluster": {"enabled": False}, "replicas": 7}, plan="cluster")
    assert answer.returncode != 0 and "was a cluster when the data were made" in answer.stderr
    answer = six.apply({**SIX, "cluster": {"enabled": True, "copies": 0}}, plan="cluster")
    assert answer.returncode != 0 and "cluster.copies was 1" in answer.stderr
    with pytest.raises(AssertionError, match="cannot be shared out"):
        six.execute("six-0", "sh", "/settings/cluster.sh", "leave", "4", container="valkey")


def test_a_machine_loses_power_and_comes_back(
    release: Callable[[str, str], Release], power: Callable[[str, str], None]
) -> None:
    """Every shard keeps a primary and a replica; pods of another service may get addresses of those that are gone."""
    nine, three = release("nine", "valkey"), release("three", "valkey")
    nine.bring_up({**SIX, "replicas": 9, "cluster": {"enabled": True, "copies": 2}}, plan="cluster")
    three.bring_up({**SIX, "replicas": 3, "cluster": {"enabled": True, "copies": 0}}, plan="cluster")
    lost = sorted(places_of_primaries(nine, 9, 2))[0]
    with written(nine, "nine servers, a machine without power, then back", 9, 2) as facts:
        power("off", lost)
        try:
            time.sleep(60)
        finally:
            power("on", lost)
        started = time.monotonic()
        eventually(lambda: nine.ready() == 27, "all servers are ready", 300)
        shards(nine, 9, 2)
        facts |= {"seconds": time.monotonic() - started, "goal": 20}
    eventually(lambda: len(set(places_of_primaries(nine, 9, 2))) == 3, "no machine has two primaries", 180)
    assert sorted(shards(three, 3, 0).values()) == [5461, 5461, 5462]

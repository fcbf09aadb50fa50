"""What three Valkey servers survive, and what two clients are told: one through the proxy, one that asks the sentinels.

A write counts as acknowledged once the primary and a replica have it. The tests of this file follow each other on one
release, but for the last ones.
"""

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.charts.ledger import Ledger, Report, found_again
from tests.cluster.charts.release import Release, eventually
from tests.cluster.charts.valkey_client import (
    THREE,
    Writer,
    by_proxy,
    by_sentinel,
    direct,
    known,
    numbers,
    primary,
    roles,
    wait_for_sentinels,
)

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
GOAL_PAUSE = 15
FIVE = {**THREE, "replicas": 5}


@pytest.fixture(scope="module")
def three(release: Callable[[str, str], Release]) -> Release:
    """Three servers of the earlier series."""
    made = release("trio", "valkey")
    made.bring_up({**THREE, "serverVersion": "8.1.1"}, plan="standard")
    wait_for_sentinels(made)
    return made


@contextlib.contextmanager
def written(release: Release, what: str, nodes: int = 3) -> Iterator[dict]:
    """Two clients write while the block runs; all that was acknowledged is there, and neither waited past the goal."""
    facts: dict = {}
    clients = {"the proxy": by_proxy(release), "the sentinels": by_sentinel(release)}
    last = max(numbers(clients["the proxy"]), default=0)
    start = (last // 10_000_000 + 1) * 10_000_000
    ledgers = {
        way: Ledger(write=Writer(store), first=start + offset * 5_000_000, keyed=True)
        for offset, (way, store) in enumerate(clients.items())
    }
    with contextlib.ExitStack() as stack:
        for ledger in ledgers.values():
            stack.enter_context(ledger.running())
        started = time.monotonic()
        yield facts
        facts.setdefault("seconds", time.monotonic() - started)
    primary(release, nodes)
    reports = [_report(release, f"valkey, {what}, by {way}", ledger, facts) for way, ledger in ledgers.items()]
    for report in reports:
        assert report.lost == 0
        assert report.longest_pause <= facts.get("goal", GOAL_PAUSE)


def _report(release: Release, what: str, ledger: Ledger, facts: dict) -> Report:
    found = [n for n in numbers(by_proxy(release), ledger.first) if n < ledger.first + 5_000_000]
    return ledger.report(what, found, facts.get("seconds"))


def make_primary(release: Release, number: int) -> None:
    """Has the server with this number become the primary, by making the others come after it."""
    nodes = len(release.pods())
    for other in range(nodes):
        direct(release, other).config_set("replica-priority", 100 if other == number else 200)
    time.sleep(12)  # the sentinels look every ten seconds
    if primary(release, nodes) != number:
        release.procedure("switch-over")
    assert primary(release, nodes) == number
    for other in range(nodes):
        direct(release, other).config_set("replica-priority", 100)


def test_the_primary_is_killed(three: Release) -> None:
    old = primary(three)
    with written(three, "the primary killed") as facts:
        started = time.monotonic()
        three.delete_pod(old, grace=0)
        assert primary(three) != old
        facts["seconds"] = time.monotonic() - started


def test_a_replica_is_killed(three: Release) -> None:
    now = primary(three)
    with written(three, "a replica killed"):
        three.delete_pod((now + 1) % 3, grace=0)
    assert primary(three) == now


def test_the_primary_is_evicted(three: Release) -> None:
    old = primary(three)
    with written(three, "the primary stopped in order"):
        three.delete_pod(old)
    assert primary(three) != old


def test_a_new_version_rolls_through(three: Release) -> None:
    with written(three, "8.1.1 to 9.1.2") as facts:
        facts["seconds"] = three.bring_up(THREE, plan="standard")
    assert {pod.spec.containers[0].image for pod in three.pods()} == {"docker.io/valkey/valkey:9.1.2"}
    answer = three.apply({**THREE, "serverVersion": "8.1.1"}, plan="standard")
    assert answer.returncode != 0 and "cannot read the data that Valkey 9.1.2 wrote" in answer.stderr


def test_a_proxy_is_killed(three: Release) -> None:
    with written(three, "a proxy killed"):
        pod = three.pods("proxy")[0].metadata.name
        three.api.delete_namespaced_pod(pod, three.namespace, grace_period_seconds=0)
        three.wait_for_all()


def test_another_server_becomes_the_primary_when_asked(three: Release) -> None:
    old = primary(three)
    with written(three, "another primary chosen by a person"):
        three.procedure("switch-over")
    assert primary(three) != old
    assert sorted(three.execute(f"{three.name}-{n}", "sh", "/settings/node.sh", "role").strip() for n in range(3)) == [
        "primary", "replica", "replica"
    ]  # fmt: skip
    three.procedure("backup")
    assert {three.execute(f"{three.name}-{n}", "head", "-c", "6", "/data/dump.rdb") for n in range(3)} <= {
        "VALKEY",
        "REDIS0",
    }


def test_three_become_five_and_three_again(three: Release) -> None:
    with written(three, "3 to 5 servers", 5) as facts:
        facts["seconds"] = three.bring_up(FIVE, plan="standard")
        three.steps("afterOut", 3, 5)
    assert known(three) == [("4", "4", "3")] * 5
    answer = three.apply(THREE, plan="standard")
    assert answer.returncode != 0 and "cannot go down to 3 like this" in answer.stderr
    make_primary(three, 4)
    with pytest.raises(AssertionError, match="is the primary and would leave"):
        three.execute(f"{three.name}-0", "sh", "/settings/node.sh", "stays", f"{three.name}-4,{three.name}-3")
    with written(three, "5 to 3 servers") as facts:
        three.steps("beforeIn", 5, 3)
        facts["seconds"] = three.bring_up({**THREE, "scaleIn": {"confirmed": True}}, plan="standard")
        eventually(lambda: len(three.pods()) == 3, "two pods are gone", 300)
        three.steps("afterIn", 5, 3)
    assert known(three) == [("2", "2", "2")] * 3
    for number in (3, 4):
        three.api.delete_namespaced_persistent_volume_claim(f"data-{three.name}-{number}", three.namespace)


def test_the_primary_that_lost_its_disk_gets_all_back(three: Release) -> None:
    make_primary(three, 0)
    with written(three, "the primary and its disk lost"):
        three.api.delete_namespaced_persistent_volume_claim(f"data-{three.name}-0", three.namespace)
        three.delete_pod(0, grace=0)
    assert primary(three) != 0
    assert sorted(numbers(direct(three, 0))) == sorted(numbers(by_proxy(three)))


def test_what_is_on_the_disks_is_there_when_all_servers_are_killed_at_once(three: Release) -> None:
    store = by_proxy(three)
    first = max(numbers(store), default=0) + 1
    for number in range(first, first + 500):
        store.set(f"ledger:{number}", number)
    on_disk = store.pipeline(transaction=False).set("last", "one").execute_command("WAITAOF", 1, 2, 10000).execute()[1]
    assert on_disk == [1, 2]
    three.kill_all()
    primary(three)
    assert sorted(numbers(by_proxy(three), first)) == list(range(first, first + 500))
    assert by_sentinel(three).get("last") == "one"


def test_installed_again_it_has_its_data_and_its_passwords(three: Release) -> None:
    make_primary(three, 1)
    before, binding = sorted(numbers(by_proxy(three))), three.binding()
    three.uninstall()
    assert three.claims() == {f"data-{three.name}-0", f"data-{three.name}-1", f"data-{three.name}-2"}
    seconds = three.bring_up(THREE, plan="standard")
    assert "Valkey keeps what is written to it." in three.test()
    assert three.binding() == binding
    primary(three)
    after = numbers(by_proxy(three))
    assert found_again("valkey, 3 servers: installed again", before, after, seconds, keyed=True).lost == 0
    assert [sorted(numbers(direct(three, number))) for number in range(3)] == [before] * 3


def test_one_server_becomes_three_and_one_again(release: Callable[[str, str], Release]) -> None:
    grown = release("grown", "valkey")
    one = {**THREE, "replicas": 1}
    grown.bring_up(one)
    store = by_proxy(grown)
    for number in range(500):
        store.set(f"ledger:{number}", number)
    grown.bring_up(THREE)
    primary(grown)
    grown.steps("afterOut", 1, 3)
    assert sorted(numbers(by_sentinel(grown))) == list(range(500))
    assert sorted(roles(grown).values()) == ["primary", "replica", "replica"]
    with written(grown, "a write after one became three"):
        pass
    whole = sorted(numbers(by_proxy(grown)))
    make_primary(grown, 2)
    grown.steps("beforeIn", 3, 1)
    grown.bring_up({**one, "scaleIn": {"confirmed": True}})
    eventually(lambda: len(grown.pods()) == 1, "two pods are gone", 300)
    assert sorted(numbers(by_proxy(grown))) == whole

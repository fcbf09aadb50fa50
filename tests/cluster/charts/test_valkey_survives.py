"""What three Valkey servers survive, and what clients are told meanwhile: one through the proxy, one that asks the sentinels.

A write counts as acknowledged once the primary and a replica have it. The tests of this file follow each other on one release.
"""

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.charts.ledger import Ledger, Report
from tests.cluster.charts.release import Release, eventually
from tests.cluster.charts.valkey_client import THREE, Writer, by_proxy, by_sentinel, numbers, primary

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
GOAL_PAUSE = 15
FIVE = {**THREE, "replicas": 5}


@pytest.fixture(scope="module")
def three(release: Callable[[str, str], Release]) -> Release:
    """Three servers of the earlier series."""
    made = release("trio", "valkey")
    made.bring_up({**THREE, "serverVersion": "8.1.1"}, plan="standard")
    return made


@contextlib.contextmanager
def written(release: Release, what: str, nodes: int = 3) -> Iterator[dict]:
    """Two clients write while the block runs; then all that was acknowledged is there, and neither waited longer than the goal."""
    facts: dict = {}
    clients = {"the proxy": by_proxy(release), "the sentinels": by_sentinel(release)}
    last = max(numbers(clients["the proxy"]), default=0)
    start = (last // 10_000_000 + 1) * 10_000_000
    ledgers = {
        way: Ledger(write=Writer(store), first=start + offset * 5_000_000)
        for offset, (way, store) in enumerate(clients.items())
    }
    with contextlib.ExitStack() as stack:
        for ledger in ledgers.values():
            stack.enter_context(ledger.running())
        yield facts
    primary(release, nodes)
    reports = [_report(release, f"valkey, {what}, by {way}", ledger, facts) for way, ledger in ledgers.items()]
    for report in reports:
        assert report.lost == 0
        assert report.longest_pause <= facts.get("goal", GOAL_PAUSE)


def _report(release: Release, what: str, ledger: Ledger, facts: dict) -> Report:
    found = [n for n in numbers(by_proxy(release), ledger.first) if n < ledger.first + 5_000_000]
    return ledger.report(what, found, facts.get("seconds"))


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

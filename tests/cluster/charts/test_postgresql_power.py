"""Three PostgreSQL servers of which the primary's machine loses power, or its cable, while a client writes.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a machine or its network: TOOL node off|on|cut|heal NAME.
"""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.postgresql_client import (
    Writer,
    numbers,
    promote,
    reachable,
    roles,
    wait_for_copies,
    with_most,
)
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture(scope="module")
def shop(release: Callable[[str, str], Release]) -> Iterator[tuple[Release, dict]]:
    """Three servers on three machines, two of which have every commit before it is acknowledged; and their values."""
    made = release("shop", "postgresql")
    values = {**reachable(made), "replicas": 3, "synchronous": {"replicas": 1}}
    made.bring_up(values)
    wait_for_copies(made, 2)
    yield made, values


@pytest.mark.parametrize(("what", "back", "first"), [("off", "on", 0), ("cut", "heal", 100_000)])
def test_a_replica_is_promoted_when_the_primarys_machine_is_away(
    shop: tuple[Release, dict], power: Callable[[str, str], None], what: str, back: str, first: int
) -> None:
    release, values = shop
    old = next(pod for pod, role in roles(release).items() if role == "primary")
    node = next(pod.spec.node_name for pod in release.pods() if pod.metadata.name == old)
    replicas = sorted(pod for pod, role in roles(release).items() if role == "replica")
    ledger = Ledger(write=Writer(release, apart_from=node), first=first)
    with ledger.running():
        power(what, node)
        try:
            chosen = with_most(release, replicas)
            values["primary"] = int(chosen[-1])
            answer = release.apply(values)
            assert answer.returncode == 0, answer.stderr
            started = time.monotonic()
            promote(release, chosen)
            seconds = time.monotonic() - started
            ledger.wait_for(100, 120)
        finally:
            power(back, node)
        eventually(lambda: sorted(roles(release).values()) == ["primary", "replica", "replica"], "one primary", 600)
        wait_for_copies(release, 2, behind=10**7, seconds=600)
    assert roles(release)[chosen] == "primary"
    found = [number for number in numbers(release) if first <= number < first + 100_000]
    report = ledger.report(
        f"postgresql, three servers: the primary's machine {what}, a replica promoted", found, seconds
    )
    assert report.lost == 0
    wait_for_copies(release, 2)
    for pod in roles(release):
        assert set(numbers(release, pod)) >= set(ledger.acknowledged)

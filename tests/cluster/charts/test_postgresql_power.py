"""Three PostgreSQL servers of which the primary's machine loses power, or its cable, while a client writes.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a machine or its network: TOOL node off|on|cut|heal NAME.
"""

import time
from collections.abc import Callable, Iterator

import pytest
import yaml

from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.postgresql_client import Writer, numbers, reachable, roles, wait_for_copies
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


def procedure(release: Release, name: str, pod: str) -> str:
    """What a procedure of the package prints, run in one pod as the portal does."""
    package = yaml.safe_load((release.chart / "package.yaml").read_text())
    steps = next(entry["steps"] for entry in package["procedures"] if entry["name"] == name)
    return "\n".join(release.execute(pod, *step["command"], container=step["container"]) for step in steps)


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
            chosen = _with_most(release, replicas)
            values["primary"] = int(chosen[-1])
            answer = release.apply(values)
            assert answer.returncode == 0, answer.stderr
            started = time.monotonic()
            eventually(lambda: "is the primary" in _promoted(release, chosen), f"{chosen} is promoted", 120)
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


def _promoted(release: Release, pod: str) -> str:
    try:
        return procedure(release, "promote", pod)
    except AssertionError as exc:
        return str(exc)


def _with_most(release: Release, replicas: list[str]) -> str:
    """The replica that has most, as a person finds it: by the lag that each says."""
    lag = lambda pod: int(release.execute(pod, "bash", "/etc/postgresql/conf/node.sh", "lag", container="postgresql"))  # noqa: E731
    place = "SELECT pg_last_wal_receive_lsn() - '0/0'"
    psql = ["psql", "-XAtqh", "/var/run/postgresql", "-U", "postgres", "-d", "postgres", "-c"]
    assert all(lag(pod) >= 0 for pod in replicas)
    return max(replicas, key=lambda pod: int(release.execute(pod, *psql, place, container="postgresql")))

"""What Spark's clients see when a part is lost, the number of workers changes, or a new version comes. Minutes.

A client writes one number after the other to a bound object store through Spark Connect; at the end, all that were
acknowledged are read back.
"""

import threading
import time
from collections.abc import Callable

import pytest

from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.release import SLOW, Release, eventually
from tests.cluster.charts.spark_client import (
    TINY,
    Numbers,
    alive,
    connected,
    kill,
    long_query,
    master,
    wait_for_workers,
    warm_up,
)

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
EXECUTOR = "[C]oarseGrainedExecutorBackend"  # in the command line of each
BOUND = {"connectors": {"source": "image"}, "bindings": {"objectStore": "lake-binding"}}


def values(version: str = "4.1.4", workers: int = 2) -> dict:
    """Values of the smallest sizes, bound, in a version and with so many workers."""
    sized = {**TINY, "workers": {**TINY["workers"], "replicas": workers}}
    return {**sized, **BOUND, "serverVersion": version, "image": {"tag": f"{version}-connectors"}}


@pytest.fixture(scope="module")
def sums(lake: Release, release: Callable[[str, str], Release]) -> Release:
    """Spark with two workers, in the earlier series."""
    made = release("sums", "spark")
    made.bring_up(values("4.0.5"), seconds=SLOW)
    wait_for_workers(made, 2)
    warm_up(made)
    return made


def written(release: Release, what: str, event: Callable[[], None], healthy: Callable[[], None]) -> None:
    """Lets something happen while a client writes; what was acknowledged must be there."""
    writer = Numbers(release, f"s3a://data/{what.replace(' ', '-')}")
    ledger = Ledger(writer)
    with ledger.running(3):
        ledger.wait_for(3, SLOW)
        started = time.monotonic()
        event()
        healthy()
        seconds = time.monotonic() - started
        ledger.wait_for(3, SLOW)
    report = ledger.report(f"spark: {what}", writer.read(), seconds)
    assert report.lost == 0


def test_a_new_series_comes_while_a_client_writes(sums: Release) -> None:
    def upgrade() -> None:
        assert sums.apply(values()).returncode == 0

    def healthy() -> None:
        sums.wait_for_all(SLOW)
        wait_for_workers(sums, 2)

    written(sums, "from 4.0.5 to 4.1.4", upgrade, healthy)
    with connected(sums) as session:
        assert session.version == "4.1.4"


def replaced(release: Release, component: str, old: set[str]) -> None:
    """Waits until the pods of a part are others than before, and ready."""

    def ready() -> bool:
        pods = release.pods(component)
        states = [state.ready for pod in pods for state in pod.status.container_statuses or []]
        return bool(states) and old.isdisjoint(pod.metadata.uid for pod in pods) and all(states)

    eventually(ready, "another pod is ready", SLOW)


def test_a_worker_is_killed_while_a_client_writes(sums: Release) -> None:
    wait_for_workers(sums, 2)
    lost = sums.pods("worker")[0].status.pod_ip

    def healthy() -> None:
        eventually(lambda: not [worker for worker in alive(sums) if f"-{lost}-" in worker], "one is gone", SLOW)
        wait_for_workers(sums, 2)

    written(sums, "a worker is killed", lambda: kill(sums, "worker"), healthy)


def test_the_master_is_killed_and_knows_workers_and_applications_again(sums: Release) -> None:
    before = {app["id"] for app in master(sums)["activeapps"]}
    old = {pod.metadata.uid for pod in sums.pods("master")}

    def healthy() -> None:
        replaced(sums, "master", old)
        eventually(lambda: master(sums).get("status") == "ALIVE", "the master works", SLOW)
        wait_for_workers(sums, 2)

    written(sums, "the master is killed", lambda: kill(sums, "master"), healthy)
    assert {app["id"] for app in master(sums)["activeapps"]} == before


def test_executors_that_are_lost_with_the_master_come_again(sums: Release) -> None:
    old = {pod.metadata.uid for pod in sums.pods("master")}

    def both() -> None:
        kill(sums, "master")
        for pod in sums.pods("worker"):
            name = pod.metadata.name
            sums.run(sums.kubectl, "-n", sums.namespace, "exec", name, "--", "pkill", "-9", "-f", EXECUTOR)

    def healthy() -> None:
        replaced(sums, "master", old)
        wait_for_workers(sums, 2)

    written(sums, "the master and all executors are killed", both, healthy)


def test_workers_come_and_go_while_a_query_runs(sums: Release) -> None:
    def scale() -> None:
        assert sums.apply(values(workers=3)).returncode == 0
        sums.wait_for_all(SLOW)
        wait_for_workers(sums, 3)
        assert sums.apply(values(workers=1)).returncode == 0
        sums.wait_for_all(SLOW)

    found: list = []

    def ask() -> None:
        with connected(sums) as session:
            found.extend(long_query(session, 60, 4.0))

    asked = threading.Thread(target=ask, daemon=True)
    asked.start()
    written(sums, "from 2 workers to 3 to 1", scale, lambda: wait_for_workers(sums, 1))
    asked.join(SLOW)
    assert sum(row.rows for row in found) == 60 * 4 * 20_000


def test_spark_connect_is_killed_and_clients_open_new_sessions(sums: Release) -> None:
    old = {pod.metadata.uid for pod in sums.pods("connect")}
    written(sums, "Spark Connect is killed", lambda: kill(sums, "connect"), lambda: replaced(sums, "connect", old))


@pytest.fixture
def lone(lake: Release, release: Callable[[str, str], Release]) -> tuple[Release, str]:
    """Spark with two workers, and a node on which one of them stands and nothing else that a client needs."""
    made = release("lone", "spark")
    nodes = [item.metadata.name for item in made.api.list_node().items]
    node = next(name for name in nodes if name not in lake.places())
    with made.closed(node):
        made.bring_up(values(workers=1), seconds=SLOW)
    with made.closed(*(other for other in nodes if other != node)):
        made.bring_up(values(workers=2), seconds=SLOW)
    wait_for_workers(made, 2)
    assert node in made.places("worker")
    warm_up(made)
    return made, node


def test_a_machine_loses_power_and_comes_back(lone: tuple[Release, str], power: Callable[[str, str], None]) -> None:
    release, node = lone

    def healthy() -> None:
        eventually(lambda: len(alive(release)) == 1, "the master has noticed", SLOW)
        wait_for_workers(release, 2)
        power("on", node)
        release.wait_for_all(SLOW)

    try:
        written(release, "a machine with a worker off, and on", lambda: power("off", node), healthy)
    finally:
        power("on", node)
    release.wait_for_all(SLOW)
    wait_for_workers(release, 2)

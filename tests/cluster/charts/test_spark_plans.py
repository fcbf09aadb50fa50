"""The larger plans of Spark, with less of everything: a master without power, and workers that follow the load.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a machine and brings it back: TOOL node off|on NAME.
"""

import threading
import time
from collections.abc import Callable

import pytest

from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.release import SLOW, Release, eventually
from tests.cluster.charts.spark_client import (
    CONNECTORS,
    TINY,
    Numbers,
    connected,
    long_query,
    master,
    wait_for_workers,
    warm_up,
)

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
# The plans say how many workers; each has one core.
SHRUNK = {
    **TINY,
    **CONNECTORS,
    "workers": {key: value for key, value in TINY["workers"].items() if key != "replicas"},
    "bindings": {"objectStore": "lake-binding"},
}
BY_LOAD = {"minimum": 1, "maximum": 2, "cpuPercent": 40}


@pytest.fixture(scope="module")
def sums(lake: Release, release: Callable[[str, str], Release]) -> Release:
    """Spark in the standard plan: three workers, and the master where nothing else stands that a client needs."""
    made = release("sums", "spark")
    made.bring_up(SHRUNK, plan="standard", seconds=SLOW)
    needed = lake.places() | made.places("connect")
    if made.places("master") <= needed:
        move(made, "master", needed)
    wait_for_workers(made, 3)
    warm_up(made)
    return made


def move(release: Release, component: str, away_from: set[str]) -> None:
    """Moves the one pod of a part to a machine that is none of these."""
    with release.closed(*away_from):
        (pod,) = release.pods(component)
        release.api.delete_namespaced_pod(pod.metadata.name, release.namespace)
        eventually(lambda: release.places(component) - away_from - {None}, f"the {component} has another place", 180)
    release.wait_for_all(SLOW)


def busy(release: Release) -> int:
    """How many workers have an executor of Spark Connect."""
    return sum(worker["coresused"] > 0 for worker in master(release).get("workers", []) if worker["state"] == "ALIVE")


def test_three_workers_on_three_machines_share_a_query(sums: Release) -> None:
    assert len(sums.places("worker")) == 3
    with connected(sums) as session:
        assert sum(row.rows for row in long_query(session, 12, 2.0)) == 12 * 2 * 20_000
    assert busy(sums) == 3


def test_the_machine_of_the_master_loses_power_and_it_remembers(
    sums: Release, power: Callable[[str, str], None]
) -> None:
    before = {app["id"] for app in master(sums)["activeapps"]}
    (lost,) = sums.places("master")
    writer = Numbers(sums, "s3a://data/master")
    ledger = Ledger(writer)
    with ledger.running(3):
        power("off", lost)
        try:
            time.sleep(75)
            assert not master(sums)
            ledger.wait_for(3, SLOW)
        finally:
            power("on", lost)
        started = time.monotonic()
        eventually(lambda: master(sums).get("status") == "ALIVE", "the master works", SLOW)
        wait_for_workers(sums, 3)
        seconds = time.monotonic() - started
        ledger.wait_for(3, SLOW)
    report = ledger.report("spark: the master's machine without power for 75 s", writer.read(), seconds)
    assert report.lost == 0
    # It is the same application, or one that began anew because the master started no executor for the former.
    pod = sums.pods("connect")[0].metadata.name
    anew = sum(state.restart_count for state in sums.pods("connect")[0].status.container_statuses)
    assert ({app["id"] for app in master(sums)["activeapps"]} == before) is not bool(anew)
    said = sums.run(sums.kubectl, "-n", sums.namespace, "logs", pod, "--previous").stdout if anew else ""
    assert not anew or "beginning anew" in said
    sums.wait_for_all(SLOW)


@pytest.fixture(scope="module")
def large(lake: Release, release: Callable[[str, str], Release]) -> Release:
    """Spark in the large plan, in which the number of workers follows the load: from one to two."""
    made = release("large", "spark")
    made.bring_up({**SHRUNK, "workers": {**SHRUNK["workers"], "autoscaling": BY_LOAD}}, plan="large", seconds=SLOW)
    warm_up(made)
    # What starts is load as well, and may have brought a second one for a while.
    wait_for_workers(made, 1)
    return made


def test_workers_come_with_the_load_and_go_when_it_is_over(large: Release) -> None:
    writer = Numbers(large, "s3a://data/load")
    ledger = Ledger(writer, between=8.0)
    rows: list[int] = []

    def ask() -> None:
        with connected(large) as session:
            while busy(large) < 2:
                rows.append(sum(row.rows for row in long_query(session, 12, 2.0)))

    with ledger.running(1):
        asked = threading.Thread(target=ask, daemon=True)
        started = time.monotonic()
        asked.start()
        wait_for_workers(large, 2)
        came = time.monotonic() - started
        asked.join(SLOW)
        assert not asked.is_alive(), "the second worker was not used"
        wait_for_workers(large, 1)
        eventually(lambda: len(large.pods("worker")) == 1, "its pod is gone", SLOW)
    report = ledger.report("spark: from 1 worker to 2 by load and back", writer.read(), came)
    assert report.lost == 0
    assert set(rows) == {12 * 2 * 20_000}, "no query, or a wrong one"

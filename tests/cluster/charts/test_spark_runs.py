"""Spark on a real cluster, asked by the client of Spark Connect. The tests follow each other on one release."""

import threading
import time
import urllib.request
from collections.abc import Callable

import pytest
from pyspark.errors.exceptions.connect import SparkConnectGrpcException

from tests.cluster.charts.ledger import Healthy, keep
from tests.cluster.charts.release import SLOW, Release, eventually
from tests.cluster.charts.spark_client import TINY, command_lines, connected, kill, long_query, master, wait_for_workers

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def sums(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share: the small plan with one core."""
    made = release("sums", "spark")
    made.bring_up(TINY, seconds=SLOW)
    wait_for_workers(made, 1)
    return made


def test_a_client_gets_the_right_sums(sums: Release) -> None:
    with connected(sums) as session:
        assert session.version == "4.1.4"
        rows = session.sql("SELECT id % 7 AS rest, sum(id) AS n FROM range(0, 100000, 1, 4) GROUP BY 1").collect()
        assert len(rows) == 7
        assert sum(row.n for row in rows) == 4_999_950_000


@pytest.mark.parametrize(("token", "words"), [("", "No authentication token"), ("wrong", "Invalid authentication")])
def test_nobody_gets_in_without_the_token(sums: Release, token: str, words: str) -> None:
    with pytest.raises(SparkConnectGrpcException, match=words), connected(sums, token) as session:
        session.range(1).collect()


def test_helm_test_computes_through_spark_connect(sums: Release) -> None:
    assert "Spark Connect answers, and the workers compute what is asked." in sums.test()


def test_no_secret_stands_on_a_command_line_or_in_the_configuration(sums: Release) -> None:
    kept = sums.secret("auth")
    told = sums.api.read_namespaced_config_map(sums.name, sums.namespace).data
    for component in ("master", "worker", "connect"):
        said = command_lines(sums, component)
        assert "spark" in said
        assert not [key for key, value in kept.items() if value in said or value in str(told)]


@pytest.mark.parametrize(
    ("component", "port", "number"),
    [
        ("master", 8080, "metrics_master_aliveWorkers_Value"),
        ("worker", 8081, "metrics_worker_coresUsed_Value"),
        ("connect", 4040, "metrics_connect_driver_DAGScheduler_job_allJobs_Value"),
    ],
)
def test_each_part_has_its_numbers_for_prometheus(sums: Release, component: str, port: int, number: str) -> None:
    address = sums.pods(component)[0].status.pod_ip
    with urllib.request.urlopen(f"http://{address}:{port}/metrics/prometheus/", timeout=20) as answer:
        said = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line)
    assert float(said[number + '{type="gauges"}']) >= 1


def test_prometheus_finds_numbers_for_every_alert_and_panel(sums: Release) -> None:
    ports = {"master": 8080, "worker": 8081, "connect": 4040}
    pages = [sums.numbers(component, port, "/metrics/prometheus/") for component, port in ports.items()]
    assert not sums.without_numbers(*pages)


def test_each_part_says_what_it_is(sums: Release) -> None:
    for component, word in (("master", "alive"), ("worker", "busy")):
        pod = sums.pods(component)[0].metadata.name
        command = ("python3", "/etc/spark/settings/role.py", component)
        assert sums.execute(pod, *command, container="spark").strip() == word


def test_a_query_goes_on_when_its_only_worker_is_killed(sums: Release) -> None:
    with connected(sums) as session:
        expected = long_query(session, 2, 0.1)
        found: list = []
        asked = threading.Thread(target=lambda: found.extend(long_query(session, 8, 3.0)), daemon=True)
        asked.start()
        time.sleep(5)
        kill(sums, "worker")
        asked.join(SLOW)
        assert [row.rest for row in found] == [row.rest for row in expected] == [0, 1, 2]
        assert sum(row.rows for row in found) == 8 * 3 * 20_000
    sums.wait_for_all(SLOW)
    wait_for_workers(sums, 1)


def test_it_is_refused_to_mix_versions(sums: Release) -> None:
    answer = sums.apply({**TINY, "image": {"tag": "4.0.5"}})
    assert answer.returncode != 0
    assert "set serverVersion to 4.0.5" in answer.stderr


@pytest.mark.slow
def test_uninstalled_and_installed_again_clients_get_in_with_the_same_token(sums: Release) -> None:
    token = sums.binding()["token"]
    sums.uninstall()
    assert sums.claims() == {"data-sums-master-0"}
    keep(Healthy("spark: installed again", sums.bring_up(TINY, seconds=SLOW)))
    assert sums.binding()["token"] == token
    eventually(lambda: master(sums).get("status") == "ALIVE", "the master works", SLOW)
    with connected(sums) as session:
        assert session.range(1000).selectExpr("sum(id) AS n").first().n == 499_500

"""The files of the Spark charts: one text in both, and a fetcher that takes only what was tested."""

import hashlib
import http.server
import importlib.util
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.charts.chart import REPOSITORY, ROOT, Chart

FILES = ROOT / "spark/files"
SHARED = ("start.sh", "fetch.py", "connectors-4.0.txt", "connectors-4.1.txt")


@pytest.mark.parametrize("name", SHARED)
def test_both_charts_have_the_same_file(name: str) -> None:
    assert (ROOT / "spark-job/files" / name).read_text() == (FILES / name).read_text()


def test_the_image_for_tests_has_the_jars_that_the_chart_fetches() -> None:
    for name in ("connectors-4.0.txt", "connectors-4.1.txt"):
        assert (REPOSITORY / "tests/cluster/images/spark-connectors" / name).read_text() == (FILES / name).read_text()


@pytest.mark.parametrize("series", ["4.0", "4.1"])
def test_the_lists_name_jars_of_the_series_with_their_digests(series: str) -> None:
    lines = [line.split() for line in (FILES / f"connectors-{series}.txt").read_text().splitlines()[1:]]
    assert {purpose for purpose, _, _ in lines} == {"kafka", "cassandra", "object-store"}
    assert all(re.fullmatch("[0-9a-f]{64}", digest) and path.endswith(".jar") for _, digest, path in lines)
    own = [path for _, _, path in lines if path.startswith("org/apache/spark/")]
    assert own and all(f"-{series}." in path for path in own)


STATE = {
    "status": "ALIVE",
    "workers": [
        {"state": "ALIVE", "coresfree": 0, "memoryfree": 900},
        {"state": "ALIVE", "coresfree": 1, "memoryfree": 528},
        {"state": "DEAD", "coresfree": 9, "memoryfree": 9000},
    ],
    "activeapps": [{"id": "app-1", "cores": 0, "memoryperexecutor": 528}],
}
STAGE = {"numTasks": 2, "numCompleteTasks": 1, "numActiveTasks": 0}


@pytest.mark.parametrize(
    ("state", "stages", "waits"),
    [
        ({}, [STAGE], True),
        ({"workers": [{"state": "ALIVE", "coresfree": 2, "memoryfree": 528}]}, [{**STAGE, "cores": 2}], True),
        ({}, [{**STAGE, "cores": 2}], False),
        ({"status": "RECOVERING"}, [STAGE], False),
        ({"activeapps": []}, [STAGE], False),
        ({"activeapps": [{"id": "app-1", "cores": 1, "memoryperexecutor": 528}]}, [STAGE], False),
        ({"activeapps": [{"id": "app-1", "cores": 0, "memoryperexecutor": 529}]}, [STAGE], False),
        ({"workers": STATE["workers"][::2]}, [STAGE], False),
        ({}, [], False),
        ({}, [{**STAGE, "numCompleteTasks": 2}], False),
        ({}, [STAGE, {**STAGE, "numActiveTasks": 1}], False),
    ],
)
def test_spark_connect_knows_when_it_waits_for_nothing(state: dict, stages: list[dict], waits: bool) -> None:
    spec = importlib.util.spec_from_file_location("watch", FILES / "watch.py")
    watch = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(watch)
    cores = max((stage.get("cores", 1) for stage in stages), default=1)
    assert watch.waits({**STATE, **state}, "app-1", stages, cores) is waits


@pytest.mark.parametrize(("chart", "part"), [("spark", "connect"), ("spark-job", "driver")])
def test_connectors_are_fetched_for_what_is_bound_alone(
    packed: Callable[[str], Chart], write_values: Callable, chart: str, part: str
) -> None:
    def fetched(values: dict) -> list[str]:
        objects = packed(chart).render(write_values({"bindings": {"objectStore": "lake-binding"}, **values}))
        labels = {"app.kubernetes.io/component": part}
        pods = [item["spec"]["template"] for item in objects if item["kind"] in {"Deployment", "Job"}]
        pod = next(pod for pod in pods if labels.items() <= pod["metadata"]["labels"].items())
        return [word for c in pod["spec"].get("initContainers", []) for word in c["command"][5:]]

    assert fetched({}) == ["object-store"]
    assert fetched({"bindings": {"kafka": "events-binding", "objectStore": ""}}) == ["kafka"]
    assert fetched({"bindings": {}}) == []
    assert fetched({"connectors": {"source": "image"}}) == []


def test_pages_without_a_password_get_no_address_outside(
    packed: Callable[[str], Chart], write_values: Callable
) -> None:
    values = {"service": {"type": "LoadBalancer"}, "history": {"enabled": True, "claim": "logs"}}
    services = [item for item in packed("spark").render(write_values(values)) if item["kind"] == "Service"]
    outside = [item["spec"] for item in services if item["spec"].get("type") not in {None, "ClusterIP"}]
    assert [port["port"] for spec in outside for port in spec["ports"]] == [15002]
    assert {port["port"] for item in services for port in item["spec"]["ports"]} >= {4040, 8080, 18080}


def test_an_executor_of_a_job_gets_no_token_and_no_root(packed: Callable[[str], Chart], write_values: Callable) -> None:
    objects = packed("spark-job").render(write_values({"bindings": {"kafka": "events-binding"}}))
    settings = next(item["data"] for item in objects if item["kind"] == "ConfigMap")
    pod = yaml.safe_load(settings["executor.yaml"])["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A Maven repository with one jar, and the list that names it."""
    jar = tmp_path / "served/org/example/one/1.0/one-1.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"a jar")
    listing = tmp_path / "list.txt"
    digest = hashlib.sha256(b"a jar").hexdigest()
    listing.write_text(f"# a list\nkafka {digest} org/example/one/1.0/one-1.0.jar\ncassandra {digest} not/there.jar\n")

    class Served(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object, **named: object) -> None:
            super().__init__(*arguments, directory=str(tmp_path / "served"), **named)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", listing
    server.shutdown()


def fetch(address: str, listing: Path, folder: Path, *purposes: str) -> subprocess.CompletedProcess[str]:
    """What the fetcher answers."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, FILES / "fetch.py", listing, address, folder, *purposes]
    return subprocess.run([*map(str, command)], check=False, capture_output=True, text=True, timeout=60)


def test_what_is_asked_for_is_fetched(repository: tuple[str, Path], tmp_path: Path) -> None:
    answer = fetch(*repository, tmp_path / "jars", "kafka")
    assert answer.returncode == 0, answer.stderr
    assert [path.name for path in (tmp_path / "jars").iterdir()] == ["one-1.0.jar"]


def test_another_file_under_the_same_name_is_refused(repository: tuple[str, Path], tmp_path: Path) -> None:
    (tmp_path / "served/org/example/one/1.0/one-1.0.jar").write_bytes(b"another jar")
    answer = fetch(*repository, tmp_path / "jars", "kafka")
    assert answer.returncode == 1
    assert "its SHA-256 is another one" in answer.stderr
    assert not list((tmp_path / "jars").iterdir())


def test_a_repository_without_the_jar_is_named_with_the_way_out(repository: tuple[str, Path], tmp_path: Path) -> None:
    answer = fetch(*repository, tmp_path / "jars", "cassandra")
    assert answer.returncode == 1
    assert "cannot fetch not/there.jar from http://127.0.0.1" in answer.stderr
    assert "connectors.source: image" in answer.stderr

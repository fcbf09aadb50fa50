"""The practice server as a process: restarts, faults on purpose, the administrator's door."""

from __future__ import annotations

import http.client
import json
import signal
import ssl
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import kubernetes
import pytest

from anywhere.practice import client

from .conftest import PracticeServer
from .session import Session, eventually, workload

MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[PracticeServer]:
    """Give a server that the test may kill."""
    one = PracticeServer(tmp_path, ready_seconds=1.5)
    one.start()
    yield one
    one.end()


def test_a_killed_server_comes_back_with_everything(own_server: PracticeServer, tmp_path: Path) -> None:
    practice = own_server.cluster(tmp_path)
    practice.configure(latency_ms=1)
    practice.make(DEPLOYMENTS, workload("web", 2))
    eventually(lambda: len(practice.pods()) == 2)
    version = int(practice.get("/api/v1/pods")["metadata"]["resourceVersion"])
    own_server.end(signal.SIGKILL)
    own_server.start()
    assert client.settings(own_server.home, practice.id)["latency_ms"] == 1
    eventually(lambda: practice.get(f"{DEPLOYMENTS}/web")["status"].get("readyReplicas") == 2)
    assert int(practice.get("/api/v1/pods")["metadata"]["resourceVersion"]) > version
    with practice.open("GET", f"/api/v1/pods?watch=true&resourceVersion={version}") as answer:
        assert json.loads(answer.readline())["object"]["code"] == 410


def test_what_the_server_keeps_is_private(own_server: PracticeServer) -> None:
    folder = own_server.home / "practice"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("admin-token", "ca.key", "server.key", "clusters.db"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    assert (folder / "admin-token").read_text() not in (own_server.home / "practice.log").read_text()


def test_clusters_know_nothing_of_each_other(server: PracticeServer, tmp_path: Path) -> None:
    one, two = server.cluster(tmp_path), server.cluster(tmp_path)
    one.make(MAPS, {"metadata": {"name": "a"}})
    assert two.call("GET", f"{MAPS}/a").code == 404
    assert two.call("GET", MAPS, Authorization=f"Bearer {one.token}").code == 401
    client.delete_cluster(server.home, one.id)
    client.delete_cluster(server.home, one.id)
    assert one.call("GET", MAPS).code == 404
    assert one.id not in [c["id"] for c in client.list_clusters(server.home)]


def test_the_administrators_door_is_locked(practice: Session) -> None:
    for path in ("/_practice", "/_practice/requests", ""):
        assert practice.call("GET", path).code == 401, path
    with pytest.raises(client.PracticeError) as refused:
        practice.configure(fail="everything")
    assert refused.value.code == "practice.invalid"
    with pytest.raises(client.PracticeError):
        client.settings(practice.home, "no-such-cluster")


def test_an_unreachable_cluster_answers_nothing(practice: Session) -> None:
    practice.configure(fail="unreachable")
    with pytest.raises((urllib.error.URLError, http.client.RemoteDisconnected, ConnectionError)):
        practice.call("GET", "/version")
    practice.configure(fail=None)
    assert practice.call("GET", "/version").code == 200


def test_an_open_watch_ends_when_its_cluster_is_unreachable(practice: Session) -> None:
    with practice.open("GET", f"{MAPS}?watch=true") as answer:
        answer.readline()
        practice.configure(fail="unreachable")
        with pytest.raises((http.client.IncompleteRead, ConnectionError, ssl.SSLError)):
            answer.read()


def test_a_cluster_that_hangs_answers_nobody(practice: Session) -> None:
    practice.configure(hang=True)
    request = urllib.request.Request(f"{practice.server}/version")
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(request, timeout=0.7, context=practice.context)


def test_an_answer_can_be_lost_after_the_write(practice: Session) -> None:
    practice.configure(drop_after_request=1)
    with pytest.raises((urllib.error.URLError, http.client.RemoteDisconnected, ConnectionError)):
        practice.call("POST", MAPS, {"metadata": {"name": "a"}})
    assert practice.call("GET", f"{MAPS}/a").code == 200
    assert practice.call("POST", MAPS, {"metadata": {"name": "b"}}).code == 201


def test_a_busy_cluster_says_when_to_come_back(practice: Session) -> None:
    practice.configure(status_429=2, retry_after=7)
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError) as refused:
            practice.open("GET", MAPS)
        assert (refused.value.code, refused.value.headers["Retry-After"]) == (429, "7")
    assert practice.call("GET", MAPS).code == 200


def test_latency_and_cut_watches_are_felt(practice: Session) -> None:
    practice.configure(latency_ms=300, watch_cut_seconds=0.5)
    began = time.monotonic()
    practice.get("/version")
    assert time.monotonic() - began >= 0.3
    with practice.open("GET", f"{MAPS}?watch=true") as answer:
        answer.read()
    assert time.monotonic() - began < 10


def test_requests_are_counted_for_each_client(practice: Session) -> None:
    client.requests(practice.home, practice.id, clear=True)
    practice.call("POST", MAPS, {"metadata": {"name": "a"}})
    practice.call("GET", MAPS)
    counted = client.requests(practice.home, practice.id)["clients"]["tests"]
    assert counted["requests"] == 2
    assert counted["calls"] == {"create configmaps": 1, "list configmaps": 1}
    assert counted["sent_bytes"] > 100


def test_the_kubernetes_client_works(practice: Session) -> None:
    api = kubernetes.config.new_client_from_config(str(practice.kubeconfig))
    apps, core = kubernetes.client.AppsV1Api(api), kubernetes.client.CoreV1Api(api)
    apps.create_namespaced_deployment("default", workload("web", 2))

    def is_ready() -> bool:
        return apps.read_namespaced_deployment("web", "default").status.ready_replicas == 2

    eventually(is_ready)
    version = core.list_namespaced_pod("default").metadata.resource_version
    core.delete_collection_namespaced_pod("default", label_selector="app=web")
    watch = kubernetes.watch.Watch()
    seen = {
        e["type"]
        for e in watch.stream(core.list_namespaced_pod, "default", resource_version=version, timeout_seconds=3)
    }
    assert {"ADDED", "MODIFIED", "DELETED"} <= seen
    found = kubernetes.dynamic.DynamicClient(api, cache_file=str(practice.kubeconfig.parent / "discovery.json"))
    assert found.resources.get(api_version="apps/v1", kind="StatefulSet").name == "statefulsets"
    usage = kubernetes.client.CustomObjectsApi(api).list_cluster_custom_object("metrics.k8s.io", "v1beta1", "nodes")
    assert [n["metadata"]["name"] for n in usage["items"]] == ["practice-1", "practice-2", "practice-3"]

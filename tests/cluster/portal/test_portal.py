"""The portal on Kubernetes: its image built, its chart installed, and used there on that very cluster."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
import redis

from tests.charts.chart import ROOT as CHARTS
from tests.charts.chart import find_helm

pytestmark = [pytest.mark.cluster, pytest.mark.portal]
ROOT = Path(__file__).parents[3]
REGISTRY = os.environ.get("ANYWHERE_TEST_REGISTRY", "localhost:5000")  # where the cluster's nodes pull from
INGRESS = os.environ.get("ANYWHERE_TEST_INGRESS", "10.100.0.1")
HOST = "portal.test"


def run(*command: str | Path, seconds: float = 600, **options: Any) -> str:
    answer = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=seconds, check=False, **options
    )
    assert answer.returncode == 0, f"{command[0]} {command[1]}: {answer.stderr[-3000:]}"
    return answer.stdout


@dataclass(frozen=True)
class Place:
    """The namespace the portal lives in, with the tools to look at it."""

    namespace: str
    helm: str
    kubectl: str
    charts: Path
    tag: str

    def install(self, name: str, chart: Path, *arguments: str) -> None:
        run(
            self.helm,
            "upgrade",
            "--install",
            name,
            chart,
            "-n",
            self.namespace,
            "--wait",
            "--timeout",
            "5m",
            *arguments,
        )

    def get(self, *arguments: str) -> Any:
        return json.loads(run(self.kubectl, "-n", self.namespace, "get", *arguments, "-o", "json"))

    def secret(self, name: str, key: str) -> str:
        return base64.b64decode(self.get("secret", name)["data"][key]).decode()


@pytest.fixture(scope="module")
def image() -> str:
    if os.environ.get("ANYWHERE_TEST_IMAGE_TAG"):  # one that an earlier run has built and pushed
        return os.environ["ANYWHERE_TEST_IMAGE_TAG"]
    tag = f"test-{secrets.token_hex(4)}"
    environment = {**os.environ, "PUSH": f"docker://{REGISTRY}/anywhere/anywhere:{tag}"}
    run(ROOT / "scripts" / "build-image", f"localhost/anywhere:{tag}", seconds=1200, env=environment)
    return tag


@pytest.fixture(scope="module")
def place(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    charts = tmp_path_factory.mktemp("charts")
    for name in ("postgresql", "valkey"):
        shutil.copytree(CHARTS / name, charts / name)
        shutil.copytree(CHARTS / "common", charts / name / "charts" / "common")
    helm = find_helm()
    kubectl = shutil.which("kubectl") or str(Path(helm).parent / "kubectl")
    made = Place(f"portal-{secrets.token_hex(3)}", helm, kubectl, charts, image)
    run(kubectl, "create", "namespace", made.namespace)
    run(kubectl, "label", "namespace", made.namespace, "pod-security.kubernetes.io/enforce=restricted")
    yield made
    run(kubectl, "delete", "namespace", made.namespace, "--wait=false")


@pytest.fixture(scope="module")
def portal(place: Place) -> Place:
    """The portal installed from its image, on a database and a broker from our own charts."""
    for name, chart in (("portal-db", "postgresql"), ("portal-broker", "valkey")):
        place.install(name, place.charts / chart, "-f", str(place.charts / chart / "plans" / "small.yaml"))
    settings = {
        "publicUrl": f"http://{HOST}",
        "image.tag": place.tag,
        "database.existingSecret": "portal-db-binding",
        "redis.existingSecret": "portal-broker-binding",
        "ingress.enabled": "true",
        "worker.replicas": "1",
    }
    arguments = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    place.install("anywhere", ROOT / "helm-charts" / "anywhere", *arguments)
    return place


@pytest.fixture(scope="module")
def client(portal: Place) -> Iterator[httpx.Client]:
    """An HTTP client that came through the ingress and is signed in as the first administrator."""
    login = {"email": "admin@anywhere.local", "password": portal.secret("anywhere-keys", "admin-password")}
    with httpx.Client(base_url=f"http://{INGRESS}", headers={"Host": HOST}, timeout=30) as http:
        wait_for(lambda: http.get("/readyz").status_code == 200, 60)
        answer = http.post("/api/v1/auth/tokens/", json=login)
        assert answer.status_code == 201, answer.text
        http.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield http


def wait_for(true: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.5)
    return found


def finished(client: httpx.Client, operation: dict[str, Any], seconds: float = 180) -> dict[str, Any]:
    def final() -> dict[str, Any] | None:
        answer = client.get(f"/api/v1/operations/{operation['id']}/")
        now = answer.json() if answer.status_code == 200 else {"state": "unknown"}
        return now if now["state"] in ("succeeded", "failed", "cancelled", "superseded") else None

    done: dict[str, Any] = wait_for(final, seconds)
    assert done["state"] == "succeeded", json.dumps(done["error"], indent=2)
    return done


@pytest.fixture(scope="module")
def organization(client: httpx.Client) -> str:
    slug: str = client.get("/api/v1/account/").json()["organizations"][0]["slug"]
    return slug


@pytest.fixture(scope="module")
def cluster(client: httpx.Client, organization: str) -> dict[str, Any]:
    """The cluster the portal runs on, registered with itself."""
    kubeconfig = Path(os.environ["KUBECONFIG"]).read_text()
    answer = client.post(
        f"/api/v1/organizations/{organization}/clusters/", json={"name": "home", "kubeconfig": kubeconfig}
    )
    assert answer.status_code == 202, answer.text
    done = finished(client, answer.json())
    found: dict[str, Any] = client.get(f"/api/v1/clusters/{done['subject']['id']}/").json()
    return found


def test_every_part_runs_and_the_database_is_up_to_date(client: httpx.Client, portal: Place) -> None:
    pods = portal.get("pods", "-l", "app.kubernetes.io/name=anywhere")["items"]
    components = [pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in pods]
    assert sorted(components) == ["beat", "events", "events", "watcher", "web", "web", "worker"]
    assert {name for name, check in client.get("/readyz").json()["checks"].items() if check["ok"]} == {
        "database", "broker", "migrations", "worker",
    }  # fmt: skip


def test_the_browser_app_is_served_through_the_ingress(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.status_code == 200 and '<div id="root">' in page.text


def test_it_registers_the_very_cluster_it_runs_on(cluster: dict[str, Any]) -> None:
    assert cluster["state"] == "registered"
    assert len(cluster["inventory"]["nodes"]) >= 1


def test_it_installs_valkey_there_and_a_real_client_uses_it(
    client: httpx.Client, cluster: dict[str, Any], organization: str, portal: Place
) -> None:
    name, space = f"cache-{secrets.token_hex(3)}", f"services-{secrets.token_hex(3)}"
    answer = client.post(
        f"/api/v1/organizations/{organization}/services/",
        json={"package": "valkey", "plan": "small", "name": name, "cluster": cluster["id"], "namespace": space},
    )
    assert answer.status_code == 202, answer.text
    try:
        service = finished(client, answer.json())["subject"]["id"]
        shown = client.post(f"/api/v1/services/{service}/connect/reveal/", json={}).json()["credentials"]
        pod = json.loads(run(portal.kubectl, "-n", space, "get", "pod", f"{name}-0", "-o", "json"))["status"]["podIP"]
        login = {"username": shown.get("username"), "password": shown["password"]}
        server = redis.Redis(host=pod, port=6379, socket_timeout=5, **login)
        assert server.set("from", "the portal") and server.get("from") == b"the portal"
        wait_for(lambda: client.get(f"/api/v1/services/{service}/").json()["health"]["verdict"] == "healthy", 60)
        gone = client.post(f"/api/v1/services/{service}/uninstall/", json={"delete_data": True, "confirm": name})
        assert gone.status_code == 202, gone.text
        finished(client, gone.json())
    finally:
        run(portal.kubectl, "delete", "namespace", space, "--ignore-not-found", "--wait=false")


def test_web_and_worker_scale_by_replicas_and_stay_reachable_meanwhile(client: httpx.Client, portal: Place) -> None:
    failures = []
    process = subprocess.Popen(
        [portal.helm, "upgrade", "anywhere", str(ROOT / "helm-charts" / "anywhere"), "-n", portal.namespace,
         "--reuse-values", "--set", "web.replicas=1,worker.replicas=2", "--wait", "--timeout", "9m"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while process.poll() is None:
        answer = client.get("/api/v1/account/")
        failures += [answer.status_code] if answer.status_code != 200 else []
        time.sleep(0.3)
    assert process.returncode == 0, process.stderr and process.stderr.read()
    assert failures == []
    workers = portal.get("pods", "-l", "app.kubernetes.io/component=worker")["items"]
    assert len([pod for pod in workers if not pod["metadata"].get("deletionTimestamp")]) == 2

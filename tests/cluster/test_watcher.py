"""The watcher and the rules of health beside a real cluster: the causes in its own words."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from anywhere.clusters.connection import access_of, access_with, way_in
from anywhere.clusters.models import Cluster, ClusterState, Credential
from anywhere.clusters.rules import kubeconfig as rules
from anywhere.gateways.connect import Gateways, connect
from anywhere.gateways.helm import ReleaseRequest
from anywhere.gateways.kubernetes import Ref
from services.models import Service
from services.operations.observe import look
from services.rules.health import cause
from services.watcher.pace import Pace
from tests.services.watcher.conftest import Running
from tests.support import factories
from tests.support.charts import STATEFUL_SET, write_chart
from tests.support.gateway_contract import some_namespace

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(transaction=True)]
IMAGE = os.environ.get("ANYWHERE_TEST_IMAGE", "docker.io/library/busybox:1.38.0")
SECONDS_TO_KNOW = 240.0


@pytest.fixture
def row() -> Cluster:
    """Give the row of the cluster that KUBECONFIG names."""
    record = rules.parse(Path(os.environ["KUBECONFIG"]).read_text(), now=timezone.now())
    way = way_in(record)
    made = Cluster.objects.create(
        organization=factories.organization(),
        name="real",
        state=ClusterState.REGISTERED,
        server=way["server"],
        ca_data=way["ca_data"].encode(),
        tls_server_name=way["tls_server_name"] or "",
    )
    credential = Credential(cluster=made, kind="client-certificate", renewed_at=timezone.now())
    credential.secret = record.secret()
    credential.save()
    assert access_with(made, record.secret()).server == way["server"]
    return made


@pytest.fixture
def gateways(row: Cluster, settings: Any, tmp_path: Path) -> Iterator[Gateways]:
    """Give the gateways to the cluster."""
    settings.RUN_DIR, settings.CHART_CACHE = tmp_path / "run", tmp_path / "charts"
    with connect(access_of(row)) as found:
        yield found


@pytest.fixture
def service(row: Cluster, gateways: Gateways) -> Iterator[Service]:
    """Give a service in a namespace of its own, which is removed afterwards."""
    package = factories.package()
    name = some_namespace()
    made = Service.objects.create(
        organization=row.organization, cluster=row, package=package, version=package.latest, name="web", namespace=name
    )
    gateways.kubernetes.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield made
    gateways.kubernetes.delete(Ref("v1", "Namespace", name))


@pytest.fixture
def watcher() -> Iterator[Running]:
    """Give a running watcher."""
    one = Running(Pace())
    yield one
    one.stop()


Check = Callable[[str, str], None]


@pytest.fixture
def check(service: Service, gateways: Gateways) -> Check:
    """Give a check that both the rules and the watcher come to a cause, the watcher soon after the cluster knows."""

    def check_cause(code: str, words: str) -> None:
        ends = time.monotonic() + SECONDS_TO_KNOW
        known: float | None = None
        found = None
        while found is None:
            assert time.monotonic() < ends, "the rules find no cause"
            manifest = gateways.helm.manifest("web", service.namespace)
            seen = look(gateways.kubernetes, manifest, service.namespace)
            found = cause(seen.objects, seen.pods, seen.events, seen.claims, datetime.now(UTC))
            time.sleep(0.3)
        known = time.monotonic()
        assert found.code == code, found
        assert words in found.title, found
        while not (service.verdict == "failed" and service.health_code == code):
            service.refresh_from_db()
            assert time.monotonic() < known + 15, f"{service.verdict} {service.health_code}: {service.reason}"
            time.sleep(0.2)
        assert words in service.reason

    return check_cause


def _install(service: Service, gateways: Gateways, chart: Path, **values: Any) -> None:
    gateways.helm.install_or_upgrade(ReleaseRequest("web", service.namespace, chart, {"image": IMAGE, **values}))
    Service.objects.filter(pk=service.pk).update(applied_generation=1)


@pytest.mark.slow  # the whole way, with the portal beside it, is among the failures
def test_an_image_that_does_not_exist(
    service: Service, gateways: Gateways, watcher: Running, check: Check, tmp_path: Path
) -> None:
    chart = write_chart(tmp_path / "charts", "web")
    _install(service, gateways, chart, image="docker.io/library/nobody-made-this:1.2.3")
    check("image.not_found", "Image docker.io/library/nobody-made-this:1.2.3 was not found")


def test_more_memory_than_any_node_has(
    service: Service, gateways: Gateways, watcher: Running, check: Check, tmp_path: Path
) -> None:
    _install(service, gateways, write_chart(tmp_path / "charts", "web"), memory="900Gi")
    check("capacity.memory", "nodes have 900 GiB of memory free")


def test_a_storage_class_that_is_not_there(
    service: Service, gateways: Gateways, watcher: Running, check: Check, tmp_path: Path
) -> None:
    chart = write_chart(tmp_path / "charts", "store", {"set.yaml": STATEFUL_SET})
    _install(service, gateways, chart, storageClass="nowhere")
    check("storage.class_missing", "Storage class nowhere is not there")


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_a_namespace_whose_quota_is_used_up(
    service: Service, gateways: Gateways, watcher: Running, check: Check, tmp_path: Path, kind: str
) -> None:
    meta = {"name": "small", "namespace": service.namespace}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": {"pods": "0"}}}
    gateways.kubernetes.create(quota)
    while not (gateways.kubernetes.get(Ref.of(quota)).get("status") or {}).get("hard"):
        time.sleep(0.1)
    templates = {"set.yaml": STATEFUL_SET} if kind == "StatefulSet" else None
    _install(service, gateways, write_chart(tmp_path / "charts", "web", templates))
    check("quota.exceeded", "asked pods=1, used pods=0, limit pods=0")


@pytest.mark.slow  # a pod is given up only after it crashed several times, each later than the one before
def test_a_container_that_ends_at_once(
    service: Service, gateways: Gateways, watcher: Running, check: Check, tmp_path: Path
) -> None:
    deployment = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: main
          image: {{ .Values.image }}
          command: [sh, -c, "echo the disk is upside down >&2; exit 7"]
          terminationMessagePolicy: FallbackToLogsOnError
"""
    _install(service, gateways, write_chart(tmp_path / "charts", "web", {"d.yaml": deployment}))
    check("container.exited", "Container main exited 7: the disk is upside down")


def test_a_secret_that_is_not_there(
    service: Service, gateways: Gateways, watcher: Running, check: Check, tmp_path: Path
) -> None:
    deployment = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: main
          image: {{ .Values.image }}
          command: [sleep, "3600"]
          env: [{name: A, valueFrom: {secretKeyRef: {name: nowhere, key: a}}}]
"""
    _install(service, gateways, write_chart(tmp_path / "charts", "web", {"d.yaml": deployment}))
    check("container.config_error", 'secret "nowhere" not found')


def test_a_deployment_that_runs_is_healthy_soon(
    service: Service, gateways: Gateways, watcher: Running, tmp_path: Path
) -> None:
    deployment = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: main, image: {{ .Values.image }}, command: [sleep, "3600"]}]
"""
    _install(service, gateways, write_chart(tmp_path / "charts", "web", {"d.yaml": deployment}))
    ends = time.monotonic() + SECONDS_TO_KNOW
    while service.verdict != "healthy":
        service.refresh_from_db()
        assert time.monotonic() < ends, f"{service.verdict} {service.health_code}: {service.reason}"
        time.sleep(0.2)
    assert len(service.objects_seen["workloads"][0]["pods"]) == 2

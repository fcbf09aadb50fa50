"""Volumes that grow on a real cluster: the set is made anew around its pods, which run on, and Helm owns it again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from anywhere.clusters.connection import access_with, way_in
from anywhere.clusters.models import Cluster
from anywhere.clusters.rules import kubeconfig as rules
from anywhere.gateways.connect import ClusterAccess, Gateways, connect
from anywhere.gateways.helm import ReleaseRequest
from anywhere.gateways.kubernetes import Ref
from services.operations import growth
from tests.support.charts import STATEFUL_SET, VALUES, write_chart
from tests.support.gateway_contract import some_namespace

pytestmark = pytest.mark.cluster
IMAGE = "docker.io/library/busybox:1.38.0"


@pytest.fixture
def access(settings: Any, tmp_path: Path) -> ClusterAccess:
    """Give how to reach the cluster of KUBECONFIG."""
    settings.RUN_DIR, settings.CHART_CACHE = tmp_path / "run", tmp_path / "charts"
    record = rules.parse(Path(os.environ["KUBECONFIG"]).read_text(), now=timezone.now())
    return access_with(Cluster(), {**way_in(record), **record.secret()})


@pytest.fixture
def gateways(access: ClusterAccess) -> Iterator[Gateways]:
    """Give the gateways to that cluster."""
    with connect(access) as found:
        yield found


@pytest.fixture
def namespace(gateways: Gateways) -> Iterator[str]:
    """Give an empty namespace, removed afterwards."""
    name = some_namespace()
    gateways.kubernetes.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    gateways.kubernetes.delete(Ref("v1", "Namespace", name))


def _until(claim: Callable[[], Any], seconds: float = 120.0) -> Any:
    ends = time.monotonic() + seconds
    while not (found := claim()):
        assert time.monotonic() < ends, "it did not become so in time"
        time.sleep(0.3)
    return found


def test_pods_run_on_while_their_set_is_made_anew(
    access: ClusterAccess, gateways: Gateways, namespace: str, tmp_path: Path
) -> None:
    template = STATEFUL_SET.replace("storage: 1Gi", "storage: {{ .Values.size }}").replace(
        "volumeMounts:", 'command: [sleep, "3600"]\n          volumeMounts:'
    )
    values = VALUES.replace("docker.io/library/nginx:1.29", IMAGE).replace("replicas: 1", "replicas: 2")
    chart = write_chart(tmp_path / "charts", "keeper", {"set.yaml": template}, values + "size: 1Gi\n")

    def request(size: str) -> ReleaseRequest:
        return ReleaseRequest("keeper", namespace, chart, {"size": size}, force_conflicts=True)

    def pods() -> dict[str, str]:
        return {p["metadata"]["name"]: p["metadata"]["uid"] for p in gateways.kubernetes.list("v1/pods", namespace)}

    ref = Ref("apps/v1", "StatefulSet", "keeper", namespace)
    gateways.helm.install_or_upgrade(request("1Gi"))
    _until(lambda: gateways.kubernetes.get(ref)["status"].get("readyReplicas") == 2)
    old, before = gateways.kubernetes.get(ref), pods()

    run: Any = SimpleNamespace(log=lambda *_, **__: None, raise_if_cancelled=lambda: None, left="")
    growth.grow(run, gateways, access, gateways.helm.template(request("2Gi")), namespace)
    new = gateways.kubernetes.get(ref)
    assert new["metadata"]["uid"] != old["metadata"]["uid"]
    assert new["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "2Gi"
    assert {m["manager"] for m in new["metadata"]["managedFields"] if m.get("subresource") != "status"} == {"helm"}
    _until(lambda: gateways.kubernetes.get(ref)["status"].get("readyReplicas") == 2)
    assert pods() == before

    assert gateways.helm.install_or_upgrade(request("2Gi")).status == "deployed"
    time.sleep(5)  # a rollout would have begun
    assert pods() == before
    assert gateways.kubernetes.get(ref)["metadata"]["uid"] == new["metadata"]["uid"]
    for number in range(2):
        claim = gateways.kubernetes.get(Ref("v1", "PersistentVolumeClaim", f"data-keeper-{number}", namespace))
        assert claim["spec"]["resources"]["requests"]["storage"] == str(2 * 2**30)

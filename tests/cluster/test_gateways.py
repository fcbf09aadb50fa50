"""The gateways' promises, kept on a real cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from anywhere.clusters.connection import access_with, way_in
from anywhere.clusters.models import Cluster
from anywhere.clusters.rules import kubeconfig as rules
from anywhere.gateways.connect import Gateways, connect
from anywhere.gateways.kubernetes import Ref
from tests.anywhere.gateways.test_contract import store_as_pending
from tests.support.charts import write_chart
from tests.support.gateway_contract import KubernetesContract, MakeBusy, RealHelmContract, some_namespace

pytestmark = pytest.mark.cluster


@pytest.fixture
def gateways(settings: Any, tmp_path: Path) -> Iterator[Gateways]:
    """Give the gateways to the cluster of KUBECONFIG."""
    settings.RUN_DIR, settings.CHART_CACHE = tmp_path / "run", tmp_path / "charts"
    record = rules.parse(Path(os.environ["KUBECONFIG"]).read_text(), now=timezone.now())
    with connect(access_with(Cluster(), {**way_in(record), **record.secret()})) as found:
        yield found


@pytest.fixture
def namespace(gateways: Gateways) -> Iterator[str]:
    """Give an empty namespace, removed afterwards."""
    name = some_namespace()
    gateways.kubernetes.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    gateways.kubernetes.cancelled = lambda: False
    gateways.kubernetes.delete(Ref("v1", "Namespace", name))


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """Give a chart of one Deployment in the cache."""
    return write_chart(tmp_path / "charts", "web")


@pytest.fixture
def make_busy() -> MakeBusy:
    """Give what makes a revision look as if its worker was lost."""
    return store_as_pending


class TestKubernetesApi(KubernetesContract):
    """The HTTP gateway beside a real API server."""


class TestPyhelm3(RealHelmContract):
    """The Helm gateway beside a real API server."""

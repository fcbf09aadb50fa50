"""A namespace of its own on the cluster of $KUBECONFIG, and releases of our charts in it."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kubernetes import client, config

from tests.charts.chart import CHARTS, ROOT, find_helm
from tests.cluster.charts.ledger import REPORTS
from tests.cluster.charts.release import SLOW, Release


@pytest.fixture(scope="session")
def api() -> client.CoreV1Api:
    """The API of the cluster under test."""
    assert os.environ.get("KUBECONFIG"), "These tests need a cluster: set KUBECONFIG."
    return client.CoreV1Api(config.new_client_from_config(os.environ["KUBECONFIG"]))


@pytest.fixture(scope="session")
def packed_charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each chart, the library vendored as it is published."""
    target = tmp_path_factory.mktemp("charts")
    for name in CHARTS:
        shutil.copytree(ROOT / name, target / name)
        shutil.copytree(ROOT / "common", target / name / "charts" / "common")
    return target


@pytest.fixture(scope="module")
def namespace(api: client.CoreV1Api) -> Iterator[str]:
    """A namespace that enforces the restricted Pod Security Standard; removed with all it holds."""
    name = f"charts-{secrets.token_hex(4)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name, labels=labels)))
    yield name
    api.delete_namespace(name)


@pytest.fixture(scope="module")
def release(
    api: client.CoreV1Api, namespace: str, packed_charts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Release]:
    """Makes the handle of a release from its name and its chart."""
    workdir = tmp_path_factory.mktemp("values")
    helm = find_helm()
    kubectl = shutil.which("kubectl") or str(Path(helm).parent / "kubectl")

    def make(name: str, chart: str) -> Release:
        return Release(name, namespace, packed_charts / chart, helm, kubectl, api, workdir)

    return make


@pytest.fixture(scope="module")
def lake(release: Callable[[str, str], Release]) -> Release:
    """An object store that other releases of the namespace are bound to."""
    made = release("lake", "object-store")
    made.bring_up(seconds=SLOW)
    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what the clients were told."""
    if REPORTS:
        terminalreporter.section("what the clients saw")
        for report in REPORTS:
            terminalreporter.write_line(str(report))


@pytest.fixture(scope="session")
def power() -> Callable[[str, str], None]:
    """Cuts the power of a node, or pulls its cable, and brings it back: power("off" | "on" | "cut" | "heal", node)."""
    tool = os.environ.get("ANYWHERE_CLUSTER_TOOL")
    assert tool, "This test cuts the power of a node: set ANYWHERE_CLUSTER_TOOL (TOOL node off|on|cut|heal NAME)."

    def switch(what: str, node: str) -> None:
        subprocess.run([*tool.split(), "node", what, node], check=True, timeout=120, capture_output=True)

    return switch

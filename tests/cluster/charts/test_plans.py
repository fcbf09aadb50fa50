"""Every plan of every chart, as many servers as it says with less of everything: it starts, and `helm test` passes."""

import time
from collections.abc import Callable, Iterator, Mapping

import pytest
import yaml
from kubernetes import client

from catalog.rules.values import holds, overlay
from tests.charts.chart import CHARTS, ROOT
from tests.cluster.charts import model_client, postgresql_client
from tests.cluster.charts.cassandra_client import CHEAP
from tests.cluster.charts.ledger import Healthy, keep
from tests.cluster.charts.release import SLOW, Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
PLANS = [(chart, path.stem) for chart in CHARTS for path in sorted((ROOT / chart / "plans").glob("*.yaml"))]
# What the values below may change of a plan: how much of the machine it takes, and how far it may grow by itself.
AMOUNTS = {"cpu", "memory", "size", "scratch", "maximum"}
TINY = {"cpu": "20m", "memory": "64Mi"}
JAVA = {"cpu": "150m", "memory": "1Gi"}
DISK = {"size": "1Gi"}
LESS: dict[str, dict] = {
    "cassandra": CHEAP,
    "jupyter": {"resources": {"cpu": "50m", "memory": "512Mi"}, "persistence": DISK},
    "kafka": {
        "resources": {"cpu": "50m", "memory": "768Mi"},
        "persistence": DISK,
        "controller": {"resources": {"cpu": "50m", "memory": "512Mi"}, "persistence": DISK},
    },
    "model-server": {
        "modelName": model_client.MODEL,
        "models": [{"version": "2", "weight": 100, "claim": "trained", "path": "2/model.joblib"}],
        "example": model_client.REQUEST,
        "resources": {"cpu": "50m", "memory": "1Gi"},
        "router": {"resources": TINY},
        "autoscaling": {"maximum": 2},
    },
    "object-store": {
        "resources": {"cpu": "50m", "memory": "256Mi"},
        "persistence": DISK,
        **{part: {"resources": {"cpu": "20m", "memory": "256Mi"}} for part in ("volume", "filer", "master")},
    },
    "postgresql": {"resources": postgresql_client.CHEAP["resources"], "persistence": DISK},
    "spark": {
        "workers": {"resources": JAVA, "scratch": "1Gi", "autoscaling": {"maximum": 3}},
        "connect": {"resources": JAVA},
        "master": {"resources": {"cpu": "100m", "memory": "384Mi"}},
    },
    "spark-job": {
        "driver": {"resources": {"cpu": "200m", "memory": "1Gi"}},
        "executors": {"resources": {"cpu": "200m", "memory": "1Gi"}, "scratch": "1Gi"},
    },
    "valkey": {
        "resources": {"cpu": "30m", "memory": "96Mi"},
        "proxy": {"resources": TINY},
        "persistence": DISK,
    },
}


# What is tried where package.yaml has a guard: Helm alone must refuse it as the portal does. Other guards have tests
# among those of the chart, and a secret that is kept first is not changed by another value.
TRIED = {
    "persistence.size": "2Gi",
    "persistence.storageClass": "another",
    "fullnameOverride": "moved",
    "clusterDomain": "moved.local",
    "database": "moved",
    "username": "moved",
    "keyspace": "moved",
    "datacenter": "moved",
    "clusterName": "moved",
    "modelName": "moved",
    "apart": "zones",
}


def guarded(chart: str, live: Mapping) -> dict[str, dict]:
    """Values that the guards of a chart refuse, by their paths."""
    package = yaml.safe_load((ROOT / chart / "package.yaml").read_text())
    found = {}
    for guard in package["guards"]:
        ends = [value for end, value in TRIED.items() if guard["path"] == end or guard["path"].endswith(f".{end}")]
        # Model servers keep no Secret, in which the domain would be remembered.
        if ends and holds(guard, live) and (chart, guard["path"]) != ("model-server", "clusterDomain"):
            for part in reversed(guard["path"].split(".")):
                ends = [{part: ends[0]}]
            found[guard["path"]] = ends[0]
    return found


def leaves(values: Mapping, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """The values at the ends of nested ones, with the way to each."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def asked(chart: str, plan: str) -> dict[tuple[str, ...], object]:
    """What a plan says, but for the amounts that are less here."""
    said = yaml.safe_load((ROOT / chart / "plans" / f"{plan}.yaml").read_text())
    return {way: value for way, value in leaves(said) if way[-1] not in AMOUNTS}


def grown(made: Release) -> bool:
    """Whether what grows by load has as many copies as it has at least."""
    apps, scaling = (each(made.api.api_client) for each in (client.AppsV1Api, client.AutoscalingV2Api))
    labels = f"app.kubernetes.io/instance={made.name}"
    wanted = {
        (item.spec.scale_target_ref.kind, item.spec.scale_target_ref.name): item.spec.min_replicas
        for item in scaling.list_namespaced_horizontal_pod_autoscaler(made.namespace, label_selector=labels).items
    }
    found = {
        (kind, item.metadata.name): item.status.ready_replicas or 0
        for kind, items in (
            ("Deployment", apps.list_namespaced_deployment(made.namespace, label_selector=labels).items),
            ("StatefulSet", apps.list_namespaced_stateful_set(made.namespace, label_selector=labels).items),
        )
        for item in items
    }
    return all(found.get(target, 0) >= least for target, least in wanted.items())


@pytest.fixture(scope="module")
def trained(release: Callable[[str, str], Release]) -> None:
    """The models that the model servers serve."""
    model_client.train(release("models", "model-server"), "docker.io/seldonio/mlserver:1.7.1")


@pytest.mark.parametrize(("chart", "plan"), PLANS)
def test_it_starts_and_answers(chart: str, plan: str, release: Callable[[str, str], Release], trained: None) -> None:
    made = release(f"{plan}-{chart}", chart)
    started = time.monotonic()
    made.bring_up(
        LESS[chart], plan=plan, seconds=3 * SLOW if chart == "cassandra" else SLOW
    )  # one node after the other
    eventually(lambda: grown(made), "as many as at least", SLOW)
    made.wait_for_all(SLOW)
    seconds = time.monotonic() - started
    live = dict(leaves(made.values()))
    said = asked(chart, plan)
    assert {way: live.get(way) for way in said} == said
    made.test()
    if plan == "small" and chart != "spark-job":
        tried = guarded(chart, made.values())
        assert "fullnameOverride" in tried
        for path, values in tried.items():
            assert path.rpartition(".")[2] in made.refused(overlay([LESS[chart], values])), path
    made.uninstall()
    keep(Healthy(f"{chart}, plan {plan}", seconds))

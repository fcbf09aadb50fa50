"""Every plan of every chart, as many servers as it says with less of everything: it starts, and `helm test` passes."""

import time
from collections.abc import Callable, Iterator, Mapping

import pytest
import yaml
from kubernetes import client

from tests.charts.chart import CHARTS, ROOT
from tests.cluster.charts import model_client
from tests.cluster.charts.ledger import Healthy, keep
from tests.cluster.charts.release import SLOW, Release, eventually
from tests.cluster.charts.sizes import LESS

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
PLANS = [(chart, path.stem) for chart in CHARTS for path in sorted((ROOT / chart / "plans").glob("*.yaml"))]
# What the values below may change of a plan: how much of the machine it takes, and how far it may grow by itself.
AMOUNTS = {"cpu", "memory", "size", "scratch", "maximum"}


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
    model_client.train(release("models", "model-server"), model_client.IMAGE)


@pytest.mark.parametrize(("chart", "plan"), PLANS)
def test_it_starts_and_answers(chart: str, plan: str, release: Callable[[str, str], Release], trained: None) -> None:
    made = release(f"{plan}-{chart}", chart)
    started = time.monotonic()
    made.bring_up(LESS[chart], plan=plan, seconds=3 * SLOW if chart == "cassandra" else SLOW)
    eventually(lambda: grown(made), "as many as at least", SLOW)
    made.wait_for_all(SLOW)
    seconds = time.monotonic() - started
    live = dict(leaves(made.values()))
    said = asked(chart, plan)
    assert {way: live.get(way) for way in said} == said
    made.test()
    made.uninstall()
    keep(Healthy(f"{chart}, plan {plan}", seconds))

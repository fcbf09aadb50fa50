"""Two versions with two copies each and two routers: changed, killed, scaled and rolled back while clients ask."""

from collections.abc import Callable

import pytest
from kubernetes import client

from tests.cluster.charts import model_client
from tests.cluster.charts.model_client import MODEL, Client, deployment
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
IMAGE = "docker.io/seldonio/mlserver:1.7.1"
STANDARD = {
    "modelName": MODEL,
    "resources": {"cpu": "20m", "memory": "384Mi"},
    "router": {"replicas": 2, "resources": {"cpu": "10m", "memory": "48Mi"}},
    "service": {"type": "NodePort"},
    "networkPolicy": {"clients": "anywhere"},
}


def shares(one: int, two: int, **more: object) -> dict:
    """Values with these weights."""
    weights = (("1", one), ("2", two))
    found = [{"version": v, "weight": w, "claim": "trained", "path": f"{v}/model.joblib"} for v, w in weights]
    return {**STANDARD, "models": found, **more}


@pytest.fixture(scope="module")
def models(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share, in the standard plan with less of everything."""
    made = release("models", "model-server")
    model_client.train(made, IMAGE)
    made.bring_up(shares(100, 0), plan="standard")
    return made


@pytest.fixture
def asked(models: Release) -> Client:
    """A client of the endpoint."""
    return Client(model_client.address(models))


def settled(models: Release) -> None:
    """Waits until all is as asked for and no router leaves any more."""
    models.wait_for_all()
    eventually(lambda: len(models.pods()) == 2, "the former routers are gone", 180)


def told(asked: Client, what: str) -> None:
    """Keeps the report; no request may have failed."""
    assert asked.report(what).failed == 0, asked.failures[:3]


def test_a_canary_and_the_way_back_under_load(models: Release, asked: Client) -> None:
    with asked.asking(threads=3):
        models.bring_up(shares(50, 50), plan="standard")
        settled(models)
        assert Client(asked.base).share(60).keys() == {"1", "2"}
        answer = models.run(models.helm, "rollback", models.name, "1", "--namespace", models.namespace)
        assert answer.returncode == 0, answer.stderr
        settled(models)
        assert Client(asked.base).share(60).keys() == {"1"}
    told(asked, "model-server, two routers: 50 % to another version, and rolled back")


def test_a_killed_copy_is_not_noticed(models: Release, asked: Client) -> None:
    with asked.asking(threads=3):
        pod = models.pods("version-1")[0].metadata.name
        models.api.delete_namespaced_pod(pod, models.namespace, grace_period_seconds=0)
        asked.wait_for(60)
        models.wait_for_all()
    told(asked, "model-server, two copies: one killed")


def test_a_drained_router_is_not_noticed(models: Release, asked: Client) -> None:
    with asked.asking(threads=3):
        body = client.V1Eviction(metadata=client.V1ObjectMeta(name=models.pods()[0].metadata.name))
        models.api.create_namespaced_pod_eviction(body.metadata.name, models.namespace, body)
        settled(models)
    told(asked, "model-server, two routers: one evicted")


def test_a_killed_router_costs_at_most_the_requests_it_was_about(models: Release, asked: Client) -> None:
    with asked.asking(threads=3):
        name = models.pods()[0].metadata.name
        models.api.delete_namespaced_pod(name, models.namespace, grace_period_seconds=0)
        asked.wait_for(60)
        settled(models)
    report = asked.report("model-server, two routers: one killed")
    assert report.failed <= 3 * 3, asked.failures


def test_more_and_fewer_copies_under_load(models: Release, asked: Client) -> None:
    with asked.asking(threads=3):
        models.bring_up(shares(100, 0, replicas=3), plan="standard")
        assert deployment(models, "1").status.ready_replicas == 3
        models.bring_up(shares(100, 0, replicas=1), plan="standard")
        eventually(lambda: len(models.pods("version-1")) == 1, "the copies are gone", 120)
    told(asked, "model-server: two copies to three to one")


def test_copies_follow_the_load(models: Release, asked: Client) -> None:
    load = {"enabled": True, "minimum": 1, "maximum": 2, "cpuPercent": 10}
    with asked.asking(threads=3):
        answer = models.apply(shares(100, 0, autoscaling=load, replicas=1), plan="standard")
        assert answer.returncode == 0, answer.stderr
        eventually(lambda: deployment(models, "1").status.ready_replicas == 2, "a second copy came by load", 400)
    told(asked, "model-server: a second copy by load")

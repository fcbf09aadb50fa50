"""Two versions with two copies each and two routers: upgraded, changed, killed and scaled while clients ask.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a machine and brings it back: TOOL node off|on NAME.
"""

import time
from collections.abc import Callable

import pytest
from kubernetes import client

from tests.cluster.charts import model_client
from tests.cluster.charts.model_client import MODEL, Client, deployment
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
IMAGE = "docker.io/seldonio/mlserver:1.7.1"
THREADS = 3
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
    made.bring_up(shares(100, 0, serverVersion="1.7.0"), plan="standard")
    return made


@pytest.fixture
def asked(models: Release) -> Client:
    """A client of the endpoint."""
    return Client(model_client.address(models))


def settled(models: Release) -> None:
    """Waits until all is as asked for and no router leaves any more."""
    models.wait_for_all()
    eventually(lambda: len(models.pods()) == 2, "the former routers are gone", 180)


def move(models: Release, part: str, node: str, to: str = "") -> None:
    """Moves what of a part is on a machine to another one."""
    nodes = {each.metadata.name for each in models.api.list_node().items}
    closed = nodes - {to} if to else {node}
    for each in closed:
        models.api.patch_node(each, {"spec": {"unschedulable": True}})
    try:
        for pod in models.pods(part):
            if pod.spec.node_name == node:
                models.api.delete_namespaced_pod(pod.metadata.name, models.namespace)
        eventually(lambda: all(pod.spec.node_name != node for pod in models.pods(part)), "it has left", 180)
        settled(models)
    finally:
        for each in closed:
            models.api.patch_node(each, {"spec": {"unschedulable": None}})


def apart(models: Release, part: str) -> None:
    """Moves one of the two pods of a part that are on one machine."""
    if len(models.places(part)) == 1:
        models.api.delete_namespaced_pod(models.pods(part)[0].metadata.name, models.namespace)
        settled(models)
        assert len(models.places(part)) == 2


def alive(models: Release, node: str) -> bool:
    """Whether the cluster hears of a machine."""
    conditions = models.api.read_node_status(node).status.conditions
    return any(each.type == "Ready" and each.status == "True" for each in conditions)


def told(asked: Client, what: str, seconds: float | None = None) -> None:
    """Keeps the report; no request may have failed."""
    assert asked.report(what, seconds).failed == 0, asked.failures[:3]


def test_the_next_version_of_the_server_under_load(models: Release, asked: Client) -> None:
    assert asked.http.get(f"{asked.base}/v2").json()["version"] == "1.7.0"
    with asked.asking(threads=THREADS):
        seconds = models.bring_up(shares(100, 0), plan="standard")
        settled(models)
        assert asked.http.get(f"{asked.base}/v2").json()["version"] == "1.7.1"
    told(asked, "model-server, two routers, two copies: 1.7.0 to 1.7.1", seconds)


def test_a_canary_and_the_way_back_under_load(models: Release, asked: Client) -> None:
    with asked.asking(threads=THREADS):
        models.bring_up(shares(50, 50), plan="standard")
        settled(models)
        assert Client(asked.base).share(60).keys() == {"1", "2"}
        answer = models.run(models.helm, "rollback", models.name, "2", "--namespace", models.namespace)
        assert answer.returncode == 0, answer.stderr
        settled(models)
        assert Client(asked.base).share(60).keys() == {"1"}
    told(asked, "model-server, two routers: 50 % to another version, and rolled back")


def test_a_killed_copy_is_not_noticed(models: Release, asked: Client) -> None:
    with asked.asking(threads=THREADS):
        pod = models.pods("version-1")[0].metadata.name
        models.api.delete_namespaced_pod(pod, models.namespace, grace_period_seconds=0)
        asked.wait_for(60)
        models.wait_for_all()
    told(asked, "model-server, two copies: one killed")


def test_a_drained_router_is_not_noticed(models: Release, asked: Client) -> None:
    with asked.asking(threads=THREADS):
        body = client.V1Eviction(metadata=client.V1ObjectMeta(name=models.pods()[0].metadata.name))
        models.api.create_namespaced_pod_eviction(body.metadata.name, models.namespace, body)
        settled(models)
    told(asked, "model-server, two routers: one evicted")


def test_a_killed_router_costs_at_most_the_requests_it_was_about(models: Release, asked: Client) -> None:
    with asked.asking(threads=THREADS):
        name = models.pods()[0].metadata.name
        models.api.delete_namespaced_pod(name, models.namespace, grace_period_seconds=0)
        asked.wait_for(60)
        settled(models)
    report = asked.report("model-server, two routers: one killed")
    assert report.failed <= THREADS * 3, asked.failures


def test_more_and_fewer_copies_under_load(models: Release, asked: Client) -> None:
    with asked.asking(threads=THREADS):
        models.bring_up(shares(100, 0, replicas=3), plan="standard")
        assert deployment(models, "1").status.ready_replicas == 3
        models.bring_up(shares(100, 0, replicas=1), plan="standard")
        eventually(lambda: len(models.pods("version-1")) == 1, "the copies are gone", 120)
    told(asked, "model-server: two copies to three to one")


def test_copies_follow_the_load(models: Release, asked: Client) -> None:
    load = {"enabled": True, "minimum": 1, "maximum": 2, "cpuPercent": 10}
    with asked.asking(threads=THREADS):
        answer = models.apply(shares(100, 0, autoscaling=load, replicas=1), plan="standard")
        assert answer.returncode == 0, answer.stderr
        eventually(lambda: deployment(models, "1").status.ready_replicas == 2, "a second copy came by load", 400)
    told(asked, "model-server: a second copy by load")


@pytest.mark.parametrize(("which", "failed"), [("a copy", 0), ("a copy and a router", THREADS)])
def test_a_machine_without_power_costs_at_most_the_requests_that_were_on_it(
    models: Release, power: Callable[[str, str], None], which: str, failed: int
) -> None:
    """A connection that is not made in two seconds is tried again; what was asked is asked once."""
    for part in ("version-1", "server"):
        apart(models, part)
    lost = min(models.places("version-1"))
    if lost not in models.places("server"):
        move(models, "server", min(models.places("server")), to=lost)
    if which == "a copy":
        move(models, "server", lost)
    other = min({node.metadata.name for node in models.api.list_node().items} - {lost})
    asked = Client(model_client.address(models, other), tries=5)
    with asked.asking(threads=THREADS):
        power("off", lost)
        try:
            asked.wait_for(200, 240)
            eventually(lambda: not alive(models, lost), "the cluster knows that the machine is off", 120)
            asked.wait_for(200, 240)
        finally:
            power("on", lost)
        started = time.monotonic()
        eventually(lambda: alive(models, lost), "the machine is back", 120)
        settled(models)
        seconds = time.monotonic() - started
    report = asked.report(f"model-server, two routers, two copies: a machine with {which} off and on", seconds)
    assert report.failed <= failed, asked.failures
    assert report.longest_pause <= 20

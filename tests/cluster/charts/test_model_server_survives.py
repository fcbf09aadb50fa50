"""Two versions with two copies each and two routers: upgraded, changed, killed and scaled while clients ask.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a machine and brings it back: TOOL node off|on NAME.
"""

import time
from collections.abc import Callable

import pytest
from kubernetes import client

from tests.cluster.charts import model_client
from tests.cluster.charts.ledger import Healthy, keep
from tests.cluster.charts.model_client import IMAGE, MODEL, REQUEST, Client, deployment
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
THREADS = 3
# Prints whom it killed.
KILL_WORKERS = """
for process in /proc/[0-9]*; do
  if grep -q '^nginx: worker' "$process/cmdline"; then kill -9 "${process#/proc/}" && echo "${process#/proc/}"; fi
done
"""
STANDARD = {
    "modelName": MODEL,
    "example": REQUEST,
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
    with models.closed(*(nodes - {to} if to else {node})):
        for pod in models.pods(part):
            if pod.spec.node_name == node:
                models.api.delete_namespaced_pod(pod.metadata.name, models.namespace)
        eventually(lambda: all(pod.spec.node_name != node for pod in models.pods(part)), "it has left", 180)
        settled(models)


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


def told(asked: Client, what: str, seconds: float | None) -> None:
    """Keeps the report; no request may have failed. `seconds` to healthy are None where no pod ever was not."""
    assert asked.report(what, seconds).failed == 0, asked.failures[:3]


def is_ready(pod: client.V1Pod) -> bool:
    """Whether a pod takes requests."""
    return any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions or [])


def replaced(models: Release, pod: str, part: str = "server") -> float:
    """Waits until a pod is gone and two others of its part are ready; gives the seconds."""
    started = time.monotonic()

    def whole() -> bool:
        there = models.staying(part)
        return len(there) == 2 and all(each.metadata.name != pod and is_ready(each) for each in there)

    eventually(whole, f"another one is there for {pod}", 300)
    return time.monotonic() - started


def test_the_next_version_of_the_server_under_load(models: Release, asked: Client) -> None:
    """A former copy on its way out may be asked until every router's machine knows that it leaves."""
    assert asked.servers() == {"1.7.0"}
    with asked.asking(threads=THREADS):
        seconds = models.bring_up(shares(100, 0), plan="standard")
        eventually(lambda: asked.servers() == {"1.7.1"}, "the next version alone answers", 60)
    told(asked, "model-server, two routers, two copies: 1.7.0 to 1.7.1", seconds)


def test_a_canary_and_the_way_back_under_load(models: Release, asked: Client) -> None:
    with asked.asking(threads=THREADS):
        seconds = models.bring_up(shares(50, 50), plan="standard")
        settled(models)
        assert Client(asked.base).share(60).keys() == {"1", "2"}
        answer = models.run(models.helm, "rollback", models.name, "2", "--namespace", models.namespace)
        assert answer.returncode == 0, answer.stderr
        settled(models)
        assert Client(asked.base).share(60).keys() == {"1"}
    told(asked, "model-server, two routers: 50 % to another version, and rolled back", seconds)


def test_a_killed_copy_is_not_noticed(models: Release, asked: Client) -> None:
    with asked.asking(threads=THREADS):
        pod = models.pods("version-1")[0].metadata.name
        models.api.delete_namespaced_pod(pod, models.namespace, grace_period_seconds=0)
        seconds = replaced(models, pod, "version-1")
        asked.wait_for(60)
    told(asked, "model-server, two copies: one killed", seconds)


def test_a_drained_router_is_not_noticed(models: Release, asked: Client) -> None:
    with asked.asking(threads=THREADS):
        pod = models.pods()[0].metadata.name
        body = client.V1Eviction(metadata=client.V1ObjectMeta(name=pod))
        models.api.create_namespaced_pod_eviction(pod, models.namespace, body)
        seconds = replaced(models, pod)
        settled(models)
    told(asked, "model-server, two routers: one evicted", seconds)


def test_a_killed_router_costs_a_second_try_of_what_it_was_about(models: Release) -> None:
    asked = Client(model_client.address(models), again=True)
    with asked.asking(threads=THREADS):
        pod = models.pods()[0].metadata.name
        models.api.delete_namespaced_pod(pod, models.namespace, grace_period_seconds=0)
        seconds = replaced(models, pod)
        asked.wait_for(60)
        settled(models)
    told(asked, "model-server, two routers: one killed", seconds)
    assert len(asked.repeated) <= THREADS, asked.repeated


def test_a_router_whose_processes_are_killed_costs_a_second_try_of_what_it_was_about(models: Release) -> None:
    """Twenty times: a force-deleted pod may still answer what it has, a killed process answers nothing."""
    asked = Client(model_client.address(models), again=True)
    settled(models)
    pod, times = models.pods()[0].metadata.name, 20
    with asked.asking(threads=THREADS):
        for _ in range(times):
            assert models.execute(pod, "sh", "-c", KILL_WORKERS).split()
            asked.wait_for(10)
    told(asked, f"model-server, two routers: the processes of one killed {times} times", None)
    assert len(asked.repeated) <= times * THREADS, asked.repeated


def test_more_and_fewer_copies_under_load(models: Release, asked: Client) -> None:
    with asked.asking(threads=THREADS):
        seconds = models.bring_up(shares(100, 0, replicas=3), plan="standard")
        assert deployment(models, "1").status.ready_replicas == 3
        models.bring_up(shares(100, 0, replicas=1), plan="standard")
        eventually(lambda: len(models.pods("version-1")) == 1, "the copies are gone", 120)
    told(asked, "model-server: two copies to three to one", seconds)


def test_more_and_fewer_routers_under_load(models: Release, asked: Client) -> None:
    models.bring_up(shares(100, 0), plan="standard")
    router = STANDARD["router"]
    with asked.asking(threads=THREADS):
        seconds = models.bring_up(shares(100, 0, router={**router, "replicas": 3}), plan="standard")
        assert len(models.pods()) == 3
        models.bring_up(shares(100, 0), plan="standard")
        settled(models)
    told(asked, "model-server: two routers to three to two", seconds)


def test_copies_follow_the_load(models: Release, asked: Client) -> None:
    load = {"enabled": True, "minimum": 1, "maximum": 2, "cpuPercent": 10}
    with asked.asking(threads=THREADS):
        started = time.monotonic()
        answer = models.apply(shares(100, 0, autoscaling=load, replicas=1), plan="standard")
        assert answer.returncode == 0, answer.stderr
        eventually(lambda: deployment(models, "1").status.ready_replicas == 2, "a second copy came by load", 400)
        seconds = time.monotonic() - started
    told(asked, "model-server: a second copy by load", seconds)


@pytest.mark.parametrize(("which", "patience", "repeated"), [("a copy", 60, 0), ("a copy and a router", 12, THREADS)])
def test_a_machine_without_power_costs_a_second_try_of_what_its_router_was_about(
    models: Release, power: Callable[[str, str], None], which: str, patience: float, repeated: int
) -> None:
    """Nothing says that a router's machine is off: what it was about is asked again when no answer came in 12 s."""
    models.bring_up(shares(100, 0), plan="standard")
    for part in ("version-1", "server"):
        apart(models, part)
    lost = min(models.places("version-1"))
    if lost not in models.places("server"):
        move(models, "server", min(models.places("server")), to=lost)
    if which == "a copy":
        move(models, "server", lost)
    other = min({node.metadata.name for node in models.api.list_node().items} - {lost})
    asked = Client(model_client.address(models, other), again=True, patience=patience)
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
    told(asked, f"model-server, two routers, two copies: a machine with {which} off and on", seconds)
    assert len(asked.repeated) <= repeated, asked.repeated
    assert asked.longest <= 20


def test_uninstalled_and_installed_again_the_tests_of_both_pass(models: Release) -> None:
    for _ in range(2):
        seconds = models.bring_up(shares(60, 40), plan="standard")
        settled(models)
        assert len(models.staying()) == len(models.staying("version-1")) == len(models.staying("version-2")) == 2
        assert "Each version of the model answers." in models.test()
        assert Client(model_client.address(models)).share(60).keys() == {"1", "2"}
        models.uninstall()
    keep(Healthy("model-server, two versions: installed again", seconds))

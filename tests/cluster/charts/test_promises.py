"""What every chart promises: doors shut to others, secrets that stay whoever applies, guards that Helm alone keeps."""

from collections.abc import Callable, Iterator, Mapping

import pytest
import yaml
from kubernetes import client

from catalog.rules.values import holds, overlay
from tests.charts.chart import CHARTS, ROOT
from tests.cluster.charts import model_client
from tests.cluster.charts.knocking import knock, reaches
from tests.cluster.charts.release import LOOKING, SLOW, Release, eventually
from tests.cluster.charts.sizes import LESS

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
SERVICES = [chart for chart in CHARTS if chart != "spark-job"]
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


def there(path: str, live: Mapping) -> bool:
    """Whether the part that a path speaks of is there: with one server, other parts are not."""
    part = path.split(".", maxsplit=1)[0]
    return live["controllers"] > 0 if part == "controller" else live[part].get("replicas") != 0 if "." in path else True


def guarded(chart: str, live: Mapping) -> dict[str, dict]:
    """Values that the guards of a chart refuse, by their paths."""
    package = yaml.safe_load((ROOT / chart / "package.yaml").read_text())
    found = {}
    for path in [guard["path"] for guard in package["guards"] if holds(guard, live)]:
        for end, value in TRIED.items():
            if there(path, live) and f".{path}".endswith(f".{end}"):
                changed: object = value
                for part in reversed(path.split(".")):
                    changed = {part: changed}
                found[path] = changed
    return found


def values(chart: str, clients: str = "namespace") -> dict:
    """The smallest sizes, for these clients."""
    return overlay([LESS[chart], {"networkPolicy": {"clients": clients}}])


@pytest.fixture(scope="module")
def elsewhere(api: client.CoreV1Api, namespace: str) -> Iterator[str]:
    """Another namespace of the cluster."""
    name = f"{namespace}-elsewhere"
    api.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=name)))
    yield name
    api.delete_namespace(name)


@pytest.fixture(scope="module", params=SERVICES)
def made(request: pytest.FixtureRequest, release: Callable[[str, str], Release]) -> Iterator[Release]:
    """A service of each chart in its small plan, which the namespace alone may reach."""
    chart = request.param
    if chart == "model-server":
        model_client.train(release("models", chart), model_client.IMAGE)
    made = release(f"the-{chart}", chart)
    made.bring_up(values(chart), seconds=SLOW)
    yield made
    made.uninstall()


def test_it_is_shut_to_other_namespaces(made: Release, elsewhere: str) -> None:
    chart = made.chart.name
    endpoint = yaml.safe_load((ROOT / chart / "package.yaml").read_text())["endpoints"][0]
    service = endpoint["service"].replace("{fullname}", made.name)
    where = (f"{service}.{made.namespace}.svc.cluster.local", endpoint["port"])
    for namespace in (made.namespace, elsewhere):
        knock(made, namespace)
    eventually(lambda: reaches(made, made.namespace, *where), "a pod of the namespace connects", 60)
    assert not reaches(made, elsewhere, *where)
    made.bring_up(values(chart, clients="cluster"), seconds=SLOW)
    eventually(lambda: reaches(made, elsewhere, *where), "a pod of another namespace connects when all may", 60)
    made.bring_up(values(chart), seconds=SLOW)
    eventually(lambda: not reaches(made, elsewhere, *where), "and does not any more", 60)
    assert not any(reaches(made, elsewhere, *where) for _ in range(3))
    assert reaches(made, made.namespace, *where)


def secrets(made: Release) -> dict[str, dict]:
    """All Secrets of a release."""
    labels = f"app.kubernetes.io/instance={made.name}"
    found = made.api.list_namespaced_secret(made.namespace, label_selector=labels).items
    return {item.metadata.name: item.data for item in found}


def test_its_secrets_stay_whoever_applies(made: Release) -> None:
    before, given = secrets(made), values(made.chart.name)
    assert before
    for _ in range(2):
        made.apply_as_others(made.rendered(given, "small", *LOOKING))
        made.wait_for_all(SLOW)
        assert secrets(made) == before
    answer = made.run(
        made.helm, "upgrade", made.name, made.chart, "-n", made.namespace, "--reuse-values", "--force-conflicts"
    )
    assert answer.returncode == 0, answer.stderr
    made.wait_for_all(SLOW)
    assert secrets(made) == before


def test_helm_alone_keeps_its_guards(made: Release) -> None:
    chart = made.chart.name
    tried = guarded(chart, made.values())
    assert "fullnameOverride" in tried
    for path, changed in tried.items():
        assert path.rpartition(".")[2] in made.refused(overlay([values(chart), changed])), path


@pytest.mark.parametrize(
    ("chart", "named", "path"),
    [
        ("kafka", {"tls": {"enabled": True, "secret": "nowhere"}}, "tls.secret"),
        (
            "jupyter",
            {"source": {"git": {"url": "https://git.example/a.git", "secret": "nowhere"}}},
            "source.git.secret",
        ),
        ("valkey", {"users": [{"name": "web", "keys": ["*"], "passwordSecret": "nowhere"}]}, "The user web"),
        ("jupyter", {"bindings": {"objectStore": "nowhere"}}, "bindings.objectStore"),
        ("postgresql", {"bindings": {"objectStore": "nowhere"}}, "bindings.objectStore"),
        ("spark", {"bindings": {"kafka": "nowhere"}}, "bindings.kafka"),
        ("spark-job", {"bindings": {"cassandra": "nowhere"}}, "bindings.cassandra"),
        ("model-server", {"bindings": {"objectStore": "nowhere"}}, "bindings.objectStore"),
    ],
)
def test_a_secret_that_is_named_and_not_there_is_refused(
    release: Callable[[str, str], Release], chart: str, named: dict, path: str
) -> None:
    wanted = release(f"no-{chart}", chart)
    answer = wanted.apply(overlay([LESS[chart], named]))
    assert answer.returncode != 0
    said = answer.stderr
    assert path in said and "nowhere" in said and "not in the namespace" in said
    records = wanted.api.list_namespaced_secret(wanted.namespace, label_selector=f"owner=helm,name={wanted.name}")
    assert not records.items and not secrets(wanted)

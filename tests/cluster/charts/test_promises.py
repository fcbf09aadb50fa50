"""What every chart promises: doors shut to others, secrets that stay whoever applies, guards that Helm alone keeps."""

import re
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
# among those of the chart.
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
    "clusterId": "MkU3OEVBNTcwNTJENDM2Qg",
    "internalPassword": "Another-password",
    "adminPassword": "Another-password",
    "apart": "zones",
}
# At least so many ports are listened at beside those for clients and Prometheus, in the smallest size.
INNER = {"cassandra": 1, "kafka": 2, "model-server": 1, "object-store": 1, "spark": 3}


def there(path: str, live: Mapping) -> bool:
    """Whether the part that a path speaks of is there: with one server, other parts are not."""
    part = path.split(".", maxsplit=1)[0]
    return live["controllers"] > 0 if part == "controller" else live[part].get("replicas") != 0 if "." in path else True


def guarded(chart: str, live: Mapping) -> dict[str, dict]:
    """Values that the guards of a chart refuse, by their paths."""
    found = {}
    for path in [guard["path"] for guard in package(chart)["guards"] if holds(guard, live)]:
        for end, value in TRIED.items():
            if there(path, live) and f".{path}".endswith(f".{end}"):
                changed: object = value
                for part in reversed(path.split(".")):
                    changed = {part: changed}
                found[path] = changed
    return found


def package(chart: str) -> dict:
    """What the package of a chart says."""
    return yaml.safe_load((ROOT / chart / "package.yaml").read_text())


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
    doors = [(f"{name}.{made.namespace}.svc.cluster.local", port) for name, port in ends(made)]
    assert doors

    def opened(namespace: str) -> list[bool]:
        return [reaches(made, namespace, *door) for door in doors]

    for namespace in (made.namespace, elsewhere):
        knock(made, namespace)
    eventually(lambda: all(opened(made.namespace)), "a pod of the namespace connects", 60)
    assert not any(opened(elsewhere))
    made.bring_up(values(chart, clients="cluster"), seconds=SLOW)
    eventually(lambda: all(opened(elsewhere)), "a pod of another namespace connects when all may", 60)
    made.bring_up(values(chart), seconds=SLOW)
    eventually(lambda: not any(opened(elsewhere)), "and does not any more", 60)
    assert not any(any(opened(elsewhere)) for _ in range(3))
    assert all(opened(made.namespace))


def services(made: Release) -> dict[str, client.V1Service]:
    """The Services of a release by their names."""
    labels = f"app.kubernetes.io/instance={made.name}"
    found = made.api.list_namespaced_service(made.namespace, label_selector=labels).items
    return {item.metadata.name: item for item in found}


def ends(made: Release) -> set[tuple[str, int]]:
    """The endpoints of a release that are there: the name of the Service, and its port."""
    named = package(made.chart.name)["endpoints"]
    found = {(entry["service"].replace("{fullname}", made.name), entry["port"]) for entry in named}
    return {(name, port) for name, port in found if name in services(made)}


def inner_ports(made: Release) -> set[tuple[str, int, str]]:
    """The ports at which pods listen, but for those of clients and Prometheus: address, port, whose it is."""
    found = set()
    labels = f"app.kubernetes.io/instance={made.name},app.kubernetes.io/component"
    for pod in made.api.list_namespaced_pod(made.namespace, label_selector=labels).items:
        if pod.status.phase != "Running":
            continue
        declared = {port.name: port.container_port for one in pod.spec.containers for port in one.ports or []}
        known = {declared.get("metrics")}
        for name, port in ends(made):
            service = services(made)[name]
            if service.spec.selector.items() <= pod.metadata.labels.items():
                target = next(one.target_port for one in service.spec.ports if one.port == port)
                known.add(declared.get(target, target))
        for line in made.execute(pod.metadata.name, "cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines():
            _, local, _, state, *_ = line.split()
            address, _, port = local.partition(":")
            if state == "0A" and int(port, 16) not in known and address[-8:] not in {"0100007F", "01000000"}:
                found.add((pod.status.pod_ip, int(port, 16), pod.metadata.name))
    return found


def test_its_inner_ports_are_shut(made: Release, elsewhere: str) -> None:
    for namespace in (made.namespace, elsewhere):
        knock(made, namespace)
    inner = inner_ports(made)
    assert len(inner) >= INNER.get(made.chart.name, 0)
    for namespace in (made.namespace, elsewhere):
        assert not [(port, whose) for ip, port, whose in inner if reaches(made, namespace, ip, port, seconds=2)]


def test_its_nodes_say_what_they_are(made: Release) -> None:
    asked = 0
    for node in package(made.chart.name)["nodes"]:
        for what in {"role", "lag"} & node.keys():
            for pod, said in made.told(node["component"], what).items():
                assert said.isdigit() if what == "lag" else said.isalpha(), (pod, said)
                asked += 1
    assert asked or made.chart.name in {"model-server", "object-store"}, "these nodes are all alike"


def test_an_earlier_series_is_refused_once_a_later_one_runs(made: Release) -> None:
    chart = made.chart.name
    later = {"jupyter": "2099-01-01", "postgresql": "18.99"}.get(chart, "99.9.9")
    with made.written_by(later, "the-model-server-version-2" if chart == "model-server" else ""):
        said = made.refused(values(chart))
    assert later.rpartition(".")[0] in said and ("cannot" in said or "is older" in said), said


def test_no_major_version_is_skipped(made: Release) -> None:
    """A chart knows the versions of one or two series; data of the one before the last are refused in words."""
    chart, major = made.chart.name, int(re.match(r"\d+", made.values()["serverVersion"])[0])
    assert "serverVersion" in made.refused(overlay([values(chart), {"serverVersion": f"{major + 2}.0.0"}]))
    rules = {guard["rule"] for guard in package(chart)["guards"]}
    assert ("no-skip-major" in rules) != (chart in {"postgresql", "jupyter"}), "refused at all, or dates"
    if "no-skip-major" in rules and major > 2:
        with made.written_by(f"{major - 2}.0.0"):
            assert f"from {major - 2} to {major} one major version at a time" in made.refused(values(chart))


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


WAITING = """
import time
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.sparkContext.parallelize(range(4), 2).count()
time.sleep(3600)
"""


def test_a_job_that_runs_is_shut_to_others_and_keeps_its_guard(
    release: Callable[[str, str], Release], elsewhere: str
) -> None:
    job = release("the-job", "spark-job")
    asked = overlay([LESS["spark-job"], {"main": {"text": WAITING}}])
    assert job.apply(asked).returncode == 0

    def listening() -> set[str]:
        running = any(pod.status.phase == "Running" for pod in job.pods("executor"))
        return {whose for _, _, whose in inner_ports(job)} if running else set()

    eventually(lambda: len(listening()) == 2, "the driver and its executor listen", SLOW)
    for namespace in (job.namespace, elsewhere):
        knock(job, namespace)
        assert not [
            (port, whose) for ip, port, whose in inner_ports(job) if reaches(job, namespace, ip, port, seconds=2)
        ]
    assert package("spark-job")["guards"][0]["path"] == "fullnameOverride"
    assert "fullnameOverride" in job.refused({**asked, "fullnameOverride": "moved"})
    job.uninstall()


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

"""A real Prometheus finds the pods by their annotations, loads the alerts of every chart and answers every panel of it.

The alerts are those that the charts hand to the Prometheus Operator; only the time that each must last is cut short.
"""

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import redis
import yaml
from kubernetes import client

from tests.charts.chart import CHARTS, ROOT, only
from tests.cluster.charts import postgresql_client
from tests.cluster.charts.release import Release, eventually
from tests.cluster.charts.valkey_client import by_proxy

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
IMAGE = "quay.io/prometheus/prometheus:v3.5.3"
OPERATOR = ("--api-versions", "monitoring.coreos.com/v1", "--set", "metrics.enabled=true,metrics.operator=true")
WATCHED = [chart for chart in CHARTS if (ROOT / chart / "monitoring/alerts.yaml").is_file()]
RUNNING = ("valkey", "postgresql", "kafka")  # looked at while they run; each server names its release as its chart
OF_THE_CLUSTER = re.compile(r"\b(kubelet|kube|container)_")
FIND = [
    {"source_labels": ["__meta_kubernetes_pod_annotation_prometheus_io_scrape"], "action": "keep", "regex": "true"},
    {"source_labels": ["__meta_kubernetes_pod_annotation_prometheus_io_path"], "target_label": "__metrics_path__"},
    {"source_labels": ["__meta_kubernetes_pod_ip", "__meta_kubernetes_pod_annotation_prometheus_io_port"],
     "separator": ":", "target_label": "__address__"},
    {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
    {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
]  # fmt: skip


class Prometheus:
    """A Prometheus in the namespace of the releases."""

    def __init__(self, api: client.CoreV1Api, namespace: str) -> None:
        self.api, self.namespace = api, namespace

    def start(self, rules: list[dict]) -> None:
        """Starts it with these groups of rules, and an account that may look at the pods of the namespace."""
        pods = {"role": "pod", "namespaces": {"names": [self.namespace]}}
        settings = {
            "global": {"scrape_interval": "5s", "evaluation_interval": "5s"},
            "rule_files": ["/etc/prometheus/rules.yaml"],
            "scrape_configs": [{"job_name": "pods", "kubernetes_sd_configs": [pods], "relabel_configs": FIND}],
        }
        files = {"prometheus.yml": yaml.safe_dump(settings), "rules.yaml": yaml.safe_dump({"groups": rules})}
        rbac, named = client.RbacAuthorizationV1Api(self.api.api_client), {"metadata": {"name": "prometheus"}}
        may = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
        account = {"kind": "ServiceAccount", "name": "prometheus", "namespace": self.namespace}
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "prometheus"}
        self.api.create_namespaced_service_account(self.namespace, named)
        rbac.create_namespaced_role(self.namespace, {**named, "rules": may})
        rbac.create_namespaced_role_binding(self.namespace, {**named, "roleRef": role, "subjects": [account]})
        self.api.create_namespaced_config_map(self.namespace, {**named, "data": files})
        ids = {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}}
        container = {
            "name": "prometheus", "image": IMAGE,
            "args": ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            "readinessProbe": {"httpGet": {"path": "/-/ready", "port": 9090}},
            "volumeMounts": [
                {"name": "settings", "mountPath": "/etc/prometheus"}, {"name": "data", "mountPath": "/prometheus"},
            ],
        }  # fmt: skip
        volumes = [{"name": "settings", "configMap": {"name": "prometheus"}}, {"name": "data", "emptyDir": {}}]
        spec = {"serviceAccountName": "prometheus", "securityContext": ids, "volumes": volumes}
        self.api.create_namespaced_pod(self.namespace, {**named, "spec": {**spec, "containers": [container]}})
        eventually(self._ready, "Prometheus is ready", 180)

    def ask(self, path: str, **query: str) -> dict:
        """The data that it answers with."""
        address = self.api.read_namespaced_pod("prometheus", self.namespace).status.pod_ip
        url = f"http://{address}:9090/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.loads(answer.read())["data"]

    def series(self, expression: str) -> list[dict]:
        """What an expression gives now."""
        return self.ask("query", query=expression)["result"]

    def firing(self) -> set[str]:
        """The alerts that fire now."""
        return {each["labels"]["alertname"] for each in self.ask("alerts")["alerts"] if each["state"] == "firing"}

    def _ready(self) -> bool:
        statuses = self.api.read_namespaced_pod("prometheus", self.namespace).status.container_statuses
        return bool(statuses and statuses[0].ready)


def alerts(made: Release) -> dict:
    """The group of alerts that a chart hands to the Prometheus Operator for the release of its own name."""
    needed = [part for file in made.chart.glob("ci/required-values.yaml") for part in ("--values", file)]
    answer = made.run(made.helm, "template", made.name, made.chart, "-n", made.namespace, *OPERATOR, *needed)
    assert answer.returncode == 0, answer.stderr
    rule = only([each for each in yaml.safe_load_all(answer.stdout) if each], "PrometheusRule")
    return rule["spec"]["groups"][0]


def hasty(group: dict) -> dict:
    """The same alerts, each of which has to last for a moment only."""
    return {**group, "rules": [{**each, "for": "5s"} for each in group["rules"]]}


def panels(chart: str, namespace: str) -> Iterator[str]:
    """The expressions of a chart's dashboard for the release of its own name."""
    for panel in yaml.safe_load((ROOT / chart / "monitoring/dashboard.yaml").read_text())["panels"]:
        for query in panel["queries"]:
            yield query["expression"].replace("$namespace", namespace).replace("$release", chart)


@pytest.fixture(scope="module")
def running(release: Callable[[str, str], Release]) -> dict[str, Release]:
    """The services that are looked at, each with its exporter."""
    found = {name: release(name, name) for name in RUNNING}
    outside = {
        "valkey": {"service": {"type": "NodePort"}, "networkPolicy": {"clients": "anywhere"}},
        "postgresql": postgresql_client.reachable(found["postgresql"]),
    }
    for name, made in found.items():
        made.bring_up({"metrics": {"enabled": True}, **outside.get(name, {})})
    return found


@pytest.fixture(scope="module")
def prometheus(
    api: client.CoreV1Api, namespace: str, release: Callable[[str, str], Release], running: dict[str, Release]
) -> Prometheus:
    """A Prometheus that has looked at them for a while."""
    made = Prometheus(api, namespace)
    made.start([hasty(alerts(release(chart, chart))) for chart in WATCHED])
    eventually(lambda: len(made.series("up == 1")) >= len(RUNNING), "the pods are found", 120)
    time.sleep(30)  # rates want some numbers
    return made


def test_it_takes_the_alerts_of_every_chart_and_none_fires_while_all_is_well(prometheus: Prometheus) -> None:
    groups = prometheus.ask("rules")["groups"]
    found = [rule for group in groups for rule in group["rules"]]
    assert {group["name"] for group in groups} == set(WATCHED)
    assert not [(rule["name"], rule.get("lastError")) for rule in found if rule["health"] != "ok"]
    of_running = {rule["name"] for group in groups for rule in group["rules"] if group["name"] in RUNNING}
    assert not prometheus.firing() & of_running


@pytest.mark.parametrize("chart", WATCHED)
def test_it_answers_every_panel(chart: str, prometheus: Prometheus) -> None:
    """With an error, were one not understood; with numbers for the services that run, if they are their own."""
    answers = {asked: prometheus.series(asked) for asked in panels(chart, prometheus.namespace)}
    own = [asked for asked in answers if not OF_THE_CLUSTER.search(asked)]
    assert own
    if chart in RUNNING:
        assert not [asked for asked in own if not answers[asked]]


@contextmanager
def fires(prometheus: Prometheus, *alerts: str) -> Iterator[None]:
    """What is broken in the block makes these alerts fire; once it is mended behind it, they are over."""
    assert not prometheus.firing() & set(alerts)
    yield
    eventually(lambda: not prometheus.firing() & set(alerts), f"{alerts} are over", 90)


def seen(prometheus: Prometheus, *alerts: str) -> None:
    """Waits until these alerts fire."""
    eventually(lambda: set(alerts) <= prometheus.firing(), f"{alerts} fire", 90)


def test_parts_that_are_gone_are_told(prometheus: Prometheus) -> None:
    """Of these releases nothing runs."""
    seen(prometheus, "SparkMasterIsGone", "SparkConnectIsGone", "ModelDoesNotAnswer")


def test_a_valkey_that_does_not_answer_is_told(prometheus: Prometheus, running: dict[str, Release]) -> None:
    with fires(prometheus, "ValkeyDown"), by_proxy(running["valkey"]) as store, by_proxy(running["valkey"]) as other:
        with suppress(redis.RedisError):  # the script does not come to its end
            store.eval("while true do end", 0)
        seen(prometheus, "ValkeyDown")
        other.script_kill()


def test_a_valkey_without_a_primary_is_told(prometheus: Prometheus, running: dict[str, Release]) -> None:
    alone = ("ValkeyWithoutPrimary", "ValkeyReplicaWithoutPrimary")
    with fires(prometheus, *alone), by_proxy(running["valkey"]) as store:
        store.replicaof("127.0.0.1", 9)
        seen(prometheus, *alone)
        store.replicaof("NO", "ONE")


def test_a_postgresql_with_few_connections_left_is_told(prometheus: Prometheus, running: dict[str, Release]) -> None:
    with fires(prometheus, "PostgreSQLConnections"), ExitStack() as held:
        for _ in range(25):
            held.enter_context(postgresql_client.connected(running["postgresql"], "postgresql-0"))
        seen(prometheus, "PostgreSQLConnections")


def test_a_replica_that_is_away_and_a_server_that_lets_nobody_in_are_told(
    prometheus: Prometheus, running: dict[str, Release]
) -> None:
    admin = {"user": "postgres", "password": running["postgresql"].secret("auth")["admin-password"]}
    with postgresql_client.connected(running["postgresql"], "postgresql-0", **admin) as store, store.cursor() as asked:
        with fires(prometheus, "PostgreSQLReplicaAway"):
            asked.execute("SELECT pg_create_physical_replication_slot('away')")
            seen(prometheus, "PostgreSQLReplicaAway")
            asked.execute("SELECT pg_drop_replication_slot('away')")
        with fires(prometheus, "PostgreSQLDown"):
            asked.execute("ALTER ROLE replicator NOLOGIN")
            asked.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'replicator'")
            seen(prometheus, "PostgreSQLDown")
            asked.execute("ALTER ROLE replicator LOGIN")


def test_an_alert_fires_when_the_memory_is_full_and_is_over_when_there_is_room(
    prometheus: Prometheus, running: dict[str, Release]
) -> None:
    with by_proxy(running["valkey"]) as store:
        room = int(store.info("memory")["maxmemory"])
        keys = [f"filling-{number}" for number in range(32)]
        for key in keys:
            if store.info("memory")["used_memory"] < 0.93 * room:
                store.set(key, b"x" * (room // 32))
        eventually(lambda: "ValkeyMemoryFull" in prometheus.firing(), "the alert fires", 90)
        store.delete(*keys)
        eventually(lambda: "ValkeyMemoryFull" not in prometheus.firing(), "the alert is over", 90)

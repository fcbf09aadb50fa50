"""Every chart where the platform gives the user ids, as OpenShift does: numbers that no image knows.

The platform is a policy of the API server, which writes the ids into each pod of the namespace that asks for none.
"""

from collections.abc import Callable, Iterator

import pytest
from kubernetes import client

from catalog.rules.values import overlay
from tests.charts.chart import CHARTS
from tests.cluster.charts import model_client, postgresql_client
from tests.cluster.charts.cassandra_client import CHEAP
from tests.cluster.charts.release import SLOW, Release, eventually
from tests.cluster.charts.sizes import LESS
from tests.cluster.charts.spark_client import CONNECTORS, TINY

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
USER, GROUP = 1000680000, 0
WRITES = f"Object.spec.securityContext{{runAsUser: {USER}, runAsGroup: {GROUP}, fsGroup: {USER}}}"
POLICIES = ("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicies")
BINDINGS = ("admissionregistration.k8s.io", "v1", "mutatingadmissionpolicybindings")
NUMBERS = {"metrics": {"enabled": True}}
MODEL = {"version": "2", "weight": 100, "claim": "trained", "path": "2/model.joblib"}
# The small plans, made smaller still, with the other images that a chart can have.
VALUES = {
    "cassandra": {**CHEAP, **NUMBERS},
    "jupyter": {"resources": {"cpu": "50m", "memory": "512Mi"}, **NUMBERS},
    "kafka": {"persistence": {"size": "1Gi"}, **NUMBERS},
    "model-server": {
        "modelName": model_client.MODEL,
        "models": [MODEL],
        "example": model_client.REQUEST,
        "resources": {"cpu": "20m", "memory": "384Mi"},
    },
    "object-store": {"persistence": {"size": "1Gi"}, **NUMBERS},
    "postgresql": {
        **postgresql_client.CHEAP,
        "replicas": 2,
        "bindings": {"objectStore": "files-binding"},
        "backup": {"enabled": True},
        **NUMBERS,
    },
    "spark": {key: TINY[key] for key in ("workers", "connect", "master")},
    "spark-job": {"driver": {"resources": {"cpu": "300m"}}, "executors": {"resources": {"cpu": "300m"}}},
    "valkey": {"replicas": 3, **NUMBERS},
}

# Parts that the small plans do not have.
LARGER = {
    "kafka": {"controllers": 3, "replicas": 3},
    "object-store": {"copies": 2, "volume": {"replicas": 2}, "filer": {"replicas": 1}, "master": {"replicas": 1}},
    "spark": {
        "history": {"enabled": True, "resources": {"cpu": "100m", "memory": "600Mi"}},
        "bindings": {"objectStore": "files-binding"},
        **CONNECTORS,
    },
    "valkey": {"cluster": {"enabled": True, "copies": 1}, "replicas": 6},
}
SHAPES = [
    *((chart, {}) for chart in CHARTS),
    *((chart, overlay([LESS[chart], more])) for chart, more in LARGER.items()),
]


@pytest.fixture(scope="module", autouse=True)
def platform(api: client.CoreV1Api, namespace: str) -> Iterator[None]:
    """A platform that gives the same ids to every pod of the namespace that asks for none."""
    objects = client.CustomObjectsApi(api.api_client)
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": namespace}}
    pods = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}, "resourceRules": [pods]}
    written = f"Object{{spec: Object.spec{{securityContext: {WRITES}}}}}"
    asks_for_none = {"name": "asks-for-none", "expression": "!has(object.spec.securityContext.runAsUser)"}
    policy = {
        "matchConstraints": here, "matchConditions": [asks_for_none],
        "failurePolicy": "Fail", "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": written}}],
    }  # fmt: skip
    objects.create_cluster_custom_object(*POLICIES, {**head, "kind": "MutatingAdmissionPolicy", "spec": policy})
    bound = {"policyName": namespace}
    objects.create_cluster_custom_object(*BINDINGS, {**head, "kind": "MutatingAdmissionPolicyBinding", "spec": bound})
    eventually(lambda: given(tried(api, namespace)), "the platform gives ids", 60)
    yield
    objects.delete_cluster_custom_object(*BINDINGS, namespace)
    objects.delete_cluster_custom_object(*POLICIES, namespace)


def tried(api: client.CoreV1Api, namespace: str) -> client.V1Pod:
    """What a pod that is not made would be like."""
    context = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    security = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    spec = {"securityContext": context, "containers": [{"name": "x", "image": "x", "securityContext": security}]}
    return api.create_namespaced_pod(namespace, {"metadata": {"name": "tried"}, "spec": spec}, dry_run="All")


def given(pod: client.V1Pod) -> bool:
    """Whether a pod, and each container of it, runs with the ids that the platform gives."""
    context = pod.spec.security_context
    own = [each.security_context for each in [*(pod.spec.init_containers or []), *pod.spec.containers]]
    alike = (context.run_as_user, context.run_as_group, context.fs_group) == (USER, GROUP, USER)
    return alike and not any(each and (each.run_as_user or each.run_as_group) for each in own)


def pods(made: Release) -> list[client.V1Pod]:
    """All pods of a release."""
    labels = f"app.kubernetes.io/instance={made.name}"
    return made.api.list_namespaced_pod(made.namespace, label_selector=labels).items


@pytest.fixture(scope="module")
def files(release: Callable[[str, str], Release], platform: None) -> Release:
    """The object store in which PostgreSQL has its backups."""
    made = release("files", "object-store")
    made.bring_up({**VALUES["object-store"], "global": {"openshift": True}})
    return made


def bring_up(made: Release, chart: str, more: dict) -> None:
    """Installs a chart for such a platform, and before it what it needs."""
    if chart == "model-server":
        model_client.train(made, model_client.IMAGE)
    made.bring_up(overlay([VALUES[chart], more, {"global": {"openshift": True}}]), seconds=SLOW)


@pytest.mark.parametrize(
    ("chart", "more"), SHAPES, ids=[f"{chart}{', larger' if more else ''}" for chart, more in SHAPES]
)
def test_it_works_with_ids_that_the_platform_gives(
    chart: str, more: dict, release: Callable[[str, str], Release], files: Release
) -> None:
    made = release(f"larger-{chart}" if more else chart, chart)
    bring_up(made, chart, more)
    found = pods(made)
    assert found and all(given(pod) for pod in found)
    made.test()
    made.api.delete_collection_namespaced_pod(made.namespace, label_selector=f"app.kubernetes.io/instance={made.name}")
    old = {pod.metadata.uid for pod in found}
    eventually(lambda: not old & {pod.metadata.uid for pod in pods(made)}, "the first pods are gone", 300)
    made.wait_for_all(SLOW)
    made.test()
    made.uninstall()


def test_postgresql_stores_a_backup_with_them(release: Callable[[str, str], Release], files: Release) -> None:
    made = release("orders", "postgresql")
    bring_up(made, "postgresql", {})
    answer = made.run(made.kubectl, "-n", made.namespace, "create", "job", "once", "--from=cronjob/orders-backup")
    assert answer.returncode == 0, answer.stderr
    batch = client.BatchV1Api(made.api.api_client)
    eventually(lambda: batch.read_namespaced_job_status("once", made.namespace).status.succeeded, "the backup", 300)
    said = made.execute("orders-0", "bash", "/etc/postgresql/conf/backup.sh", "list", container="postgresql")
    assert "parts" in said
    assert all(given(pod) for pod in pods(made))

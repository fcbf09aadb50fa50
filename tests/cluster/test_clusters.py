"""Registering a real cluster: with its administrator's kubeconfig, and with an account of one namespace."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils import timezone

from anywhere.clusters import actions
from anywhere.clusters.connection import access_of, access_with, way_in
from anywhere.clusters.models import Cluster, Credential
from anywhere.clusters.operations.periodic import renew_due_credentials
from anywhere.clusters.rules import kubeconfig as rules
from anywhere.clusters.rules.access import account_name
from anywhere.gateways.connect import connect
from anywhere.gateways.errors import Forbidden, Unauthorized
from anywhere.gateways.kubernetes import KubernetesGateway, Ref
from anywhere.operations import runner
from anywhere.operations.models import Operation
from tests.support import factories

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(transaction=True)]
RBAC = "rbac.authorization.k8s.io/v1"


@pytest.fixture(scope="module")
def admin_kubeconfig() -> str:
    return Path(os.environ["KUBECONFIG"]).read_text()


@pytest.fixture
def admin(admin_kubeconfig: str) -> Iterator[KubernetesGateway]:
    """Give the cluster as its administrator sees it."""
    record = rules.parse(admin_kubeconfig, now=timezone.now())
    with connect(access_with(Cluster(), {**way_in(record), **record.secret()})) as gateways:
        yield gateways.kubernetes


@pytest.fixture
def alice() -> Any:
    return factories.user()


@pytest.fixture
def acme(alice: Any) -> Any:
    return factories.organization(owner=alice)


@pytest.fixture
def space(admin: KubernetesGateway) -> Iterator[str]:
    """Give a namespace of this test's own."""
    name = f"clusters-{uuid.uuid4().hex[:8]}"
    admin.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    admin.delete(Ref("v1", "Namespace", name))


def carried_out(operation: Operation) -> Operation:
    runner.run(str(operation.pk))
    ended = Operation.objects.get(pk=operation.pk)
    assert ended.state == "succeeded", ended.error
    return ended


def eventually(holds: Callable[[], bool], seconds: float = 30) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.5)


def test_an_administrators_kubeconfig_registers_the_cluster_and_is_not_needed_again(
    admin, admin_kubeconfig, acme, alice
):
    started = time.monotonic()
    carried_out(actions.request_register(acme, alice, name="real", kubeconfig=admin_kubeconfig))
    assert time.monotonic() - started < 30
    cluster, name = Cluster.objects.get(), account_name(acme.pk)
    assert (cluster.access_mode, cluster.limits, cluster.reachable) == ("cluster", [], True)
    assert cluster.identity == admin.get(Ref("v1", "Namespace", "kube-system"))["metadata"]["uid"]
    inventory = cluster.inventory
    raw_nodes = admin.list("v1/nodes")
    assert {node["name"] for node in inventory["nodes"]} == {node["metadata"]["name"] for node in raw_nodes}
    assert inventory["totals"]["requested"]["pods"] <= len(admin.list("v1/pods"))
    assert [one["name"] for one in inventory["storage_classes"] if one["is_default"]] == ["standard"]
    assert (inventory["metrics_api"], inventory["snapshots"], inventory["unseen"]) == (True, False, [])
    credential = Credential.objects.get()
    assert (credential.purpose, credential.service_account) == ("portal", name)

    with connect(access_of(cluster)) as gateways:
        ours = gateways.kubernetes
        assert ours.can_i("create", "apps", "statefulsets", "default")
        assert not ours.can_i("create", "rbac.authorization.k8s.io", "clusterroles")
        assert ours.can_i("create", "", "pods/exec", "default")
        assert not ours.can_i("create", "", "pods/attach", "default")
        with pytest.raises(Forbidden):
            ours.delete(Ref("v1", "Namespace", "default"))

    assert renew_due_credentials(credential.renew_at) == 1
    renewed = Credential.objects.get()
    assert renewed.secret != credential.secret
    carried_out(actions.request_refresh(cluster, alice))

    before = access_of(cluster)
    operation = carried_out(actions.request_remove(cluster, alice))
    assert operation.result == {"left": []}
    assert admin.find(Ref(RBAC, "ClusterRole", name)) is None
    for ref in (
        Ref(RBAC, "ClusterRoleBinding", name),
        Ref("v1", "ServiceAccount", name, "anywhere-system"),
        Ref(RBAC, "Role", f"{name}-self", "anywhere-system"),
    ):
        eventually(lambda ref=ref: admin.find(ref) is None)
    with connect(before) as gateways:
        eventually(lambda: is_refused(gateways.kubernetes))


def is_refused(kubernetes: KubernetesGateway) -> bool:
    try:
        kubernetes.list("v1/pods", "default")
    except (Unauthorized, Forbidden):
        return True
    return False


def account_with(admin: KubernetesGateway, space: str, cluster_role: str, admin_kubeconfig: str) -> str:
    """Give the kubeconfig of a new account that is bound to a built-in role in one namespace."""
    meta = {"name": "team", "namespace": space}
    admin.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    admin.create(
        {
            "apiVersion": RBAC,
            "kind": "RoleBinding",
            "metadata": meta,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": cluster_role},
            "subjects": [{"kind": "ServiceAccount", "name": "team", "namespace": space}],
        }
    )
    source = yaml.safe_load(admin_kubeconfig)
    source["users"] = [
        {
            "name": source["contexts"][0]["context"]["user"],
            "user": {"token": admin.token_request(space, "team", 3600).token},
        }
    ]
    source["contexts"][0]["context"]["namespace"] = space
    return yaml.safe_dump(source)


def test_a_namespaces_administrator_registers_that_namespace(admin, admin_kubeconfig, acme, alice, space):
    source = account_with(admin, space, "admin", admin_kubeconfig)
    carried_out(actions.request_register(acme, alice, name="team", kubeconfig=source))
    cluster = Cluster.objects.get()
    assert (cluster.access_mode, cluster.namespace) == ("namespace", space)
    assert f"Services can be installed only in the namespace {space}." in cluster.limits
    assert any("Nodes are not seen" in limit for limit in cluster.limits)
    assert {"nodes", "storage_classes", "ingress_classes"} <= set(cluster.inventory["unseen"])
    assert Credential.objects.get().kind == "service-account"
    with connect(access_of(cluster)) as gateways:
        ours = gateways.kubernetes
        assert ours.can_i("create", "apps", "statefulsets", space)
        assert not ours.can_i("create", "apps", "statefulsets", "default")
        ours.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ours", "namespace": space}})
    assert renew_due_credentials(Credential.objects.get().renew_at) == 1
    carried_out(actions.request_remove(cluster, alice))
    name = account_name(acme.pk)
    for ref in (Ref("v1", "ServiceAccount", name, space), Ref(RBAC, "Role", name, space)):
        eventually(lambda ref=ref: admin.find(ref) is None)
    assert admin.find(Ref("v1", "ConfigMap", "ours", space)) is not None


def test_an_account_that_may_not_create_roles_is_used_itself_with_a_token_of_its_own(
    admin, admin_kubeconfig, acme, alice, space
):
    source = account_with(admin, space, "edit", admin_kubeconfig)
    operation = actions.request_register(acme, alice, name="team", kubeconfig=source)
    runner.run(str(operation.pk))
    operation.refresh_from_db()
    assert operation.state == "succeeded", operation.error
    credential = Credential.objects.get()
    assert (credential.kind, credential.service_account) == ("token", "team")
    assert credential.secret["token"] not in source


def test_an_account_that_only_reads_is_refused_with_what_it_lacks(admin, admin_kubeconfig, acme, alice, space):
    source = account_with(admin, space, "view", admin_kubeconfig)
    operation = actions.request_register(acme, alice, name="team", kubeconfig=source)
    runner.run(str(operation.pk))
    operation.refresh_from_db()
    assert (operation.state, operation.error["code"]) == ("failed", "cluster.rights_missing")
    assert Credential.objects.count() == 0


def test_an_address_where_nothing_listens_is_told_within_ten_seconds(admin_kubeconfig, acme, alice):
    source = yaml.safe_load(admin_kubeconfig)
    server = source["clusters"][0]["cluster"]["server"]
    source["clusters"][0]["cluster"]["server"] = server.rsplit(":", 1)[0] + ":6999"
    operation = actions.request_register(acme, alice, name="away", kubeconfig=yaml.safe_dump(source))
    started = time.monotonic()
    runner.run(str(operation.pk))
    operation.refresh_from_db()
    assert (operation.state, operation.error["code"]) == ("failed", "cluster.unreachable")
    assert time.monotonic() - started < 10


def test_another_clusters_ca_is_not_trusted(admin_kubeconfig, acme, alice):
    from tests.anywhere.clusters.kubeconfigs import b64, certificate

    source = yaml.safe_load(admin_kubeconfig)
    source["clusters"][0]["cluster"]["certificate-authority-data"] = b64(certificate("another-ca", days=(-1, 3650))[0])
    operation = actions.request_register(acme, alice, name="odd", kubeconfig=yaml.safe_dump(source))
    runner.run(str(operation.pk))
    operation.refresh_from_db()
    assert (operation.state, operation.error["code"]) == ("failed", "cluster.tls_failed")

"""Practice clusters through the real gateways: made, registered, told to fail, restricted, removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml

from anywhere.clusters import actions, practice
from anywhere.clusters.connection import access_of
from anywhere.clusters.errors import PracticeUnavailable
from anywhere.clusters.models import Cluster, Credential
from anywhere.clusters.operations.periodic import refresh_due_inventories, renew_due_credentials
from anywhere.clusters.rules import access as rules
from anywhere.gateways.connect import connect
from anywhere.gateways.errors import Forbidden, Unauthorized
from anywhere.gateways.kubernetes import Ref
from anywhere.practice import client
from tests.anywhere.practice.conftest import PracticeServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    """Give a practice server for these tests."""
    server = PracticeServer(tmp_path_factory.mktemp("practice"))
    server.start()
    yield server
    server.end()


@pytest.fixture
def portal(simulator: PracticeServer, settings: Any) -> PracticeServer:
    """Give the server, known to the portal."""
    settings.HOME = simulator.home
    settings.CONNECTOR = "anywhere.gateways.connect.connect"
    settings.ALLOW_LOOPBACK_CLUSTERS = True
    settings.RUN_DIR = simulator.home / "run"
    return simulator


@pytest.fixture
def cluster(portal: PracticeServer, acme: Any, alice: Any, carry_out: Any) -> Cluster:
    """Give a registered practice cluster."""
    operation = carry_out(actions.request_practice(acme, alice))
    assert operation.state == "succeeded", operation.error
    return Cluster.objects.get(pk=operation.subject_id)


def test_a_practice_cluster_is_made_and_registered(cluster):
    assert (cluster.state, cluster.access_mode, cluster.is_practice) == ("registered", "cluster", True)
    assert cluster.server.endswith(cluster.practice_id)
    inventory = cluster.inventory
    assert inventory["version"].startswith("1.")
    assert len(inventory["nodes"]) == 3
    assert len({node["zone"] for node in inventory["nodes"]}) == 3
    assert inventory["totals"]["allocatable"]["cpu"] > 0
    assert inventory["largest_pod"]["memory"] > 0
    assert [one["is_default"] for one in inventory["storage_classes"]].count(True) == 1
    assert inventory["unseen"] == []
    credential = Credential.objects.get()
    assert (credential.purpose, credential.kind, credential.renew_at is None) == ("portal", "service-account", False)


def test_our_account_is_not_the_administrator(cluster):
    with connect(access_of(cluster)) as gateways:
        kubernetes = gateways.kubernetes
        assert kubernetes.can_i("create", "apps", "deployments", "default")
        assert not kubernetes.can_i("create", "rbac.authorization.k8s.io", "clusterroles")
        assert not kubernetes.can_i("delete", "", "namespaces")
        with pytest.raises(Forbidden):
            kubernetes.delete(Ref("v1", "Namespace", "default"))


def test_the_token_is_renewed_and_the_inventory_read_again(cluster):
    before = Credential.objects.get()
    assert renew_due_credentials(before.renew_at + timedelta(seconds=1)) == 1
    after = Credential.objects.get()
    assert after.renewed_at > before.renewed_at
    with connect(access_of(cluster)) as gateways:
        assert gateways.kubernetes.can_i("list", "", "nodes")
    assert refresh_due_inventories(cluster.inventory_due_at + timedelta(seconds=1)) == 1


def test_it_is_told_to_fail_and_to_stop_failing(cluster, alice):
    assert actions.configure_practice(cluster, alice, fail="quota", ready_seconds=1) == {
        "fail": "quota", "ready_seconds": 1,
    }  # fmt: skip
    assert practice.read(cluster.practice_id)["fail"] == "quota"
    assert actions.configure_practice(cluster, alice, fail=None)["fail"] is None


def test_removing_it_deletes_the_simulation(cluster, alice, carry_out, portal):
    assert carry_out(actions.request_remove(cluster, alice)).state == "succeeded"
    assert cluster.practice_id not in [one["id"] for one in client.list_clusters(portal.home)]


def test_without_the_simulator_nothing_is_pretended(settings, acme, alice, carry_out, tmp_path):
    settings.HOME = tmp_path
    operation = carry_out(actions.request_practice(acme, alice))
    assert operation.error["code"] == "practice.unavailable"
    assert Cluster.objects.get().state == "failed"
    with pytest.raises(PracticeUnavailable):
        practice.read("nothing")


def kubeconfig_of(made: client.PracticeCluster, token: str) -> str:
    source = dict(made.kubeconfig)
    user = source["users"][0]["name"]
    return yaml.safe_dump({**source, "users": [{"name": user, "user": {"token": token}}]})


def a_restricted_token(made: client.PracticeCluster, rules_of_role: list[dict[str, Any]]) -> str:
    """Give the token of a new account that has only these rights, in the namespace team."""
    from django.utils import timezone

    from anywhere.clusters.connection import access_with, way_in
    from anywhere.clusters.rules import kubeconfig
    from anywhere.lib.addresses import AddressPolicy

    loopback = AddressPolicy(allow_loopback=True)
    record = kubeconfig.parse(yaml.safe_dump(made.kubeconfig), now=timezone.now(), policy=loopback)
    meta = {"name": "team", "namespace": "team"}
    rbac = "rbac.authorization.k8s.io/v1"
    with connect(access_with(Cluster(is_practice=True), {**way_in(record), **record.secret()})) as gateways:
        kubernetes = gateways.kubernetes
        kubernetes.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
        kubernetes.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
        kubernetes.create({"apiVersion": rbac, "kind": "Role", "metadata": meta, "rules": rules_of_role})
        kubernetes.create(
            {
                "apiVersion": rbac,
                "kind": "RoleBinding",
                "metadata": meta,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "team"},
                "subjects": [{"kind": "ServiceAccount", "name": "team", "namespace": "team"}],
            }
        )
        return kubernetes.token_request("team", "team", 3600).token


ALL_BUT_LEASES = [rule.as_policy() for rule in rules.NAMESPACED if "leases" not in rule.resources] + [
    {"apiGroups": [""], "resources": ["serviceaccounts/token"], "verbs": ["create"]}
]


def test_a_restricted_account_registers_one_namespace(portal, acme, alice, carry_out):
    made = client.create_cluster(portal.home)
    source = kubeconfig_of(made, a_restricted_token(made, ALL_BUT_LEASES))
    operation = carry_out(actions.request_register(acme, alice, name="team", kubeconfig=source, namespace="team"))
    assert operation.state == "succeeded", operation.error
    cluster = Cluster.objects.get()
    assert (cluster.access_mode, cluster.namespace) == ("namespace", "team")
    assert "Services can be installed only in the namespace team." in cluster.limits
    assert any("Nodes are not seen" in limit for limit in cluster.limits)
    assert {"nodes", "storage_classes", "pods"} <= set(cluster.inventory["unseen"])
    with connect(access_of(cluster)) as gateways:
        assert gateways.kubernetes.can_i("create", "apps", "statefulsets", "team")
        assert not gateways.kubernetes.can_i("create", "apps", "statefulsets", "default")


def test_an_account_that_may_only_read_is_refused(portal, acme, alice, carry_out):
    made = client.create_cluster(portal.home)
    reading = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    source = kubeconfig_of(made, a_restricted_token(made, reading))
    operation = carry_out(actions.request_register(acme, alice, name="team", kubeconfig=source, namespace="team"))
    assert operation.error["code"] == "cluster.rights_missing"


def test_a_revoked_token_is_refused_at_first_contact(portal, acme, alice, carry_out):
    made = client.create_cluster(portal.home)
    source = kubeconfig_of(made, "not-a-token-of-this-cluster")
    operation = carry_out(actions.request_register(acme, alice, name="team", kubeconfig=source))
    assert operation.error["code"] == Unauthorized.code

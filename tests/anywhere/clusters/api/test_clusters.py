"""The addresses of clusters: what is shown, what is refused, who sees what."""

from __future__ import annotations

from typing import Any

import pytest

from anywhere.clusters.models import Cluster, Credential
from anywhere.operations.models import Operation
from tests.anywhere.clusters.kubeconfigs import TOKEN, document, text
from tests.support import factories

pytestmark = pytest.mark.django_db
CLUSTERS = "/api/v1/organizations/acme/clusters/"


@pytest.fixture
def bob(acme: Any) -> Any:
    from anywhere.accounts.models import Membership, Role

    person = factories.user("bob@example.com")
    Membership.objects.create(organization=acme, user=person, role=Role.VIEWER)
    return person


@pytest.fixture
def api(alice: Any, acme: Any) -> Any:
    return factories.client(alice)


def a_cluster(acme: Any, name: str = "prod", **fields: Any) -> Cluster:
    given = {"server": f"https://{name}.example:6443", "state": "registered", **fields}
    cluster = Cluster.objects.create(organization=acme, name=name, **given)
    credential = Credential(cluster=cluster, purpose="portal", kind="service-account")
    credential.secret = {"token": TOKEN}
    credential.save()
    return cluster


def test_looking_at_a_kubeconfig_stores_nothing_and_shows_what_will_be_made(api):
    answer = api.post(f"{CLUSTERS}inspect/", {"kubeconfig": text()})
    body = answer.json()
    assert (answer.status_code, Cluster.objects.count(), Credential.objects.count()) == (200, 0, 0)
    assert body["chosen"]["host"] == "10.20.30.40:6443"
    assert body["chosen"]["credential"] == "token"
    assert body["will_create"]["namespace"] == "anywhere-system"
    assert "ClusterRoleBinding" in body["will_create"]["manifest"]
    assert all(rule["why"] for rule in body["will_create"]["rules"])
    assert TOKEN not in answer.content.decode()


def test_looking_with_a_namespace_shows_the_restricted_rights(api):
    body = api.post(f"{CLUSTERS}inspect/", {"kubeconfig": text(), "namespace": "shop"}).json()
    assert (body["will_create"]["mode"], body["will_create"]["namespace"]) == ("namespace", "shop")
    assert "ClusterRole" not in body["will_create"]["manifest"]


def test_several_contexts_are_shown_to_choose_from(api):
    import yaml

    source = document(**{"current-context": ""})
    source["contexts"].append({"name": "there", "context": {"cluster": "c", "user": "u"}})
    body = api.post(f"{CLUSTERS}inspect/", {"kubeconfig": yaml.safe_dump(source)}).json()
    assert body["chosen"] is None
    assert [one["name"] for one in body["contexts"]] == ["here", "there"]
    assert body["findings"][0]["code"] == "kubeconfig.context_required"
    chosen = api.post(f"{CLUSTERS}inspect/", {"kubeconfig": yaml.safe_dump(source), "context": "there"}).json()
    assert chosen["chosen"]["context"] == "there"


@pytest.mark.parametrize("path", ["", "inspect/"])
@pytest.mark.parametrize(
    ("source", "status", "code"),
    [
        (text({"exec": {"command": "sh"}}), 400, "kubeconfig.exec_not_allowed"),
        (text({"tokenFile": "/etc/hostname"}), 400, "kubeconfig.path_not_allowed"),
        (text(None, {"server": "https://169.254.169.254"}), 400, "address.metadata"),
        (text(None, {"server": "https://127.0.0.1:6443"}), 400, "address.loopback"),
        ("a: &a [x]\nb: *a\n", 400, "yaml.unsafe"),
        ("a" * (1024 * 1024 + 1), 413, "kubeconfig.too_large"),
        ("", 400, "request.invalid"),
    ],
)
def test_hostile_kubeconfigs_are_refused_and_nothing_is_stored(api, settings, path, source, status, code):
    settings.ALLOW_LOOPBACK_CLUSTERS = False
    body = {"kubeconfig": source} | ({"name": "prod"} if path == "" else {})
    answer = api.post(f"{CLUSTERS}{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (Cluster.objects.count(), Operation.objects.count()) == (0, 0)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_a_refusal_is_written_down_without_the_document(api, headers):
    from anywhere.accounts.models import AuditEntry

    body = {"name": "prod", "kubeconfig": text({"exec": {"command": "sh"}, "token": TOKEN})}
    assert api.post(CLUSTERS, body, headers=headers).status_code == 400
    entry = AuditEntry.objects.get(action="cluster.register_refused")
    assert entry.detail == {"code": "kubeconfig.exec_not_allowed"}


def test_skipping_tls_needs_the_administrators_leave(api, settings):
    cluster = {"insecure-skip-tls-verify": True, "certificate-authority-data": None}
    body = {"name": "prod", "kubeconfig": text(None, cluster), "allow_insecure_tls": True}
    settings.ALLOW_INSECURE_TLS = False
    assert api.post(CLUSTERS, body).json()["code"] == "kubeconfig.insecure_tls_not_allowed"
    settings.ALLOW_INSECURE_TLS = True
    assert (
        api.post(CLUSTERS, body | {"allow_insecure_tls": False}).json()["code"] == "kubeconfig.insecure_tls_not_allowed"
    )
    assert api.post(CLUSTERS, body).status_code == 202


def test_registering_gives_the_operation_at_once(api):
    answer = api.post(CLUSTERS, {"name": "prod", "kubeconfig": text()})
    body = answer.json()
    assert (answer.status_code, body["kind"], body["state"]) == (202, "register", "queued")
    assert answer["Location"] == f"/api/v1/operations/{body['id']}/"
    shown = api.get(f"/api/v1/clusters/{body['subject']['id']}/").json()
    assert (shown["state"], shown["operation"]["id"], shown["inventory"]) == ("registering", body["id"], None)
    assert TOKEN not in str(shown)


def test_the_same_key_registers_once(api):
    body = {"name": "prod", "kubeconfig": text()}
    first = api.post(CLUSTERS, body, HTTP_IDEMPOTENCY_KEY="one")
    again = api.post(CLUSTERS, body, HTTP_IDEMPOTENCY_KEY="one")
    assert (first.json()["id"], again.status_code) == (again.json()["id"], 202)
    assert Cluster.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "-bad", "kubeconfig": "x"}, "request.invalid"),
        ({"name": "00000000-0000-0000-0000-000000000000", "kubeconfig": "x"}, "request.invalid"),
        ({"name": "prod", "kubeconfig": "x", "namespace": "kube-system"}, "request.invalid"),
        ({"name": "prod", "kubeconfig": "x", "namespace": "Not_One"}, "request.invalid"),
        ({"name": "prod", "kubeconfig": "x", "state": "registered"}, "request.unknown_field"),
        ({"name": "prod"}, "request.invalid"),
    ],
)
def test_bad_bodies_are_refused(api, body, code):
    answer = api.post(CLUSTERS, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_cluster_shows_three_facts_apart(api, acme):
    cluster = a_cluster(
        acme,
        reachable=False,
        unreachable_code="cluster.unreachable",
        unreachable_reason="No route.",
        inventory={"version": "1.36.3", "platform": "", "nodes": None, "totals": None, "largest_pod": None,
                   "storage_classes": None, "ingress_classes": None, "namespaces": [], "metrics_api": True,
                   "snapshots": False, "load_balancer": {"supported": None, "evidence": ""}, "unseen": ["nodes"]},
        inventory_at="2026-01-01T00:00:00Z",
        limits=["x"],
    )  # fmt: skip
    body = api.get(f"/api/v1/clusters/{cluster.pk}/").json()
    assert body["reachability"]["reachable"] is False
    assert body["reachability"]["reason"] == "No route."
    assert body["inventory"]["observed_at"].startswith("2026-01-01")
    assert (body["inventory"]["nodes"], body["inventory"]["unseen"]) == ([], ["nodes"])
    assert body["credential"]["kind"] == "service-account"
    assert body["access"] == {"mode": "cluster", "namespace": None, "limits": ["x"]}
    assert TOKEN not in str(body)


def test_the_list_is_by_name_and_searchable(api, acme):
    for name in ("zeta", "alpha", "prod-eu"):
        a_cluster(acme, name)
    a_cluster(acme, "gone", state="removed")
    assert [row["name"] for row in api.get(CLUSTERS).json()["results"]] == ["alpha", "prod-eu", "zeta"]
    assert [row["name"] for row in api.get(f"{CLUSTERS}?q=prod").json()["results"]] == ["prod-eu"]


def test_a_list_takes_the_same_number_of_queries_for_one_and_for_many(api, acme, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    a_cluster(acme, "one")
    api.get(CLUSTERS)
    with CaptureQueriesContext(connection) as few:
        api.get(CLUSTERS)
    for number in range(10):
        a_cluster(acme, f"more-{number}")
    with django_assert_num_queries(len(few)):
        assert len(api.get(CLUSTERS).json()["results"]) == 11


def test_a_cluster_is_renamed_and_a_taken_name_is_refused(api, acme):
    cluster, _ = a_cluster(acme), a_cluster(acme, "taken")
    url = f"/api/v1/clusters/{cluster.pk}/"
    assert api.patch(url, {"name": "better"}).json()["name"] == "better"
    refused = api.patch(url, {"name": "taken"})
    assert (refused.status_code, refused.json()["code"]) == (409, "cluster.name_taken")
    assert api.patch(url, {"state": "failed"}).json()["code"] == "request.unknown_field"


def test_removing_says_what_lives_there(api, acme):
    from services.models import Service

    cluster, package = a_cluster(acme), factories.package()
    Service.objects.create(
        organization=acme, cluster=cluster, package=package, name="orders", namespace="a", version=package.latest
    )
    url = f"/api/v1/clusters/{cluster.pk}/"
    assert api.get(url).json()["services_count"] == 1
    refused = api.delete(url)
    assert (refused.status_code, refused.json()["code"]) == (409, "cluster.has_services")
    assert refused.json()["services"][0]["name"] == "orders"
    accepted = api.delete(url, {"forget": True})
    assert (accepted.status_code, accepted.json()["kind"]) == (202, "remove")


def test_refresh_and_replace_give_operations(api, acme):
    url = f"/api/v1/clusters/{a_cluster(acme).pk}/"
    assert api.post(f"{url}refresh/").json()["kind"] == "refresh"
    busy = api.post(f"{url}credential/", {"kubeconfig": text()})
    assert (busy.status_code, busy.json()["code"]) == (409, "operation.in_progress")
    other = f"/api/v1/clusters/{a_cluster(acme, 'other').pk}/"
    assert api.post(f"{other}credential/", {"kubeconfig": text()}).json()["kind"] == "replace_credential"


def test_options_come_from_the_last_inventory(api, acme):
    inventory = {
        "namespaces": [
            {"name": "a", "pod_security": "restricted"},
            {"name": "b", "pod_security": "", "terminating": True},
        ],
        "storage_classes": None,
        "ingress_classes": [{"name": "std", "is_default": True}],
    }
    cluster = a_cluster(acme, inventory=inventory)
    body = api.get(f"/api/v1/clusters/{cluster.pk}/options/").json()
    assert body["namespaces"] == [{"name": "a", "pod_security": "restricted"}]
    assert (body["storage_classes"], body["ingress_classes"][0]["name"]) == ([], "std")


def test_only_practice_clusters_have_practice_settings(api, acme):
    url = f"/api/v1/clusters/{a_cluster(acme).pk}/practice/"
    assert api.get(url).json()["code"] == "cluster.not_practice"
    assert api.patch(url, {"fail": "quota"}).json()["code"] == "cluster.not_practice"
    assert api.patch(url, {"fail": "fire"}).json()["code"] == "request.invalid"


def test_practice_clusters_get_free_names(api, acme):
    first, second = api.post(f"{CLUSTERS}practice/").json(), api.post(f"{CLUSTERS}practice/").json()
    assert [first["subject"]["name"], second["subject"]["name"]] == ["practice", "practice-2"]
    assert Cluster.objects.get(name="practice").is_practice


ROUTES = [
    ("get", ""), ("patch", ""), ("delete", ""), ("post", "credential/"), ("post", "refresh/"), ("get", "options/"),
    ("get", "practice/"), ("patch", "practice/"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_what_is_not_yours_is_not_there(acme, method, path):
    url = f"/api/v1/clusters/{a_cluster(acme).pk}/{path}"
    carol = factories.user()
    factories.organization("other", owner=carol)
    assert getattr(factories.client(carol), method)(url).status_code == 404
    assert getattr(factories.client(), method)(url).status_code == 401


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[0] != "get"])
def test_a_viewer_looks_and_changes_nothing(acme, bob, method, path):
    url = f"/api/v1/clusters/{a_cluster(acme).pk}/"
    assert factories.client(bob).get(url).status_code == 200
    assert getattr(factories.client(bob), method)(f"{url}{path}").status_code == 403


@pytest.mark.parametrize("path", ["", "inspect/", "practice/"])
def test_strangers_and_viewers_register_nothing(acme, bob, path):
    carol = factories.user()
    assert factories.client(carol).post(f"{CLUSTERS}{path}").status_code == 404
    assert factories.client(bob).post(f"{CLUSTERS}{path}").status_code == 403
    assert factories.client(carol).get(CLUSTERS).status_code == 404

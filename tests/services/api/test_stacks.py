"""Stacks over HTTP: what is shown, what is asked, what is refused."""

from __future__ import annotations

import pytest

from anywhere.operations.errors import OperationFailed
from anywhere.operations.models import Operation
from services.models import Service, Stack
from tests.support import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_real_cluster(settings, tmp_path):
    settings.CONNECTOR = "anywhere.gateways.fakes.connect"
    settings.CHART_CACHE = tmp_path / "charts"


@pytest.fixture
def alice():
    return factories.user("alice@example.com")


@pytest.fixture
def acme(alice):
    return factories.organization("acme", owner=alice)


@pytest.fixture
def client(alice):
    return factories.client(alice)


@pytest.fixture
def offered():
    """Give a stack of the catalogue whose package can be installed."""
    store = factories.package("store")
    store.latest.definition = {"binding": {"secret": "{fullname}-binding"}}
    plan = {"name": "small", "title": "Small", "summary": "", "recommended": True, "values": {}}
    store.latest.plans = [{**plan, "requests": {"cpu": 0.5, "memory": 1, "storage": 2, "pods": 1}}]
    store.latest.save()
    return factories.stack_package("pair")


STACKS = "/api/v1/organizations/acme/stacks/"


def test_a_stack_shows_its_services_in_order_and_the_worst_of_them(client, acme):
    row = factories.stack(acme, "data")
    Service.objects.filter(name="data-first").update(verdict="healthy")
    Service.objects.filter(name="data-second").update(verdict="failed", reason="The image was not found.")
    shown = client.get(f"/api/v1/stacks/{row.pk}/").json()
    assert [(m["member"], m["name"], m["verdict"], m["bound_to"]) for m in shown["members"]] == [
        ("first", "data-first", "healthy", []), ("second", "data-second", "failed", ["first"]),
    ]  # fmt: skip
    assert shown["health"] == {"verdict": "failed", "reason": "data-second: The image was not found."}
    assert [s["id"] for s in client.get(STACKS).json()["results"]] == [str(row.pk)]
    assert client.get(STACKS, {"state": "uninstalled"}).json()["results"] == []


def test_a_list_of_stacks_costs_as_many_questions_as_one(client, acme, django_assert_max_num_queries):
    factories.stack(acme)
    client.get(STACKS)
    with django_assert_max_num_queries(10) as few:
        client.get(STACKS)
    for _ in range(4):
        factories.stack(acme)
    with django_assert_max_num_queries(len(few)):
        assert len(client.get(STACKS).json()["results"]) == 5


def test_a_service_says_of_which_stack_it_is_a_part_and_what_it_is_bound_to(client, acme):
    row = factories.stack(acme, "data")
    second = Service.objects.get(name="data-second")
    second.values = {"bindings": {"first": "data-first-binding"}}
    second.version.definition = {"binding": {"secret": "{fullname}-binding"}}
    second.version.save()
    second.save()
    first = Service.objects.get(name="data-first")
    shown = client.get(f"/api/v1/services/{second.pk}/").json()
    assert shown["stack"] == {"id": str(row.pk), "name": "data"}
    assert [(b["name"], b["verdict"]) for b in shown["bound_to"]] == [("data-first", "unknown")]
    assert [b["name"] for b in client.get(f"/api/v1/services/{first.pk}/").json()["bound_by"]] == ["data-second"]
    listed = client.get("/api/v1/organizations/acme/services/", {"stack": "data"}).json()["results"]
    assert {(s["name"], s["bound_to"]) for s in listed} == {("data-first", None), ("data-second", None)}
    refused = client.post(f"/api/v1/services/{first.pk}/uninstall/", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "service.others_are_bound")
    assert "data-second is bound to data-first" in refused.json()["detail"]
    assert client.post(f"/api/v1/services/{first.pk}/uninstall/", {"force": True}).status_code == 202


def test_an_install_is_one_operation_with_a_step_for_each_member(client, acme, offered):
    cluster = factories.cluster(acme, "prod")
    body = {"stack": "pair", "name": "data", "cluster": "prod"}
    answer = client.post(STACKS, body)
    assert answer.status_code == 202, answer.content
    operation = answer.json()
    assert (operation["kind"], operation["subject"]["type"], operation["parent"]) == ("install_stack", "stack", None)
    assert [(s["name"], s["operation"]) for s in operation["steps"]] == [
        ("preflight", None), ("first", None), ("second", None),
    ]  # fmt: skip
    row = Stack.objects.get()
    assert (row.namespace, row.plan, row.cluster_id) == ("data", "small", cluster.pk)
    assert client.post(STACKS, body).json()["code"] == "service.name_taken"
    assert client.get("/api/v1/organizations/acme/services/").json()["results"] == []


def test_the_same_click_twice_is_one_stack(client, acme, offered):
    factories.cluster(acme, "prod")
    body = {"stack": "pair", "name": "data", "cluster": "prod"}
    answers = [client.post(STACKS, body, headers={"Idempotency-Key": "a" * 32}) for _ in range(2)]
    assert [a.status_code for a in answers] == [202, 202]
    assert (Stack.objects.count(), Operation.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("address", "body", "code"),
    [
        ("stacks/", {"stack": "store"}, "package.is_no_stack"),
        ("services/", {"package": "pair"}, "package.is_stack"),
        ("stacks/", {"stack": "pair", "plan": "huge"}, "service.unknown_plan"),
        ("stacks/", {"stack": "pair", "without": ["first"]}, "stack.bad_choice"),
        ("stacks/", {"stack": "pair", "values": {"third": {}}}, "stack.bad_choice"),
        ("stacks/", {"stack": "pair", "name": "a" * 50}, "service.bad_name"),
    ],
)
def test_what_cannot_be_installed_is_refused_with_what_to_do(client, acme, offered, address, body, code):
    factories.cluster(acme, "prod")
    answer = client.post(f"/api/v1/organizations/acme/{address}", {"name": "data", "cluster": "prod", **body})
    assert (answer.status_code < 500, answer.json()["code"]) == (True, code)
    assert Stack.objects.count() == 0


def test_names_are_checked_for_all_members_as_one_types(client, acme, offered):
    cluster = factories.cluster(acme, "prod")
    factories.service(acme, "data-second", cluster=cluster, namespace="data")

    def ask(**body):
        return client.post("/api/v1/organizations/acme/services/names/", {"package": "pair", **body}).json()

    assert ask() == {
        "suggested": "pair", "name": {"available": True, "reason": None},
        "namespace": {"suggested": "pair", "exists": None, "reason": None},
    }  # fmt: skip
    assert ask(name="data", cluster="prod")["name"]["reason"] == "A service data-second is in data on prod already."
    long = ask(name="a" * 47)["name"]["reason"]
    assert long == "At most 46 characters: …-second has to fit into 53; this has 47."
    factories.stack(acme, "pair", cluster=cluster)
    assert ask(name="pair", cluster="prod")["name"]["reason"] == "A stack pair is in pair on prod already."
    assert ask()["suggested"] == "pair-2"


def test_a_namespace_in_which_a_service_is_exists(client, acme):
    cluster = factories.cluster(acme, "prod", inventory={"namespaces": [{"name": "default"}]})
    factories.service(acme, "cache", cluster=cluster, namespace="new")

    def exists(namespace: str) -> bool:
        body = {"package": "pair", "cluster": "prod", "namespace": namespace}
        return client.post("/api/v1/organizations/acme/services/names/", body).json()["namespace"]["exists"]

    assert [exists(name) for name in ("default", "new", "other")] == [True, True, False]


def test_the_catalogue_has_stacks_beside_packages(client, acme, offered):
    cards = {c["name"]: c for c in client.get("/api/v1/catalog/packages/").json()["results"]}
    assert (cards["pair"]["kind"], cards["store"]["kind"], cards["store"]["members"]) == ("stack", "package", [])
    assert [m["icon_url"] for m in cards["pair"]["members"]] == ["/api/v1/catalog/packages/store/icon/"] * 2
    page = client.get("/api/v1/catalog/packages/pair/").json()
    assert [(m["name"], m["package_title"], m["bound_to"]) for m in page["members"]] == [
        ("first", "Store", []), ("second", "Store", ["first"]),
    ]  # fmt: skip
    assert page["plans"][0]["requests"] == {"cpu": 1.0, "memory": 2, "storage": 4, "pods": 2}
    factories.stack(acme, package=offered)
    assert client.get("/api/v1/catalog/packages/pair/").json()["installs"] == 1


def test_a_preflight_of_a_stack_asks_for_all_members(client, acme, offered):
    factories.cluster(acme, "prod")
    answer = client.post("/api/v1/organizations/acme/preflight/", {"package": "pair", "name": "data"})
    assert (answer.status_code, answer.json()["kind"]) == (202, "preflight")
    parts = Operation.objects.get().input["parts"]
    assert [part["name"] for part in parts] == ["data-first", "data-second"]
    assert parts[1]["values"] == {"bindings": {"first": "data-first-binding"}}


def test_home_shows_a_stack_once_and_not_each_of_its_members(client, acme):
    parent = factories.operation(acme, "install_stack", subject_type="stack", subject_name="data")
    factories.operation(acme, "install", parent=parent)
    recent = client.get("/api/v1/organizations/acme/overview/").json()["recent"]
    assert [o["id"] for o in recent] == [str(parent.pk)]


def test_home_names_a_failed_stack_once_and_not_its_failed_member_beside_it(client, acme):
    row = factories.stack(acme, "data")
    error = OperationFailed("It is not there.", code="x", title="data-second: The image was not found").as_error()
    parent = factories.operation(acme, "install_stack", state="failed", error=error)
    child = factories.operation(acme, "install", state="failed", parent=parent, error=error)
    Stack.objects.filter(pk=row.pk).update(operation=parent)
    Service.objects.filter(name="data-second").update(operation=child)
    found = client.get("/api/v1/organizations/acme/overview/").json()["needs_attention"]
    assert [(f["title"], f["detail"], f["stack"]["name"]) for f in found] == [
        ("data: install failed", "data-second: The image was not found: It is not there.", "data"),
    ]  # fmt: skip

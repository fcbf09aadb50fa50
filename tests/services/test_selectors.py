"""Reads of services: what a provider sees of its packages' failures."""

from __future__ import annotations

import pytest

from anywhere.clusters.models import Cluster
from anywhere.operations.models import Operation
from catalog.models import Version
from services import selectors
from services.models import Revision, Service
from tests.support import factories

pytestmark = pytest.mark.django_db


def installed(package, organization, name: str, verdict: str = "healthy") -> Service:
    cluster, _ = Cluster.objects.get_or_create(
        organization=organization, name="c", defaults={"server": "https://c.example", "state": "registered"}
    )
    return Service.objects.create(
        organization=organization, cluster=cluster, package=package, version=package.latest, name=name,
        namespace=name, verdict=verdict,
    )  # fmt: skip


def failed(service: Service, code: str) -> Operation:
    return Operation.objects.create(
        organization=service.organization, kind="install", state="failed", subject_type="service",
        subject_id=service.pk, subject_name=service.name, error={"code": code, "title": f"It was {code}"},
    )  # fmt: skip


def test_a_provider_sees_installs_by_version_and_failures_by_cause():
    provider, organization = factories.provider(), factories.organization()
    package = factories.package("store", provider)
    first, second = installed(package, organization, "a"), installed(package, organization, "b", "failed")
    operations = [failed(first, "image.not_found") for _ in range(4)]
    failed(second, "preflight.quota")
    failed(installed(factories.package("other"), organization, "x"), "image.not_found")

    [row] = selectors.provider_packages(provider)

    assert (row["package"]["name"], row["installs"]) == ("store", 2)
    [version] = row["versions"]
    assert (version["installs"], version["health"]["healthy"], version["health"]["failed"]) == (2, 1, 1)
    causes = [(c["cause_code"], c["count"], len(c["examples"])) for c in row["failed_operations"]]
    assert causes == [("image.not_found", 4, 3), ("preflight.quota", 1, 1)]
    assert set(row["failed_operations"][0]["examples"]) <= {str(o.pk) for o in operations}


def test_a_workload_bears_the_title_that_its_package_gives_it_and_one_the_package_does_not_know_none():
    service = installed(factories.package(), factories.organization(), "orders")
    definition = {"nodes": [{"component": "broker", "title": "Broker", "workload": "{fullname}", "container": "kafka"}]}
    service.version.definition = {**service.version.definition, **definition, "scaling": []}
    service.objects_seen = {"workloads": [{"name": "orders", "ready": 3}, {"name": "orders-exporter", "ready": 1}]}
    assert selectors.objects(service) == {
        "workloads": [
            {"name": "orders", "ready": 3, "title": "Broker"},
            {"name": "orders-exporter", "ready": 1, "title": ""},
        ],
        "claims": [],
        "others": [],
    }


def test_what_needs_attention_comes_worst_first_and_nothing_else():
    organization = factories.organization()
    package = factories.package()
    installed(package, organization, "fine")
    installed(package, organization, "half", "degraded")
    installed(package, organization, "dead", "failed")
    Cluster.objects.filter(organization=organization).update(reachable=False, unreachable_reason="No route.")
    kinds = [found["kind"] for found in selectors.needs_attention(organization)]
    assert kinds == ["cluster_unreachable", "service_failed", "service_degraded"]
    titles = [found["title"] for found in selectors.needs_attention(organization)]
    assert titles[1:] == ["dead does not work", "half is degraded"]
    assert selectors.counts(organization) == {
        "healthy": 1, "progressing": 0, "degraded": 1, "failed": 1, "suspended": 0, "unknown": 0
    }  # fmt: skip


def test_everything_that_needs_attention_is_counted():
    organization = factories.organization()
    package = factories.package()
    for number in range(7):
        installed(package, organization, f"dead{number}", "failed")
    assert len(selectors.needs_attention(organization)) == 7


def test_a_service_says_the_version_of_its_server_beside_that_of_its_package():
    alice = factories.user()
    organization = factories.organization("acme", owner=alice)
    package = factories.package("store", version="1.0.0")
    plain, chosen = installed(package, organization, "plain"), installed(package, organization, "chosen")
    Version.objects.filter(pk=package.latest_id).update(
        app_version="18.6",
        definition={"guards": [{"path": "serverVersion", "rule": "same-major"}]},
        values={"serverVersion": "18.6"},
    )
    Service.objects.filter(pk=chosen.pk).update(values={"serverVersion": "18.5"})
    Revision.objects.create(service=chosen, number=1, version=package.latest, kind="install", values={})
    client = factories.client(alice)
    rows = client.get("/api/v1/organizations/acme/services/").json()["results"]
    assert {r["name"]: (r["version"], r["server_version"]) for r in rows} == {
        "plain": ("1.0.0", "18.6"), "chosen": ("1.0.0", "18.5"),
    }  # fmt: skip
    assert client.get(f"/api/v1/services/{plain.pk}/").json()["server_version"] == "18.6"
    revision = client.get(f"/api/v1/services/{chosen.pk}/history/").json()["results"][0]
    assert (revision["version"], revision["server_version"]) == ("1.0.0", "18.6")


@pytest.mark.parametrize(
    ("title", "detail", "why"),
    [
        ("The image was not found", "store:9 is not there.", "The image was not found: store:9 is not there."),
        ("Container main exited 1: no room", "Container main exited 1: no room.", "Container main exited 1: no room"),
        (
            f"Container main exited 1: … {'word ' * 40}at last",
            f"{'word ' * 80}at last",
            f"Container main exited 1: … {'word ' * 40}at last",
        ),
        ("It was cancelled", "", "It was cancelled"),
    ],
)
def test_why_an_operation_failed_is_said_once(title: str, detail: str, why: str):
    organization = factories.organization()
    service = installed(factories.package(), organization, "db")
    operation = failed(service, "x")
    Operation.objects.filter(pk=operation.pk).update(error={"code": "x", "title": title, "detail": detail})
    [event] = [e for e in selectors.events(service) if e["kind"] == "operation"]
    assert event["message"] == why


def test_a_provider_sees_no_log_of_a_service_of_others():
    provider = factories.provider()
    package = factories.package("store", provider)
    service = installed(package, factories.organization("user"), "db")
    operation = failed(service, "container.exited")
    error = {"code": "container.exited", "title": "Container driver exited 1: ValueError: customer 4711"}
    Operation.objects.filter(pk=operation.pk).update(error=error)
    [row] = selectors.provider_packages(provider)
    assert "4711" not in str(row) and "Container driver exited 1" in str(row)

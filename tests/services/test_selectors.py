"""Reads of services: what a provider sees of its packages' failures."""

from __future__ import annotations

import pytest

from anywhere.clusters.models import Cluster
from anywhere.operations.models import Operation
from services import selectors
from services.models import Service
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


def test_what_needs_attention_comes_worst_first_and_nothing_else():
    organization = factories.organization()
    package = factories.package()
    installed(package, organization, "fine")
    installed(package, organization, "half", "degraded")
    installed(package, organization, "dead", "failed")
    Cluster.objects.filter(organization=organization).update(reachable=False, unreachable_reason="No route.")
    kinds = [found["kind"] for found in selectors.needs_attention(organization)]
    assert kinds == ["cluster_unreachable", "service_failed", "service_degraded"]
    assert selectors.counts(organization) == {
        "healthy": 1, "progressing": 0, "degraded": 1, "failed": 1, "suspended": 0, "unknown": 0
    }  # fmt: skip

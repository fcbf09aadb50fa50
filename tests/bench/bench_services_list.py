"""G6: the list of services at 10 000 rows, beside the same page of a bare ModelViewSet; queries must not grow."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import django

from tests.bench.result import Result, percentile

ROWS, ORGANIZATIONS, PAGES = 10_000, 20, 60
LIMIT_MS = 60.0


def measure() -> Iterator[Result]:
    """Give the p95 of a page and the numbers of queries at 10 and at 10 000 rows."""
    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        call_command("check", verbosity=0)
        yield from _measure()
    finally:
        teardown_databases(databases, verbosity=0)


def _measure() -> Iterator[Result]:
    from tests.support import factories

    alice = factories.user()
    organizations = [factories.organization(owner=alice) for _ in range(ORGANIZATIONS)]
    _fill(organizations, 10)
    client = factories.client(alice)
    address = f"/api/v1/organizations/{organizations[0].slug}/services/?limit=50"
    few = _queries(client, address)
    _fill(organizations, ROWS)
    many = _queries(client, address)
    ours, peer = [], []
    bare = _bare_view()
    for _ in range(PAGES):  # interleaved, so that both see the same machine
        ours.append(_timed(lambda: client.get(address)))
        peer.append(_timed(bare))
    p95 = percentile(ours, 0.95)
    yield Result("G6 list of services, p95", p95, percentile(peer, 0.95), "ms", f"≤ {LIMIT_MS:.0f} ms", p95 <= LIMIT_MS,
                 "peer: bare ModelViewSet of 10 columns")  # fmt: skip
    yield Result("G6 queries of a page", many, few, "queries", "the same at 10 and 10 000 rows", many == few)


def _timed(call: Any) -> float:
    started = time.perf_counter()
    answer = call()
    assert answer.status_code == 200
    return (time.perf_counter() - started) * 1000


def _queries(client: Any, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def _fill(organizations: list[Any], count: int) -> None:
    from anywhere.clusters.models import Cluster
    from anywhere.operations.models import Operation
    from catalog.models import Package
    from services.models import Service
    from tests.support import factories

    package = Package.objects.filter(name="bench").first() or factories.package("bench")
    version = package.versions.first()
    clusters = {o.pk: Cluster.objects.filter(organization=o).first() for o in organizations}
    for organization in organizations:
        if clusters[organization.pk] is None:
            clusters[organization.pk] = Cluster.objects.create(
                organization=organization, name="c", state="registered", server="https://c.example"
            )
    services, operations = [], []
    for number in range(count):
        organization = organizations[number % len(organizations)]
        operation = Operation(id=uuid.uuid4(), organization=organization, kind="install", state="succeeded",
                              subject_type="service", subject_name="s")  # fmt: skip
        operations.append(operation)
        where = {"organization": organization, "cluster": clusters[organization.pk], "namespace": "n"}
        what = {"package": package, "version": version, "operation": operation, "verdict": "healthy"}
        services.append(Service(name=f"s-{uuid.uuid4().hex[:12]}", **where, **what))
    Operation.objects.bulk_create(operations, batch_size=2000)
    Service.objects.bulk_create(services, batch_size=2000)


def _bare_view() -> Any:
    from rest_framework import serializers, viewsets
    from rest_framework.test import APIRequestFactory

    from services.models import Service

    columns = ["id", "name", "namespace", "state", "plan", "verdict", "reason", "generation", "created_at", "cluster"]

    class Bare(serializers.ModelSerializer):
        class Meta:
            model = Service
            fields = columns

    class Rows(viewsets.ModelViewSet):
        authentication_classes: list[Any] = []
        permission_classes: list[Any] = []
        pagination_class = None
        serializer_class = Bare

        def get_queryset(self) -> Any:
            return Service.objects.order_by("-created_at")[:50]

    view, request = Rows.as_view({"get": "list"}), APIRequestFactory().get("/")
    return lambda: view(request).render()

"""A stack on a real cluster, its worker killed between two members: each is installed once, bound to the others."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from anywhere.clusters import actions as clusters
from anywhere.clusters.connection import access_with, way_in
from anywhere.clusters.models import Cluster
from anywhere.clusters.rules import kubeconfig as rules
from anywhere.gateways.connect import connect
from anywhere.gateways.kubernetes import KubernetesGateway, Ref
from anywhere.operations import runner
from anywhere.operations.models import FINAL, Operation
from catalog import access, bundled
from catalog.actions import our_provider, publish_archive, publish_bundled_stacks
from services import actions, errors, stacks
from services.models import Service, Stack
from tests.charts.chart import ROOT
from tests.support import factories
from tests.support import stacks as shop

pytestmark = [pytest.mark.cluster, pytest.mark.django_db(transaction=True)]


Install = Callable[..., tuple[Stack, Operation]]


class Killed(BaseException):
    """The worker is gone."""


def work_all(operation: Operation, seconds: float = 600) -> Operation:
    """Give the operation once it has ended; one worker takes whatever is due, and is replaced when it is killed."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        operation.refresh_from_db()
        if operation.state in FINAL:
            return operation
        for each in Operation.objects.exclude(state__in=FINAL).order_by("created_at"):
            try:
                runner.run(str(each.pk))
            except Killed:
                continue
        time.sleep(0.3)
    raise AssertionError(f"still {operation.state}: {operation.steps}")


@pytest.fixture
def admin() -> Iterator[KubernetesGateway]:
    """Give the cluster as its administrator sees it."""
    record = rules.parse(Path(os.environ["KUBECONFIG"]).read_text(), now=timezone.now())
    with connect(access_with(Cluster(), {**way_in(record), **record.secret()})) as gateways:
        yield gateways.kubernetes


@pytest.fixture
def install(settings: Any, tmp_path: Path, admin: KubernetesGateway) -> Iterator[Install]:
    """Give a function that asks for a stack `shop-stack` in a namespace of this test's own."""
    settings.CHART_CACHE = tmp_path / "cache"
    settings.OPERATION_LEASE_SECONDS, settings.OPERATION_HEARTBEAT_SECONDS = 6, 1
    alice = factories.user()
    acme = factories.organization(owner=alice)
    charts = shop.write(tmp_path / "charts")
    for folder in (ROOT / "postgresql", ROOT / "valkey", charts / "shop"):
        publish_archive(our_provider(), bundled.package(folder))
    publish_bundled_stacks(charts)
    kubeconfig = Path(os.environ["KUBECONFIG"]).read_text()
    assert work_all(clusters.request_register(acme, alice, name="real", kubeconfig=kubeconfig)).state == "succeeded"
    cluster, name = Cluster.objects.get(), f"stack-{uuid.uuid4().hex[:6]}"

    def ask(**values: Any) -> tuple[Stack, Operation]:
        wanted = stacks.Wanted(access.get_stack("shop-stack"), None, name, name, values)
        return stacks.request_install(acme, alice, cluster=cluster, wanted=wanted)

    yield ask
    admin.delete(Ref("v1", "Namespace", name))
    work_all(clusters.request_remove(cluster, alice))


def uninstall(stack: Stack, *, delete_data: bool = False) -> Operation:
    """Give the ended operation."""
    confirm = stack.name if delete_data else ""
    asked = stacks.request_uninstall(stack, stack.requested_by, delete_data=delete_data, confirm=confirm)  # type: ignore[arg-type]
    return work_all(asked)


def test_a_stack_survives_its_worker_and_finds_its_data_again(install, admin, monkeypatch):
    calls, begin = [], actions.begin

    def dies_after_the_second(*given: Any) -> Operation:
        calls.append(begin(*given))
        if len(calls) == 2:
            raise Killed
        return calls[-1]

    monkeypatch.setattr(actions, "begin", dies_after_the_second)
    stack, operation = install()
    ended = work_all(operation)
    assert (ended.state, ended.error, ended.attempt) == ("succeeded", None, 2)
    assert [step["state"] for step in ended.steps] == ["done"] * 4
    assert Operation.objects.filter(parent=operation).count() == 3, "what was not written has not begun"
    # The shop is ready only once its database and its cache have answered it with the credentials it was given.
    assert {s.release_revision for s in Service.objects.filter(stack=stack)} == {1}
    database = Service.objects.get(stack=stack, member="db")
    with pytest.raises(errors.OthersAreBound, match=f"{stack.name}-shop is bound to {stack.name}-db"):
        actions.request_uninstall(database, stack.requested_by, delete_data=False, confirm="")

    kept = {claim["name"] for claim in uninstall(stack).result["data_kept"]}
    assert kept == {f"data-{stack.name}-db-0", f"data-{stack.name}-cache-0"}
    assert admin.list("apps/v1/statefulsets", stack.name) == admin.list("apps/v1/deployments", stack.name) == []

    password = Service.objects.get(pk=database.pk).secrets
    stack, operation = install()
    assert work_all(operation).state == "succeeded", "the old password opens the old data"
    assert Service.objects.get(stack=stack, member="db").secrets == password
    assert uninstall(stack, delete_data=True).result == {"data_kept": [], "data_deleted": True}
    assert admin.list("v1/persistentvolumeclaims", stack.name) == []


def test_a_stack_that_does_not_fit_makes_nothing(install, admin):
    stack, operation = install(db={"resources": {"memory": "900Gi"}})
    ended = work_all(operation)
    assert (ended.state, ended.error["code"]) == ("failed", "preflight.pod_too_large")
    assert ended.error["title"] == f"Database: No node has room for {stack.name}-db"
    assert admin.find(Ref("v1", "Namespace", stack.name)) is None
    assert uninstall(stack).state == "succeeded"

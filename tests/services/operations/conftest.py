"""A cluster that exists only in memory, a published package, and workers that can be killed at any call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from anywhere.accounts.models import Organization, User
from anywhere.clusters.models import Cluster, Credential
from anywhere.gateways import fakes
from anywhere.gateways import helm as h
from anywhere.gateways.helm import Release, ReleaseRequest
from anywhere.operations import runner
from anywhere.operations.models import FINAL, Operation
from catalog.actions import publish_archive
from catalog.models import Version
from services import actions
from services.models import Service
from tests.catalog.archives import chart
from tests.support import factories

SERVER = "https://192.0.2.10:6443"
CHART = 'apiVersion: v2\nname: store\nversion: 1.0.0\nappVersion: "2.1"\ndescription: Keeps things.\n'
VALUES = "replicas: 1\nimage: store:1\nsize: 1Gi\nauth:\n  password: ''\n"
SCHEMA = """{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {
 "replicas": {"type": "integer", "minimum": 1, "maximum": 5}, "image": {"type": "string"}, "size": {"type": "string"},
 "auth": {"type": "object", "properties": {"password": {"type": "string", "writeOnly": true,
   "x-form": {"widget": "password", "generate": "password"}},
  "seed": {"type": "string", "writeOnly": true, "pattern": "^$|^.{32,}$"}}}}}"""
PACKAGE = """\
apiVersion: anywhere/v1
title: Store
summary: Keeps things.
category: databases
keywords: [store]
license: MIT
creates: [1 StatefulSet]
links: [{title: Website, url: "https://example.com"}]
maintainer: Tests
plans: [{name: small, title: Small, summary: One node., values: plans/small.yaml, recommended: true}]
requires: {kubernetes: ">=1.29.0-0"}
endpoints: []
credentials: [password]
snippets: []
scaling:
  - {component: node, title: Nodes, path: replicas, minimum: 1, maximum: 5, out: free, in: refused,
     reason: Data would be lost.}
guards:
  - {path: image, rule: same-major, reason: The files differ., way: Install beside it.}
  - {path: image, rule: no-downgrade, reason: The files are newer., way: Stay with it.}
  - {path: size, rule: no-decrease, reason: A volume cannot shrink., way: Keep the size.}
volumes:
  - {path: size, template: data}
binding: {secret: "{fullname}-binding"}
fullname: "{release}"
"""
TEMPLATE = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: {{ .Values.replicas }}
  serviceName: store
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec: {containers: [{name: main, image: "{{ .Values.image }}"}]}
"""


class Killed(BaseException):
    """The worker is gone, in the middle of what it did: no `except` and no `finally` that writes."""


def render(request: ReleaseRequest) -> list[dict[str, Any]]:
    """Give what the chart would: a StatefulSet with volumes, and the Secret applications bind to."""
    name, values = request.release, request.values
    labels = {"app.kubernetes.io/instance": name}
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": values.get("size", "1Gi")}},
        },
    }
    return [
        {
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": f"{name}-binding", "namespace": request.namespace},
            "stringData": {"password": values["auth"]["password"]},
        },
        {
            "apiVersion": "apps/v1", "kind": "StatefulSet",
            "metadata": {"name": name, "namespace": request.namespace, "labels": labels},
            "spec": {
                "replicas": values.get("replicas", 1), "selector": {"matchLabels": labels}, "serviceName": name,
                "template": {"metadata": {"labels": labels},
                             "spec": {"containers": [{"name": "main", "image": values.get("image", "store:1")}]}},
                "volumeClaimTemplates": [claim],
            },
        },
    ]  # fmt: skip


@dataclass
class Cell(fakes.FakeCluster):
    """A cluster on which something happens before a given call."""

    render: Callable[[ReleaseRequest], list[dict[str, Any]]] = render
    at: int = 0  # the number of the call, 0 for never
    happens: Callable[[], None] = lambda: None
    applied: list[dict[str, Any]] = field(default_factory=list)  # the values of every apply by Helm
    rendered: list[dict[str, Any]] = field(default_factory=list)  # what a revision that was begun would have applied
    dies_applying: bool = False  # helm is killed when its record is written and its objects are not

    def called(self, verb: str, what: str) -> None:
        """Note the call; at its time let happen what is planned."""
        if self.at and len(self.calls) + 1 == self.at:
            self.at = 0
            self.happens()
        super().called(verb, what)

    def plan(self, at: int, happens: Callable[[], None]) -> None:
        """Have something happen before the call of this number, counted from now on."""
        self.at, self.happens = len(self.calls) + at, happens

    def verbs(self) -> list[str]:
        """Give the verbs of all calls so far."""
        return [verb for verb, _ in self.calls]

    def states(self, name: str = "db") -> list[str]:
        """Give the states of a release's revisions in Helm's storage."""
        return [release.status for release in self.releases.get((name, name), [])]

    def begin(self, name: str, description: str, updated: str = "") -> Release:
        """Give a revision that somebody's Helm has begun and not ended."""
        kept = self.releases.setdefault((name, name), [])
        status = "pending-upgrade" if kept else "pending-install"
        release = Release(name, name, len(kept) + 1, status, "store-1.0.0", "1", updated or fakes._now(), description)
        kept.append(release)
        self.manifests[name, name, release.revision] = self.rendered
        return release


class MortalHelm(fakes.FakeHelm):
    """A Helm that notes what it applies, and can be killed in the middle of it."""

    cluster: Cell

    def install_or_upgrade(self, request: ReleaseRequest) -> Release:
        """Give the new revision."""
        if self.cluster.dies_applying:
            self.cluster.dies_applying = False
            self._enter("install_or_upgrade", request.release)
            kept = self.cluster.releases.get((request.namespace, request.release))
            self.cluster.begin(request.release, "Preparing upgrade" if kept else "Initial install underway")
            raise Killed
        done = super().install_or_upgrade(request)
        self.cluster.applied.append(dict(request.values))
        return done

    def uninstall(self, name: str, namespace: str, **options: Any) -> bool:
        """Give whether there was a release; one that dies here leaves it `uninstalling`, without our mark."""
        if self.cluster.dies_applying:
            self.cluster.dies_applying = False
            self._enter("uninstall", name)
            kept = self.cluster.releases[namespace, name]
            kept[-1] = replace(kept[-1], status=h.UNINSTALLING, description="Deletion in progress")
            raise Killed
        return super().uninstall(name, namespace, **options)


@dataclass
class World:
    """Everything a test of services needs."""

    owner: User
    organization: Organization
    cluster: Cluster
    version: Version
    cell: Cell

    def install(self, name: str = "db", **options: Any) -> tuple[Service, Operation]:
        """Give a new service and the operation that installs it, not begun yet."""
        return actions.request_install(
            self.organization, self.owner, cluster=self.cluster, version=self.version, name=name, namespace=name,
            **options,
        )  # fmt: skip

    def installed(self, name: str = "db", **options: Any) -> Service:
        """Give a service that runs."""
        service, operation = self.install(name, **options)
        assert work(operation) == "succeeded"
        return Service.objects.get(pk=service.pk)

    def change(self, service: Service, **body: Any) -> Operation:
        """Give the operation of a change, not begun yet."""
        return actions.request_change(service, self.owner, body)


def work(operation: Operation) -> str:
    """Give the state a worker left the operation in."""
    return runner.run(str(operation.pk))


def work_until_killed(operation: Operation) -> None:
    """Return when the worker that took the operation was killed, its lease run out."""
    with pytest.raises(Killed):
        work(operation)
    due(operation)


def due(operation: Operation) -> None:
    """Let the operation's lease and pauses be over."""
    held = Operation.objects.filter(pk=operation.pk).exclude(state="queued")
    held.update(lease_expires_at=Now() - timedelta(seconds=1), next_attempt_at=None)


def finish(operation: Operation, attempts: int = 8) -> Operation:
    """Give the operation once it has ended, taken up again as often as it was put back."""
    for _ in range(attempts):
        work(operation)
        operation.refresh_from_db()
        if operation.state in FINAL:
            return operation
        due(operation)
    raise AssertionError(f"still {operation.state} after {attempts} attempts: {operation.steps}")


@pytest.fixture
def cell() -> Cell:
    """Give the cluster in memory."""
    return Cell()


@pytest.fixture
def world(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, cell: Cell) -> Iterator[World]:
    """Give an organization with a cluster in memory and the package `store`."""
    settings.CHART_CACHE = tmp_path / "charts"
    settings.CONNECTOR = "anywhere.gateways.fakes.connect"
    settings.OPERATION_HEARTBEAT_SECONDS = 0.05
    monkeypatch.setattr(fakes.FAKES, "clusters", {SERVER: cell})
    monkeypatch.setattr(fakes.FAKES, "helm", MortalHelm)
    owner = factories.user()
    organization = factories.organization(owner=owner)
    cluster = factories.cluster(organization, server=SERVER, inventory=inventory())
    credential = Credential(cluster=cluster, purpose="portal", kind="token")
    credential.secret = {"token": "t"}
    credential.save(force_insert=True)
    files: Mapping[str, str] = {
        "values.yaml": VALUES, "values.schema.json": SCHEMA, "package.yaml": PACKAGE,
        "templates/set.yaml": TEMPLATE, "plans/small.yaml": "replicas: 1\n", "templates/deployment.yaml": "",
    }  # fmt: skip
    version = publish_archive(factories.provider(organization), chart(dict(files), "store", CHART))
    yield World(owner, organization, cluster, version, cell)


def inventory() -> dict[str, Any]:
    """Give what was seen of a cluster with room."""
    room = {"cpu": 8.0, "memory": 32 * 2**30, "pods": 100, "gpu": 0}
    none = {"cpu": 0.0, "memory": 0, "pods": 0, "gpu": 0}
    node = {"name": "n1", "zone": "a", "ready": True, "roles": [], "allocatable": room, "requested": none}
    return {
        "version": "v1.36.3", "platform": "linux/amd64", "nodes": [node],
        "totals": {"allocatable": room, "requested": none}, "largest_pod": {"cpu": 8.0, "memory": 32 * 2**30},
        "storage_classes": [{"name": "standard", "is_default": True, "expandable": True}],
        "ingress_classes": [], "load_balancer": {"supported": None, "evidence": ""}, "metrics_api": True,
        "snapshots": False, "namespaces": [], "unseen": [],
    }  # fmt: skip

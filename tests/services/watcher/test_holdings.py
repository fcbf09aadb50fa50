"""Who belongs to whom in what is known of a cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.watcher.holdings import Holdings, Manifest, Reference, Wanted
from services.watcher.trim import TRIM

KINDS = {"Deployment": "apps/v1", "StatefulSet": "apps/v1", "Kafka": "example.org/v1", "ConfigMap": "v1"}


def raw(kind: str, name: str, owner: tuple[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Give a raw object, owned by (kind, name) if told."""
    meta: dict[str, Any] = {"name": name, "namespace": "shop", "uid": f"{kind}-{name}", "resourceVersion": "1"}
    if owner:
        meta["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
    meta |= more.pop("metadata", {})
    return {"kind": kind, "metadata": meta, **more}


@pytest.fixture
def service() -> UUID:
    """Give the id of a service."""
    return uuid4()


@pytest.fixture
def holdings(service: UUID) -> Holdings:
    """Give the holdings of a cluster with one wanted service whose release names three objects."""
    made = Holdings()
    assert made.want([Wanted(service, "shop", "web", True)]) == {"shop"}
    references = [Reference(KINDS[kind], kind, "shop", "web") for kind in ("Deployment", "StatefulSet", "Kafka")]
    made.set_manifest(service, Manifest(1, "5", tuple(references)))
    return made


def put(holdings: Holdings, obj: dict[str, Any]) -> UUID | None:
    """Give the service a raw object is found to belong to."""
    return holdings.put(obj["kind"], TRIM[obj["kind"]](obj))


def test_a_pod_belongs_to_its_deployment_without_its_replica_set(holdings: Holdings, service: UUID) -> None:
    labels = {"labels": {"pod-template-hash": "5d4f", "password": "not kept"}}
    assert put(holdings, raw("Pod", "web-5d4f-a", ("ReplicaSet", "web-5d4f"), metadata=labels)) == service
    assert put(holdings, raw("Deployment", "web", spec={"replicas": 1})) == service
    found = holdings.belongings(service)
    assert [pod["metadata"]["name"] for pod in found.pods] == ["web-5d4f-a"]
    assert "not kept" not in repr(found)


def test_what_an_operator_made_is_followed_up_to_the_release(holdings: Holdings, service: UUID) -> None:
    put(holdings, raw("StatefulSet", "web-kafka", ("Kafka", "web"), spec={"replicas": 1}))
    assert put(holdings, raw("Pod", "web-kafka-0", ("StatefulSet", "web-kafka"))) == service
    found = holdings.belongings(service)
    assert [obj["metadata"]["name"] for obj in found.objects] == ["web-kafka"]
    assert [pod["metadata"]["name"] for pod in found.pods] == ["web-kafka-0"]
    assert [one.kind for one in found.others] == ["Kafka"]


def test_a_pod_that_comes_before_its_owner_is_found_later(holdings: Holdings, service: UUID) -> None:
    assert put(holdings, raw("Pod", "web-kafka-0", ("StatefulSet", "web-kafka"))) is None
    put(holdings, raw("StatefulSet", "web-kafka", ("Kafka", "web"), spec={"replicas": 1}))
    assert len(holdings.belongings(service).pods) == 1


def test_a_stranger_in_the_same_namespace_belongs_to_nobody(holdings: Holdings, service: UUID) -> None:
    holdings.dirty.clear()
    assert put(holdings, raw("Pod", "stranger", ("Job", "other"))) is None
    assert put(holdings, raw("Deployment", "other", spec={})) is None
    assert holdings.dirty == set()
    assert holdings.belongings(service).pods == []


def test_claims_of_a_template_belong_to_its_set(holdings: Holdings, service: UUID) -> None:
    template = [{"metadata": {"name": "data"}}]
    put(holdings, raw("StatefulSet", "web", spec={"replicas": 2, "volumeClaimTemplates": template}))
    assert put(holdings, raw("PersistentVolumeClaim", "data-web-0")) == service
    assert put(holdings, raw("PersistentVolumeClaim", "data-web-7")) == service
    assert put(holdings, raw("PersistentVolumeClaim", "data-other-0")) is None
    assert [one["metadata"]["name"] for one in holdings.belongings(service).claims] == ["data-web-0"]


def test_events_of_pods_sets_and_claims_are_the_services_and_old_ones_go(holdings: Holdings, service: UUID) -> None:
    put(holdings, raw("Pod", "web-0", ("StatefulSet", "web")))
    put(holdings, raw("StatefulSet", "web", spec={"replicas": 1}))
    now = datetime.now(UTC)
    for name, target, moment in (
        ("e1", ("Pod", "web-0"), now),
        ("e2", ("ReplicaSet", "web-5d4f"), now),
        ("e3", ("Pod", "web-0"), now - timedelta(hours=2)),
    ):
        event = raw(
            "Event", name, involvedObject={"kind": target[0], "name": target[1]}, lastTimestamp=moment.isoformat()
        )
        assert put(holdings, event) == service
    assert len(holdings.belongings(service).events) == 2
    holdings.drop_old_events(now)
    assert [one["metadata"]["name"] for one in holdings.belongings(service).events] == ["e1"]


def test_services_and_ingresses_are_kept_with_their_addresses_alone(holdings: Holdings, service: UUID) -> None:
    places = {"Service": "v1", "Ingress": "networking.k8s.io/v1"}
    references = tuple(Reference(version, kind, "shop", "web") for kind, version in places.items())
    holdings.set_manifest(service, Manifest(2, "6", references))
    assert holdings.belongings(service).missing == []
    given = {"loadBalancer": {"ingress": [{"ip": "10.0.0.9", "ipMode": "VIP"}]}}
    ports = [{"name": "sql", "port": 5432, "targetPort": "sql"}]
    spec = {"type": "LoadBalancer", "ports": ports, "selector": {"a": "b"}}
    assert put(holdings, raw("Service", "web", spec=spec, status=given)) == service
    rule = {"host": "web.test", "http": {"paths": [{"path": "/"}]}}
    assert put(holdings, raw("Ingress", "web", spec={"rules": [rule], "tls": [{"hosts": ["web.test"]}]})) == service
    kept = {obj["kind"]: (obj["spec"], obj["status"]) for obj in holdings.belongings(service).objects}
    few = {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}
    assert kept["Service"] == ({"type": "LoadBalancer", "ports": [{"name": "sql", "port": 5432}]}, few)
    assert kept["Ingress"] == ({"rules": [{"host": "web.test"}], "tls": [{"hosts": ["web.test"]}]}, {})
    assert holdings.belongings(service).others == []


def test_missing_workloads_are_named_and_other_kinds_are_not(holdings: Holdings, service: UUID) -> None:
    assert sorted(one.kind for one in holdings.belongings(service).missing) == ["Deployment", "StatefulSet"]


def test_the_newest_revision_counts_until_it_is_gone(holdings: Holdings, service: UUID) -> None:
    for number, status in ((1, "failed"), (2, "deployed")):
        labels = {"labels": {"name": "web", "version": str(number), "status": status}}
        secret = raw("Secret", f"sh.helm.release.v1.web.v{number}", metadata=labels)
        assert holdings.put("Release", TRIM["Release"](secret)) == service
    assert holdings.newest(service) == (2, "deployed", "1")
    holdings.remove(("Release", "shop", "sh.helm.release.v1.web.v2"))
    assert holdings.newest(service) == (1, "failed", "1")
    holdings.remove(("Release", "shop", "sh.helm.release.v1.web.v1"))
    assert holdings.newest(service) is None


def test_a_service_nobody_wants_any_more_leaves_nothing_behind(holdings: Holdings) -> None:
    put(holdings, raw("Deployment", "web", spec={}))
    put(holdings, raw("Pod", "web-0", ("StatefulSet", "web")))
    holdings.want([])
    assert (holdings.objects, holdings.members, holdings.manifests, holdings.dirty) == ({}, {}, {}, set())
    assert holdings.children == {}

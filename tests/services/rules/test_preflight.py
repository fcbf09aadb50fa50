"""Preflight: fits, fits with a risk, does not fit because…"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.rules import demands, preflight
from services.rules.preflight import Facts, assess, verdict

GIB = 2**30


def node(name: str = "n1", cpu: float = 4, memory: float = 16 * GIB, used: float = 0, **more: Any) -> dict[str, Any]:
    room = {"cpu": cpu, "memory": memory, "pods": 110, "gpu": 0}
    return {"name": name, "ready": True, "allocatable": room,
            "requested": {"cpu": 0, "memory": used, "pods": 0, "gpu": 0}, **more}  # fmt: skip


def inventory(**more: Any) -> dict[str, Any]:
    base = {
        "version": "1.36.3", "nodes": [node("n1"), node("n2"), node("n3")],
        "storage_classes": [{"name": "standard", "is_default": True}], "ingress_classes": [{"name": "web"}],
        "load_balancer": {"supported": None, "evidence": ""},
    }  # fmt: skip
    return base | more


def facts(**more: Any) -> Facts:
    return replace(Facts(inventory=inventory(), namespace="db", namespace_exists=True), **more)


def workload(
    replicas: int = 1, cpu: str = "100m", memory: str = "256Mi", kind: str = "StatefulSet", **spec: Any
) -> dict[str, Any]:
    container = {"name": "main", "resources": {"requests": {"cpu": cpu, "memory": memory}}, **spec.pop("container", {})}
    template = {"spec": {"containers": [container], **spec.pop("pod", {})}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "db"},
            "spec": {"replicas": replicas, "template": template, **spec}}  # fmt: skip


def claim(size: str = "5Gi", storage_class: str | None = None) -> dict[str, Any]:
    spec: dict[str, Any] = {"resources": {"requests": {"storage": size}}}
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {"metadata": {"name": "data"}, "spec": spec}


def codes(objects: list[Any], seen: Facts, **requires: Any) -> list[str]:
    return [f.code for f in assess(objects, seen, requires)]


def test_what_has_room_fits():
    found = assess([workload(volumeClaimTemplates=[claim()])], facts(), {"kubernetes": ">=1.29.0-0"})
    assert (found, verdict(found)) == ([], "fits")


def test_a_pod_larger_than_every_node_names_what_is_lacking():
    [finding] = assess([workload(memory="64Gi")], facts(), {})
    assert (finding.code, finding.level) == ("preflight.pod_too_large", "error")
    assert "0/3 nodes have 64 GiB free; the most is 16 GiB" in finding.detail


def test_many_pods_that_fit_one_by_one_but_not_together():
    assert codes([workload(replicas=4, memory="12Gi")], facts()) == ["preflight.no_room"]


def test_of_what_load_scales_the_least_has_to_fit():
    scaled = {"scaleTargetRef": {"kind": "Deployment", "name": "db"}, "minReplicas": 4}
    autoscaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "db"}}
    objects = [workload(kind="Deployment", memory="12Gi"), {**autoscaler, "spec": scaled}]
    assert codes(objects, facts()) == ["preflight.no_room"]
    assert codes([objects[0], {**autoscaler, "spec": {**scaled, "minReplicas": 3}}], facts()) == []


def test_three_large_pods_fit_on_three_nodes():
    assert codes([workload(replicas=3, memory="12Gi")], facts()) == []


def test_what_other_pods_asked_for_is_not_free():
    full = inventory(nodes=[node("n1", used=15.9 * GIB)])
    assert codes([workload(memory="256Mi")], facts(inventory=full)) == ["preflight.pod_too_large"]


def test_nodes_that_are_not_ready_do_not_count():
    away = inventory(nodes=[node("n1", memory=GIB), node("n2", ready=False)])
    assert codes([workload(memory="2Gi")], facts(inventory=away)) == ["preflight.pod_too_large"]


def test_an_init_container_counts_only_when_it_asks_for_more():
    init = {"initContainers": [{"name": "i", "resources": {"requests": {"memory": "20Gi"}}}]}
    assert codes([workload(pod=init)], facts()) == ["preflight.pod_too_large"]
    small = {"initContainers": [{"name": "i", "resources": {"requests": {"memory": "100Mi"}}}]}
    assert demands.of([workload(pod=small)]).totals["memory"] == 256 * 2**20


def test_a_storage_class_that_is_not_there():
    [finding] = assess([workload(volumeClaimTemplates=[claim(storage_class="gold")])], facts(), {})
    assert (finding.code, finding.field) == ("preflight.storage_class_missing", "storageClass")
    assert "standard" in finding.detail


def test_no_default_storage_class():
    none = inventory(storage_classes=[{"name": "slow", "is_default": False}])
    assert codes([workload(volumeClaimTemplates=[claim()])], facts(inventory=none)) == [
        "preflight.no_default_storage_class"
    ]


def test_no_storage_at_all():
    none = inventory(storage_classes=[])
    assert codes([workload(volumeClaimTemplates=[claim()])], facts(inventory=none)) == ["preflight.no_storage"]


def test_an_old_cluster():
    assert codes([], facts(inventory=inventory(version="1.27.4-eks")), kubernetes=">=1.29.0-0") == ["preflight.version"]
    assert codes([], facts(inventory=inventory(version="v1.29.0+k3s1")), kubernetes=">=1.29.0-0") == []


def quota(**hard: str) -> dict[str, Any]:
    return {"metadata": {"name": "q"}, "status": {"hard": hard, "used": {}}}


@pytest.mark.parametrize("hard", [{"pods": "0"}, {"requests.memory": "100Mi"}, {"requests.cpu": "50m"},
                                  {"requests.storage": "1Gi"}, {"persistentvolumeclaims": "0"}])  # fmt: skip
def test_a_quota_without_room(hard):
    found = codes([workload(volumeClaimTemplates=[claim()])], facts(quotas=[quota(**hard)]))
    assert found == ["preflight.quota"]


def test_a_quota_with_room():
    assert codes([workload()], facts(quotas=[quota(pods="1", **{"requests.memory": "256Mi"})])) == []


def test_a_change_is_not_held_against_the_room_it_has_already():
    seen = facts(quotas=[quota(pods="0")], name_taken_by="itself")
    assert assess([workload()], seen, {}, upgrade=True) == []


def test_a_limit_range():
    limit = {"spec": {"limits": [{"type": "Container", "max": {"memory": "128Mi"}}]}}
    assert codes([workload()], facts(limit_ranges=[limit])) == ["preflight.limit_range"]


def test_the_restricted_pod_security_level_names_what_is_broken():
    [finding] = assess([workload()], facts(pod_security="restricted"), {})
    assert finding.code == "preflight.pod_security"
    assert "allowPrivilegeEscalation is not false" in finding.detail
    secure = {
        "container": {"securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}},
        "pod": {"securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}},
    }
    assert codes([workload(**secure)], facts(pod_security="restricted")) == []


def test_host_access_breaks_the_baseline():
    pod = {"hostNetwork": True, "volumes": [{"name": "h", "hostPath": {"path": "/"}}]}
    [finding] = assess([workload(pod=pod)], facts(pod_security="baseline"), {})
    assert "hostNetwork" in finding.detail and "hostPath" in finding.detail


def test_names_namespaces_and_rights():
    assert codes([], facts(name_taken_by="A release db is there.")) == ["preflight.name_taken"]
    assert codes([], facts(namespace_terminating=True)) == ["preflight.namespace_terminating"]
    assert codes([], facts(only_namespace="team", namespace_exists=False)) == ["preflight.namespace_not_allowed"]
    missing = facts(namespace_exists=False, may_create_namespace=False)
    assert codes([], missing) == ["preflight.namespace_missing"]
    [finding] = assess([], facts(denied=[("create", "statefulsets")]), {})
    assert (finding.code, "create statefulsets" in finding.detail) == ("preflight.forbidden", True)


def test_a_kind_the_cluster_does_not_know():
    custom = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "t"}}
    assert codes([custom], facts(kinds=frozenset())) == ["preflight.kind_missing"]
    assert codes([custom], facts(kinds=frozenset({("example.org/v1", "Thing")}))) == []


def test_an_ingress_class():
    ingress = {"kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": {"name": "i"}}
    named = ingress | {"spec": {"ingressClassName": "other"}}
    assert codes([named], facts()) == ["preflight.ingress_class_missing"]
    none = facts(inventory=inventory(ingress_classes=[]))
    found = assess([ingress | {"spec": {}}], none, {})
    assert ([f.code for f in found], verdict(found)) == (["preflight.no_ingress"], "risk")


def test_a_load_balancer_where_none_get_addresses():
    service = {"kind": "Service", "apiVersion": "v1", "metadata": {"name": "s"}, "spec": {"type": "LoadBalancer"}}
    seen = facts(inventory=inventory(load_balancer={"supported": False, "evidence": "web has waited 3 days"}))
    assert codes([service], seen) == ["preflight.no_load_balancer"]


def test_a_cluster_never_seen_is_a_risk():
    found = assess([workload()], facts(inventory=None), {})
    assert verdict(found) == "risk"


def test_errors_come_first_in_the_documents():
    seen = facts(inventory=inventory(ingress_classes=[]), name_taken_by="x")
    ingress = {"kind": "Ingress", "apiVersion": "n/v1", "metadata": {"name": "i"}, "spec": {}}
    levels = [f["level"] for f in preflight.as_documents(assess([ingress], seen, {}))]
    assert levels == ["error", "warning"]


def test_hooks_do_not_count_to_the_sums():
    hook = workload(kind="Job")
    hook["metadata"]["annotations"] = {"helm.sh/hook": "pre-install"}
    assert demands.of([hook]).totals["pods"] == 0

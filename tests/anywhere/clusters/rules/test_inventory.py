"""Sums over what a cluster has."""

from __future__ import annotations

from typing import Any

from anywhere.clusters.rules import inventory

GIB = 1024**3


def node(name: str, cpu: str = "4", memory: str = "16Gi", *, ready: bool = True, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "labels": {"topology.kubernetes.io/zone": f"zone-{name}", "node-role.kubernetes.io/worker": ""},
        },
        "spec": spec,
        "status": {
            "allocatable": {"cpu": cpu, "memory": memory, "pods": "110", "nvidia.com/gpu": "2"},
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def container(cpu: str, memory: str, **more: Any) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def pod(on: str, *containers: dict[str, Any], phase: str = "Running", **spec: Any) -> dict[str, Any]:
    return {"spec": {"nodeName": on, "containers": list(containers), **spec}, "status": {"phase": phase}}


def test_a_pods_request_is_its_containers_or_its_largest_init_container():
    plain = pod("a", container("100m", "1Gi"), container("200m", "1Gi"))
    assert inventory.pod_request(plain) == {"cpu": 0.3, "memory": 2 * GIB, "pods": 1, "gpu": 0}
    heavy_start = pod("a", container("100m", "1Gi"), initContainers=[container("2", "512Mi")])
    assert inventory.pod_request(heavy_start) == {"cpu": 2, "memory": GIB, "pods": 1, "gpu": 0}


def test_a_sidecar_counts_beside_what_runs():
    sidecar = container("100m", "1Gi", restartPolicy="Always")
    both = pod("a", container("300m", "1Gi"), initContainers=[sidecar, container("1", "1Gi")])
    assert inventory.pod_request(both) == {"cpu": 1.1, "memory": 2 * GIB, "pods": 1, "gpu": 0}


def test_limits_stand_in_for_missing_requests_and_overhead_and_gpus_count():
    limited = {"resources": {"limits": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}}}
    asked = inventory.pod_request(pod("a", limited, overhead={"cpu": "250m"}))
    assert asked == {"cpu": 1.25, "memory": GIB, "pods": 1, "gpu": 1}


def test_what_cannot_be_read_counts_as_nothing():
    odd = {"resources": {"requests": {"cpu": "many", "memory": None}}}
    assert inventory.pod_request(pod("a", odd)) == {"cpu": 0, "memory": 0, "pods": 1, "gpu": 0}


def test_ended_and_unplaced_pods_take_no_room():
    pods = [
        pod("a", container("1", "1Gi")),
        pod("a", container("1", "1Gi"), phase="Succeeded"),
        pod("a", container("1", "1Gi"), phase="Failed"),
        pod("", container("1", "1Gi"), phase="Pending"),
    ]
    shown = inventory.nodes([node("a")], pods)
    assert shown[0]["requested"] == {"cpu": 1, "memory": GIB, "pods": 1, "gpu": 0}
    assert shown[0]["allocatable"] == {"cpu": 4, "memory": 16 * GIB, "pods": 110, "gpu": 2}
    assert (shown[0]["zone"], shown[0]["roles"]) == ("zone-a", ["worker"])


def test_totals_leave_out_nodes_ordinary_pods_cannot_use():
    taint = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
    raw = [node("a"), node("b", ready=False), node("c", unschedulable=True), node("d", taints=taint)]
    shown = inventory.nodes(raw, [])
    assert [one["unschedulable"] for one in shown] == [False, False, True, True]
    assert inventory.totals(shown)["allocatable"]["cpu"] == 4


def test_without_pods_nobody_claims_to_know_what_is_asked_for():
    shown = inventory.nodes([node("a")], None)
    assert shown[0]["requested"] is None
    assert inventory.totals(shown)["requested"] is None
    assert inventory.largest_pod(shown) is None


def test_the_largest_pod_is_one_nodes_free_room_not_the_sum():
    pods = [pod("a", container("3500m", "1Gi")), pod("b", container("1", "4Gi"))]
    shown = inventory.nodes([node("a"), node("b")], pods)
    assert inventory.largest_pod(shown) == {"cpu": 3, "memory": 12 * GIB, "node": "b"}
    assert inventory.largest_pod(inventory.nodes([node("a", ready=False)], [])) is None


def test_a_full_node_has_nothing_left_and_not_less():
    shown = inventory.nodes([node("a", "1", "1Gi")], [pod("a", container("2", "2Gi"))])
    assert inventory.free(shown[0])["cpu"] == 0


def storage_class(name: str, made: str, default: bool) -> dict[str, Any]:
    mark = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    meta = {"name": name, "creationTimestamp": made, "annotations": mark}
    return {"metadata": meta, "provisioner": "p", "allowVolumeExpansion": name == "grows"}


def test_the_newest_of_two_default_storage_classes_is_the_default():
    raw = [
        storage_class("old", "2024", True),
        storage_class("new", "2025", True),
        storage_class("grows", "2026", False),
    ]
    shown = inventory.storage_classes(raw)
    assert [(one["name"], one["is_default"]) for one in shown] == [("new", True), ("grows", False), ("old", False)]
    assert [one["name"] for one in shown if one["expandable"]] == ["grows"]


def load_balancer(name: str, *addresses: str) -> dict[str, Any]:
    status = {"loadBalancer": {"ingress": [{"ip": one} for one in addresses]}}
    return {"metadata": {"name": name, "namespace": "n"}, "spec": {"type": "LoadBalancer"}, "status": status}


def test_load_balancers_are_judged_by_what_is_seen():
    assert inventory.load_balancer([{"spec": {"type": "ClusterIP"}}])["supported"] is None
    assert inventory.load_balancer([load_balancer("a")])["supported"] is False
    assert inventory.load_balancer([load_balancer("a"), load_balancer("b", "1.2.3.4")])["supported"] is True


def test_the_platform_is_told_by_version_or_nodes():
    assert inventory.platform([], "v1.35.2-eks-abc") == "EKS"
    assert inventory.platform([], "v1.34.6+k3s1") == "k3s"
    assert inventory.platform([{"spec": {"providerID": "openstack:///x"}}], "v1.34.6") == "OpenStack"
    assert inventory.platform([], "v1.36.3") == ""


def test_namespaces_tell_what_they_enforce():
    raw = [
        {"metadata": {"name": "b", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
        {"metadata": {"name": "a"}, "status": {"phase": "Terminating"}},
    ]
    assert inventory.namespaces(raw) == [
        {"name": "a", "pod_security": "", "terminating": True},
        {"name": "b", "pod_security": "restricted", "terminating": False},
    ]

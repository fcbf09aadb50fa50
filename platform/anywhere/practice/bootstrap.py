"""The objects every new practice cluster starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice.admission import DEFAULT_CLASS, DEFAULT_INGRESS
from anywhere.practice.clock import micro_stamp, stamp
from anywhere.practice.kinds import BY_KEY, Obj
from anywhere.practice.resources import create

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

ZONES = ("practice-a", "practice-b", "practice-c")
PROVISIONER = "practice.anywhere/volumes"
_ALL = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
_WRITE = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_APPS = {
    "apiGroups": [
        "",
        "apps",
        "batch",
        "autoscaling",
        "networking.k8s.io",
        "policy",
        "discovery.k8s.io",
        "coordination.k8s.io",
    ],
    "resources": ["*"],
    "verbs": _WRITE,
}
_ROLES: dict[str, list[Obj]] = {
    "cluster-admin": [_ALL, {"nonResourceURLs": ["*"], "verbs": ["*"]}],
    "admin": [
        _APPS,
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": _WRITE},
    ],
    "edit": [_APPS],
    "view": [{**_APPS, "verbs": ["get", "list", "watch"]}],
}


def _node(number: int, zone: str) -> Obj:
    name, now = f"practice-{number}", stamp()
    resources = {"cpu": "4", "memory": "16Gi", "ephemeral-storage": "100Gi", "pods": "110", "hugepages-2Mi": "0"}
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": "practice",
        "node.kubernetes.io/instance-type": "practice.simulated",
    }
    ready = [
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ]
    conditions = [
        {
            "type": kind,
            "status": value,
            "reason": reason,
            "message": text,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        for kind, value, reason, text in ready
    ]
    info = {
        "kubeletVersion": "v1.36.3",
        "kubeProxyVersion": "v1.36.3",
        "architecture": "amd64",
        "operatingSystem": "linux",
        "osImage": "Practice (simulated)",
        "kernelVersion": "6.12.0",
        "containerRuntimeVersion": "containerd://2.3.7",
        "machineID": name,
        "systemUUID": name,
        "bootID": name,
    }
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"podCIDR": f"10.244.{number}.0/24", "providerID": f"practice://{name}"},
        "status": {
            "capacity": resources,
            "allocatable": dict(resources),
            "conditions": conditions,
            "addresses": [
                {"type": "InternalIP", "address": f"10.90.0.{number}"},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": info,
        },
    }


def _classes() -> list[tuple[str, Obj]]:
    def storage(name: str, grows: bool, mode: str, main: bool = False) -> tuple[str, Obj]:
        meta: Obj = {"name": name}
        if main:
            meta["annotations"] = {DEFAULT_CLASS: "true"}
        return "storageclasses.storage.k8s.io", {
            "metadata": meta,
            "provisioner": PROVISIONER,
            "reclaimPolicy": "Delete",
            "allowVolumeExpansion": grows,
            "volumeBindingMode": mode,
        }

    return [
        storage("standard", True, "WaitForFirstConsumer", True),
        storage("fast", True, "Immediate"),
        storage("fixed", False, "Immediate"),
        (
            "ingressclasses.networking.k8s.io",
            {
                "metadata": {"name": "practice", "annotations": {DEFAULT_INGRESS: "true"}},
                "spec": {"controller": "practice.anywhere/ingress"},
            },
        ),
        *[
            ("priorityclasses.scheduling.k8s.io", {"metadata": {"name": name}, "value": value})
            for name, value in (("system-cluster-critical", 2000000000), ("system-node-critical", 2000001000))
        ],
    ]


def fill(cluster: Cluster) -> None:
    """Make the first objects of a cluster."""
    with cluster.store.disk.together():
        for name in ("default", "kube-system", "kube-public", "kube-node-lease"):
            create(cluster, BY_KEY["namespaces"], "", {"metadata": {"name": name}})
        for number, zone in enumerate(ZONES, 1):
            create(cluster, BY_KEY["nodes"], "", _node(number, zone))
            create(
                cluster,
                BY_KEY["leases.coordination.k8s.io"],
                "kube-node-lease",
                {
                    "metadata": {"name": f"practice-{number}"},
                    "spec": {
                        "holderIdentity": f"practice-{number}",
                        "leaseDurationSeconds": 40,
                        "renewTime": micro_stamp(),
                    },
                },
            )
        for key, obj in _classes():
            create(cluster, BY_KEY[key], "", obj)
        for name, rules in _ROLES.items():
            create(
                cluster,
                BY_KEY["clusterroles.rbac.authorization.k8s.io"],
                "",
                {"metadata": {"name": name}, "rules": rules},
            )
        create(
            cluster,
            BY_KEY["clusterrolebindings.rbac.authorization.k8s.io"],
            "",
            {
                "metadata": {"name": "cluster-admin"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
                "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:masters"}],
            },
        )
        create(
            cluster,
            BY_KEY["services"],
            "default",
            {
                "metadata": {"name": "kubernetes", "labels": {"component": "apiserver", "provider": "kubernetes"}},
                "spec": {"clusterIP": "10.96.0.1", "ports": [{"name": "https", "port": 443, "targetPort": 6443}]},
            },
        )

"""What rendered objects ask a cluster for, added up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from anywhere.lib.quantities import number

WORKLOADS = {"Deployment", "StatefulSet", "ReplicaSet", "DaemonSet"}
HOOK = "helm.sh/hook"


def add_up(objects: Iterable[Mapping[str, Any]]) -> dict[str, float | int]:
    """Give {cpu (cores), memory (bytes), storage (bytes), pods} of what stays: hooks, Jobs and CronJobs do not."""
    objects = list(objects)
    least = autoscaled(objects)
    total = {"cpu": 0.0, "memory": 0.0, "storage": 0.0, "pods": 0.0}
    for obj in objects:
        metadata, spec = obj.get("metadata") or {}, obj.get("spec") or {}
        if HOOK in (metadata.get("annotations") or {}):
            continue
        kind = obj.get("kind")
        if kind == "PersistentVolumeClaim":
            total["storage"] += _storage(spec)
        elif kind == "Pod":
            _add_pods(total, spec, 1)
        elif kind in WORKLOADS:
            count = 1 if kind == "DaemonSet" else int(spec.get("replicas", 1) or 0)
            count = at_least(obj, count, least)
            _add_pods(total, (spec.get("template") or {}).get("spec") or {}, count)
            for claim in spec.get("volumeClaimTemplates") or []:
                total["storage"] += count * _storage(claim.get("spec") or {})
    return {
        "cpu": round(total["cpu"], 3),
        "memory": int(total["memory"]),
        "storage": int(total["storage"]),
        "pods": int(total["pods"]),
    }


def autoscaled(objects: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """Give {(kind, name): how many pods there are at least} of the workloads that are scaled by load."""
    specs = [obj.get("spec") or {} for obj in objects if obj.get("kind") == "HorizontalPodAutoscaler"]
    targets = [(spec.get("scaleTargetRef") or {}, int(spec.get("minReplicas") or 1)) for spec in specs]
    return {(str(target.get("kind")), str(target.get("name"))): least for target, least in targets}


def at_least(obj: Mapping[str, Any], count: int, least: Mapping[tuple[str, str], int]) -> int:
    """Give how many pods of a workload count: `count`, or what its load leaves of it; one without pods stays so."""
    name = (obj.get("metadata") or {}).get("name")
    return count and max(count, least.get((str(obj.get("kind")), str(name)), 0))


def _storage(claim: Mapping[str, Any]) -> float:
    return number(((claim.get("resources") or {}).get("requests") or {}).get("storage"))


def _add_pods(total: dict[str, float], pod: Mapping[str, Any], count: int) -> None:
    """Add `count` pods: the sum of the containers, or one init container when that asks for more."""
    total["pods"] += count
    for name in ("cpu", "memory"):
        running = sum(_request(container, name) for container in pod.get("containers") or [])
        before = [0.0]
        for container in pod.get("initContainers") or []:
            asked = _request(container, name)
            if container.get("restartPolicy") == "Always":  # a sidecar: it stays
                running += asked
            else:
                before.append(asked)
        total[name] += count * max(running, *before, 0.0)


def _request(container: Mapping[str, Any], name: str) -> float:
    resources = container.get("resources") or {}
    asked = (resources.get("requests") or {}).get(name) or (resources.get("limits") or {}).get(name)
    return number(asked)


def workload_kinds(objects: Iterable[Mapping[str, Any]]) -> set[str]:
    """Give the kinds of workloads among the objects."""
    return {str(obj.get("kind")) for obj in objects} & (WORKLOADS | {"Job", "CronJob", "Pod"})

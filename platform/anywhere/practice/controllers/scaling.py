"""Autoscalers, which stay at what is there within their bounds, and disruption budgets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from anywhere.practice import pods
from anywhere.practice.clock import stamp
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import edit
from anywhere.practice.selectors import selector_matches
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_RETRY_SECONDS = 15.0


def reconcile_autoscaler(cluster: Cluster, entry: Entry) -> None:
    """Hold a workload within the bounds, and write the status."""
    scaler = entry.obj()
    spec = scaler["spec"]
    reference = spec["scaleTargetRef"]
    resource = cluster.registry.of_kind(reference.get("apiVersion", "apps/v1"), reference.get("kind", ""))
    target = cluster.store.get(resource.key, entry.namespace, reference["name"]) if resource else None
    have = (target.obj().get("spec") or {}).get("replicas", 1) if target else 0
    wanted = min(max(have, spec.get("minReplicas", 1)), spec["maxReplicas"]) if have else 0
    if target and resource and wanted != have:
        edit(cluster, resource, target, lambda obj: obj["spec"].update(replicas=wanted))
    if target is None:
        cluster.controllers.again(entry, _RETRY_SECONDS)

    def write(obj: Obj) -> None:
        status, now = obj.setdefault("status", {}), stamp()
        if target is None:
            pods.set_condition(
                status,
                "AbleToScale",
                "False",
                now,
                "FailedGetScale",
                "the HPA controller was unable to "
                f"get the target's current scale: {reference.get('kind', '').lower()}s.apps "
                f'"{reference["name"]}" not found',
            )
        else:
            pods.set_condition(
                status, "AbleToScale", "True", now, "ReadyForNewScale", "recommended size matches current size"
            )
            pods.set_condition(
                status,
                "ScalingActive",
                "True",
                now,
                "ValidMetricFound",
                "the HPA was able to successfully calculate a replica count",
            )
            pods.set_condition(
                status,
                "ScalingLimited",
                "False",
                now,
                "DesiredWithinRange",
                "the desired count is within the acceptable range",
            )
        status.update(currentReplicas=have, desiredReplicas=wanted)

    edit(cluster, cluster.resource(entry.key), entry, write, "status")


def reconcile_budget(cluster: Cluster, entry: Entry) -> None:
    """Write how many pods a budget lets go."""
    spec = entry.obj()["spec"]
    chosen = [
        p
        for e in cluster.store.each("pods", entry.namespace)
        if selector_matches(spec.get("selector"), e.labels) and pods.is_active(p := e.obj())
    ]
    total, ready = len(chosen), sum(map(pods.is_ready, chosen))
    if (most := spec.get("maxUnavailable")) is not None:
        desired = total - _count(most, total)
    else:
        desired = _count(spec.get("minAvailable", 1), total)
    allowed = max(ready - desired, 0)

    def write(obj: Obj) -> None:
        status = {
            "currentHealthy": ready,
            "desiredHealthy": max(desired, 0),
            "expectedPods": total,
            "disruptionsAllowed": allowed,
            "observedGeneration": obj["metadata"].get("generation", 1),
            "conditions": list((obj.get("status") or {}).get("conditions") or []),
        }
        pods.set_condition(
            status,
            "DisruptionAllowed",
            "True" if allowed else "False",
            stamp(),
            "SufficientPods" if allowed else "InsufficientPods",
            "",
        )
        obj["status"] = status

    edit(cluster, cluster.resource(entry.key), entry, write, "status")


def _count(value: int | str, total: int) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(int(value[:-1]) * total / 100)
    return int(value)

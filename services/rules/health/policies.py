"""Health of HorizontalPodAutoscaler and PodDisruptionBudget."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from services.rules.health.words import (
    DEGRADED,
    HEALTHY,
    PROGRESSING,
    Health,
    Raw,
    entries,
    sentence,
    words,
)

_BAD_SCALE = {"FailedGetScale", "FailedUpdateScale"}
_BAD_METRIC = {
    "FailedGetResourceMetric",
    "FailedGetObjectMetric",
    "FailedGetPodsMetric",
    "FailedGetExternalMetric",
    "FailedComputeMetricsReplicas",
    "InvalidSelector",
}


def autoscaler(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of an autoscaler of autoscaling/v1 or v2."""
    conditions = {words(entry, "type"): entry for entry in entries(obj, "status", "conditions")}
    if not conditions:
        conditions = _from_annotation(
            words(obj, "metadata", "annotations", "autoscaling.alpha.kubernetes.io/conditions")
        )
    scale, metric = conditions.get("AbleToScale", {}), conditions.get("ScalingActive", {})
    if words(scale, "reason") in _BAD_SCALE:
        return Health(DEGRADED, "autoscaler.cannot_scale", sentence(words(scale, "message")))
    if words(metric, "reason") in _BAD_METRIC:
        return Health(DEGRADED, "autoscaler.no_metrics", sentence(words(metric, "message")))
    if words(scale, "status") == "True" or words(conditions.get("ScalingLimited", {}), "status") == "True":
        return Health(HEALTHY)
    return Health(PROGRESSING, "autoscaler.starting", "The autoscaler has not looked yet.")


def _from_annotation(text: str) -> dict[str, Raw]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return {}
    return (
        {words(entry, "type"): entry for entry in found if isinstance(entry, Mapping)}
        if isinstance(found, list)
        else {}
    )


def disruption_budget(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a disruption budget; too few pods is the workload's matter, not the budget's."""
    for entry in entries(obj, "status", "conditions"):
        if words(entry, "status") == "False" and words(entry, "reason") != "InsufficientPods":
            return Health(DEGRADED, "budget.failed", sentence(words(entry, "message")))
    return Health(HEALTHY)

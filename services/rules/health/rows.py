"""What is shown of a release: a row for each workload and claim, and the objects page's shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.rules.health import pods as pod_rules
from services.rules.health.causes import of_family
from services.rules.health.family import WORKLOADS, Family, claims_of, gather, is_inner
from services.rules.health.jobs import job
from services.rules.health.rollup import assess
from services.rules.health.words import (
    DEGRADED,
    FAILED,
    HEALTHY,
    PROGRESSING,
    SUSPENDED,
    Cause,
    Raw,
    entries,
    is_true,
    kind_of,
    name_of,
    number,
    sentence,
    shorten,
    table,
    words,
)
from services.rules.health.workloads import counts


def workload_rows(
    objects: Sequence[Raw],
    pods: Sequence[Raw],
    events: Sequence[Raw] = (),
    claims: Sequence[Raw] = (),
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """Give {kind, name, ready, desired, state, detail} of every workload, lone pod and claim, in the objects' order.

    state: ready, starting, degraded, failed, suspended, done. detail: what the row waits for, empty when ready.
    """
    families, _ = gather(objects, pods)
    rows = [_family_row(family, events, claims, now) for family in families]
    rows += [_pod_row(obj, now) for obj in objects if kind_of(obj) == "Pod"]
    seen: set[str] = set()
    for claim in [*(obj for obj in objects if kind_of(obj) == "PersistentVolumeClaim"), *claims]:
        if name_of(claim) not in seen:
            seen.add(name_of(claim))
            rows.append(_claim_row(claim, events, now))
    return rows


_STATES = {HEALTHY: "ready", PROGRESSING: "starting", DEGRADED: "degraded", FAILED: "failed", SUSPENDED: "suspended"}


def _family_row(family: Family, events: Sequence[Raw], claims: Sequence[Raw], now: datetime | None) -> dict[str, Any]:
    workload = family.workload
    kind, name = kind_of(workload), name_of(workload)
    if kind == "Job":
        seen = job(workload, now)
        done = int(seen.code == "job.complete")
        state = "done" if done else _STATES.get(seen.verdict, "starting")
        return _row(kind, name, done, 1, state, "" if done else _pods_phrase(family) or seen.reason)
    health = assess(workload, now)
    amount = counts(workload)
    causes = of_family(family, events, claims, now)
    found = min(causes, key=lambda one: one.rank, default=None)
    state = _STATES.get(health.verdict, "starting")
    if found is not None and health.verdict == PROGRESSING:
        state = "degraded" if amount.ready else ("failed" if found.certain else "starting")
    detail = "" if health.verdict == HEALTHY else (found.title if found else _waiting(family, health.reason))
    return _row(kind, name, amount.ready, amount.desired, state, detail)


def _waiting(family: Family, otherwise: str) -> str:
    return _pods_phrase(family) or otherwise


def _pods_phrase(family: Family) -> str:
    for pod in family.pods:
        if words(pod, "status", "phase") not in ("Succeeded", "Failed") and not is_true(pod, "Ready"):
            return pod_rules.phrase(pod)
    return ""


def _row(kind: str, name: str, ready: int, desired: int, state: str, detail: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name,
        "ready": ready,
        "desired": desired,
        "state": state,
        "detail": shorten(detail, 300),
    }


def _pod_row(pod: Raw, now: datetime | None) -> dict[str, Any]:
    health = pod_rules.pod(pod, now)
    good = int(health.verdict == HEALTHY)
    detail = "" if good else (health.cause.title if health.cause else pod_rules.phrase(pod))
    return _row("Pod", name_of(pod), good, 1, _STATES.get(health.verdict, "starting"), detail)


def _claim_row(claim: Raw, events: Sequence[Raw], now: datetime | None) -> dict[str, Any]:
    from services.rules.health import events as told

    health = assess(claim, now)
    bound = int(words(claim, "status", "phase") == "Bound")
    found: Cause | None = None if bound else told.of_claim(events, claim, now)
    state = "failed" if found and found.certain else ("ready" if bound else "starting")
    detail = "" if bound else (found.title if found else "waiting for a volume")
    return _row("PersistentVolumeClaim", name_of(claim), bound, 1, state, detail or health.reason)


def objects_seen(
    objects: Sequence[Raw],
    pods: Sequence[Raw],
    claims: Sequence[Raw] = (),
    events: Sequence[Raw] = (),
    now: datetime | None = None,
    *,
    zones: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Give {workloads, claims, others} as the objects page shows them; `zones` maps node names to zones."""
    families, loose = gather(objects, pods)
    shown = [_workload(family, events, claims, now, zones or {}) for family in families]
    alone = [obj for obj in objects if kind_of(obj) == "Pod"] + loose
    if alone:
        shown.append(_alone(alone, now, zones or {}))
    names: set[str] = set()
    volumes = []
    for claim in [*(obj for obj in objects if kind_of(obj) == "PersistentVolumeClaim"), *claims]:
        if name_of(claim) not in names:
            names.add(name_of(claim))
            volumes.append(_claim(claim))
    inside = (*WORKLOADS, "Job", "Pod", "PersistentVolumeClaim")
    others = [
        {"kind": kind_of(obj), "name": name_of(obj)}
        for obj in objects
        if kind_of(obj) not in inside and not is_inner(obj)
    ]
    return {"workloads": shown, "claims": volumes, "others": others}


def _workload(
    family: Family, events: Sequence[Raw], claims: Sequence[Raw], now: datetime | None, zones: Mapping[str, str]
) -> dict[str, Any]:
    row = _family_row(family, events, claims, now)
    verdict = {"ready": HEALTHY, "done": HEALTHY, "starting": PROGRESSING}.get(row["state"], row["state"])
    component = words(family.workload, "metadata", "labels", "app.kubernetes.io/component")
    return {
        "kind": row["kind"],
        "name": row["name"],
        "component": component,
        "ready": row["ready"],
        "desired": row["desired"],
        "verdict": verdict,
        "reason": sentence(row["detail"]),
        "pods": [_pod(pod, now, zones) for pod in sorted(family.pods, key=name_of)],
    }


def _alone(pods: Sequence[Raw], now: datetime | None, zones: Mapping[str, str]) -> dict[str, Any]:
    good = [pod for pod in pods if pod_rules.pod(pod, now).verdict == HEALTHY]
    verdict = HEALTHY if len(good) == len(pods) else PROGRESSING
    return {
        "kind": "Pod",
        "name": "",
        "component": "",
        "ready": len(good),
        "desired": len(pods),
        "verdict": verdict,
        "reason": "",
        "pods": [_pod(pod, now, zones) for pod in sorted(pods, key=name_of)],
    }


def _pod(pod: Raw, now: datetime | None, zones: Mapping[str, str]) -> dict[str, Any]:
    health = pod_rules.pod(pod, now)
    node = words(pod, "spec", "nodeName")
    restarts = sum(number(status, "restartCount") for status in entries(pod, "status", "containerStatuses"))
    well = health.verdict == HEALTHY
    return {
        "name": name_of(pod),
        "phase": words(pod, "status", "phase"),
        "ready": is_true(pod, "Ready"),
        "node": node,
        "zone": zones.get(node, ""),
        "restarts": restarts,
        "reason": "" if well else (health.cause.reason if health.cause else ""),
        "message": "" if well else shorten(health.cause.title if health.cause else pod_rules.phrase(pod), 300),
        "started_at": words(pod, "status", "startTime") or None,
    }


def _claim(claim: Raw) -> dict[str, Any]:
    given = table(claim, "status", "capacity").get("storage") or table(claim, "spec", "resources", "requests").get(
        "storage"
    )
    return {
        "name": name_of(claim),
        "phase": words(claim, "status", "phase") or "Pending",
        "size": str(given or ""),
        "storage_class": words(claim, "spec", "storageClassName"),
    }


def mounted(pods: Sequence[Raw]) -> set[str]:
    """Give the names of all claims the pods mount."""
    return {name for pod in pods for name in claims_of(pod)}

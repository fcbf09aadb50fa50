"""Facts that are read from pods: what they ask for, whether they are ready, what they mount."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from anywhere.practice.clock import quantity
from anywhere.practice.kinds import Obj


def _add(total: dict[str, Decimal], values: Obj) -> None:
    for name, value in values.items():
        total[name] = total.get(name, Decimal(0)) + quantity(value)


def asked(spec: Obj, group: str = "requests") -> dict[str, Decimal]:
    """What a pod requests (or is limited to): its containers together, or its largest init container."""
    total: dict[str, Decimal] = {}
    peaks: dict[str, Decimal] = {}
    for one in spec.get("containers") or []:
        _add(total, (one.get("resources") or {}).get(group) or {})
    for one in spec.get("initContainers") or []:
        values = (one.get("resources") or {}).get(group) or {}
        if one.get("restartPolicy") == "Always":
            _add(total, values)
        for name, value in values.items():
            peaks[name] = max(peaks.get(name, Decimal(0)), quantity(value))
    return {name: max(total.get(name, Decimal(0)), peaks.get(name, Decimal(0))) for name in {*total, *peaks}}


def is_ready(pod: Obj) -> bool:
    """Whether the pod's Ready condition is true."""
    return condition(pod, "Ready").get("status") == "True"


def is_over(pod: Obj) -> bool:
    """Whether the pod ran to its end."""
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Obj) -> bool:
    """Whether a controller counts the pod as one of its own."""
    return not is_over(pod) and "deletionTimestamp" not in pod["metadata"]


def condition(obj: Obj, kind: str) -> Obj:
    """The condition of this type, empty when there is none."""
    return next((c for c in obj.get("status", {}).get("conditions") or [] if c.get("type") == kind), {})


def claims(pod: Obj) -> Iterator[str]:
    """The names of the claims a pod mounts."""
    for volume in pod["spec"].get("volumes") or []:
        if claim := volume.get("persistentVolumeClaim"):
            yield claim["claimName"]


def controller_of(obj: Obj) -> Obj:
    """The owner reference of an object's controller, empty when it has none."""
    return next((o for o in obj["metadata"].get("ownerReferences") or [] if o.get("controller")), {})


def owner_reference(api_version: str, kind: str, owner: Obj) -> Obj:
    """The reference a controller puts on what it makes."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def set_condition(status: Obj, kind: str, value: str, now: str, reason: str = "", message: str = "") -> None:
    """Put a condition into a status, keeping its transition time when it did not change."""
    rows = status.setdefault("conditions", [])
    have = next((c for c in rows if c.get("type") == kind), None)
    row: Obj = {"type": kind, "status": value, "lastTransitionTime": now}
    if have and have.get("status") == value:
        row["lastTransitionTime"] = have.get("lastTransitionTime", now)
    row |= {k: v for k, v in (("reason", reason), ("message", message)) if v}
    if have is None:
        rows.append(row)
    elif {k: v for k, v in have.items() if k in row or k != "lastUpdateTime"} != row:
        if "lastUpdateTime" in have:
            row["lastUpdateTime"] = now
        rows[rows.index(have)] = row

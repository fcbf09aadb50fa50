"""Causes that only events tell: pods that may not be made, volumes that do not come, probes that fail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.rules.health.words import Cause, Raw, age, moment, number, part, sentence, shorten, words

RECENT = 600.0
CHANGE = {"action": "change", "title": "Change the values", "detail": ""}
RETRY = {"action": "retry", "title": "Try again", "detail": "After it is mended."}
WAIT = {"action": "wait", "title": "Wait", "detail": ""}

_CLASS = re.compile(r'storageclass(?:\.storage\.k8s\.io)? "([^"]+)" not found')
_MISSING = re.compile(r'(secret|configmap|persistentvolumeclaim) "([^"]+)" not found')
_QUOTA = re.compile(r"exceeded quota: ([^,]+), requested: (.+?), used: (.+?), limited: (.+)$")
_PROBE = re.compile(r"^(Startup|Liveness|Readiness) probe (?:failed|errored)", re.I)


def seen_at(event: Raw) -> datetime | None:
    """Give when an event happened last."""
    for path in (("series", "lastObservedTime"), ("lastTimestamp",), ("eventTime",), ("firstTimestamp",)):
        found = moment(part(event, *path))
        if found is not None:
            return found
    return moment(words(event, "metadata", "creationTimestamp"))


def count_of(event: Raw) -> int:
    """Give how often it happened."""
    return max(number(event, "count"), number(event, "series", "count"), 1)


def about(event: Raw, kind: str, name: str, uid: str = "") -> bool:
    """Give whether an event is about an object; the uid decides where both have one."""
    target = part(event, "involvedObject") or part(event, "regarding")
    if words(target, "kind") != kind or words(target, "name") != name:
        return False
    other = words(target, "uid")
    return not uid or not other or other == uid


def of(events: Sequence[Raw], kind: str, name: str, uid: str = "", now: datetime | None = None) -> list[Raw]:
    """Give the recent events about an object, newest first."""
    found = [event for event in events if about(event, kind, name, uid)]
    recent = [event for event in found if now is None or age(now, seen_at(event)) < RECENT or seen_at(event) is None]
    return sorted(recent, key=lambda event: str(seen_at(event) or ""), reverse=True)


def refused_pods(message: str, kind: str, name: str, namespace: str = "") -> Cause:
    """Give the cause of a workload whose pods the cluster does not accept, from its message."""
    said = shorten(message)
    base: dict[str, Any] = {"kind": kind, "name": name, "namespace": namespace, "message": said, "certain": True}
    base |= {"reason": "FailedCreate", "next": (CHANGE, RETRY)}
    quota = _QUOTA.search(message)
    if quota:
        title = f"The quota {quota[1]} leaves no room: asked {quota[2]}, used {quota[3]}, limit {quota[4]}"
        return _cause("quota.exceeded", shorten(title, 300), said, "yours", 5, base)
    if "exceeded quota" in message or "failed quota" in message:
        return _cause("quota.exceeded", "The namespace's quota refuses the pods", said, "yours", 5, base)
    if "violates PodSecurity" in message:
        return _cause("policy.pod_security", "The namespace's Pod Security refuses the pods", said, "package", 5, base)
    if "limitrange" in message.lower() or "maximum" in message and "usage per" in message:
        return _cause("policy.limit_range", "The namespace's limits refuse the pods", said, "yours", 5, base)
    if "denied the request" in message or "admission webhook" in message:
        return _cause("policy.admission_refused", "A policy of the cluster refuses the pods", said, "cluster", 5, base)
    if "serviceaccount" in message and "not found" in message:
        return _cause("workload.no_service_account", "The pods' service account is not there", said, "package", 6, base)
    return _cause("workload.cannot_create_pods", f"{kind} {name} cannot make its pods", said, "package", 8, base)


def _cause(code: str, title: str, said: str, whose: str, rank: int, base: dict[str, Any]) -> Cause:
    detail = sentence(f"The cluster says: {said}") if said else sentence(title)
    return Cause(code=code, title=title, detail=detail, whose=whose, rank=rank, **base)


def of_workload(
    events: Sequence[Raw], kind: str, name: str, namespace: str, uid: str, now: datetime | None
) -> Cause | None:
    """Give why a workload has fewer pods than it wants, None when no event says."""
    for event in of(events, kind, name, uid, now):
        if words(event, "reason") == "FailedCreate":
            return refused_pods(words(event, "message") or words(event, "note"), kind, name, namespace)
    return None


def of_claim(events: Sequence[Raw], claim: Raw, now: datetime | None) -> Cause | None:
    """Give why a Pending claim gets no volume, None when no event says."""
    name, uid = words(claim, "metadata", "name"), words(claim, "metadata", "uid")
    namespace = words(claim, "metadata", "namespace")
    wanted = part(claim, "spec", "storageClassName")
    for event in of(events, "PersistentVolumeClaim", name, uid, now):
        said = shorten(words(event, "message") or words(event, "note"))
        base: dict[str, Any] = {"kind": "PersistentVolumeClaim", "name": name, "namespace": namespace, "message": said}
        base |= {"reason": words(event, "reason"), "next": (CHANGE, RETRY)}
        missing = _CLASS.search(said)
        if missing:
            title = f"Storage class {missing[1]} is not there"
            return _cause("storage.class_missing", title, said, "yours", 3, base | {"certain": True})
        if words(event, "reason") == "FailedBinding":
            title = (
                "There is no default storage class" if not wanted else f"No volume of storage class {wanted} is free"
            )
            code = "storage.no_default_class" if not wanted else "storage.no_volume"
            return _cause(code, title, said, "cluster", 3, base | {"certain": True})
        if words(event, "reason") == "ProvisioningFailed":
            certain = count_of(event) >= 3
            title = f"The volume for claim {name} cannot be made"
            return _cause("storage.provisioning_failed", title, said, "cluster", 4, base | {"certain": certain})
    return None


def waits_for_its_first_pod(events: Sequence[Raw], claim: Raw, now: datetime | None) -> bool:
    """Give whether the cluster makes the volume of a claim only when a pod wants it, as the newest event says."""
    heard = of(events, "PersistentVolumeClaim", words(claim, "metadata", "name"), words(claim, "metadata", "uid"), now)
    return bool(heard) and words(heard[0], "reason") == "WaitForFirstConsumer"


def of_pod(events: Sequence[Raw], pod: Raw, now: datetime | None) -> Cause | None:
    """Give what events say of a pod whose status names no cause: mounts, sandbox, probes."""
    name, uid = words(pod, "metadata", "name"), words(pod, "metadata", "uid")
    base: dict[str, Any] = {
        "kind": "Pod",
        "name": name,
        "namespace": words(pod, "metadata", "namespace"),
        "next": (CHANGE, RETRY),
    }
    started = words(pod, "status", "phase") == "Running"
    heard = of(events, "Pod", name, uid, now)
    for event in heard:
        said = shorten(words(event, "message") or words(event, "note"))
        reason = words(event, "reason")
        seen = base | {"message": said, "reason": reason}
        if reason in ("FailedMount", "FailedAttachVolume", "FailedMapVolume") and not started:
            return _mount(said, reason, count_of(event), name, seen)
        if reason == "FailedCreatePodSandBox" and not started:
            tries = sum(count_of(each) for each in heard if words(each, "reason") == reason)  # each names another id
            if "OOM-killed" in said or "memory limit too low" in said:
                title = f"Pod {name} cannot start: its memory limit is too low"
                return _cause("container.out_of_memory", title, said, "yours", 12, seen | {"certain": tries >= 2})
            title = f"The node cannot set up pod {name}"
            return _cause("pod.no_sandbox", title, said, "cluster", 26, seen | {"certain": tries >= 5})
        if reason == "Unhealthy" and started:
            probe = _PROBE.search(said)
            kind = probe[1].lower() if probe else "health"
            title = f"Pod {name} runs, but its {kind} probe fails"
            return _cause("container.not_ready", title, said, "package", 40, seen)
    return None


def _mount(said: str, reason: str, count: int, pod: str, base: dict[str, Any]) -> Cause:
    missing = _MISSING.search(said)
    if missing:
        kind = {"secret": "Secret", "configmap": "ConfigMap"}.get(missing[1], "claim")
        title = f"{kind} {missing[2]} is not there, so pod {pod} cannot mount it"
        return _cause("storage.mount_missing", title, said, "package", 13, base | {"certain": count >= 4})
    if "Multi-Attach" in said:
        return _cause(
            "storage.in_use_elsewhere",
            f"The volume of pod {pod} is still used on another node",
            said,
            "cluster",
            24,
            base | {"next": (WAIT,)},
        )
    code = "storage.attach_failed" if reason == "FailedAttachVolume" else "storage.mount_failed"
    return _cause(code, f"A volume of pod {pod} cannot be mounted", said, "cluster", 24, base | {"certain": count >= 6})

"""Health of one Pod, and the cause that its own status names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.rules.health import images, scheduling
from services.rules.health.words import (
    DEGRADED,
    FAILED,
    HEALTHY,
    PROGRESSING,
    UNKNOWN,
    Cause,
    Health,
    Raw,
    age,
    condition,
    ending,
    entries,
    is_true,
    moment,
    name_of,
    namespace_of,
    number,
    part,
    sentence,
    shorten,
    words,
)

CHANGE = {"action": "change", "title": "Change the values", "detail": ""}
RETRY = {"action": "retry", "title": "Try again", "detail": ""}
WAIT = {"action": "wait", "title": "Wait", "detail": ""}
RECENT = 600.0
PATIENT_RESTARTS = 2

_IMAGE_REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
    }
)
_CONFIG_REASONS = frozenset({"CreateContainerConfigError", "CreateContainerError"})
_QUIET_REASONS = frozenset({"ContainerCreating", "PodInitializing", ""})


def pod(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a Pod by itself."""
    phase = words(obj, "status", "phase")
    if phase == "Succeeded":
        return Health(HEALTHY, "pod.done", "Done.")
    found = cause(obj, now)
    if found is not None:
        verdict = FAILED if phase in ("Failed", "Pending") or found.certain else DEGRADED
        return Health(verdict, found.code, sentence(found.title), cause=found)
    if phase == "Running" and is_true(obj, "Ready"):
        return Health(HEALTHY)
    if phase in ("Pending", "Running"):
        return Health(PROGRESSING, "pod.starting", f"{phrase(obj).capitalize()}.")
    return Health(UNKNOWN, "pod.unknown", "The cluster does not say how the pod is; its node may be gone.")


def phrase(obj: Raw) -> str:
    """Give what a pod that is not ready is doing, in a few words."""
    if part(obj, "metadata", "deletionTimestamp"):
        return "stopping"
    if not words(obj, "spec", "nodeName") and condition(obj, "PodScheduled").get("status") != "True":
        return "waiting for a node"
    for status in _statuses(obj, "initContainerStatuses"):
        if not part(status, "ready") and part(status, "state", "running") is not None:
            return f"running {words(status, 'name')} first"
    waiting = [words(s, "state", "waiting", "reason") for s in _statuses(obj, "containerStatuses")]
    if "ContainerCreating" in waiting or not waiting:
        return "downloading the image"
    if "PodInitializing" in waiting:
        return "getting ready to start"
    if any(part(s, "state", "running") is not None for s in _statuses(obj, "containerStatuses")):
        return "starting, not ready yet"
    return "starting"


def _statuses(obj: Raw, *names: str) -> Iterator[Raw]:
    for name in names:
        yield from entries(obj, "status", name)


def cause(obj: Raw, now: datetime | None = None) -> Cause | None:
    """Give what keeps a pod from serving as far as its status says, None when nothing is wrong with it."""
    if is_on_lost_node(obj):
        node = words(obj, "spec", "nodeName")
        more = {"whose": "cluster", "next": (WAIT,), "rank": 8}
        return _about(obj, {}, "pod.node_lost", f"Node {node} of {name_of(obj)} does not answer", "", **more)
    if part(obj, "metadata", "deletionTimestamp"):
        return None
    if words(obj, "status", "phase") == "Failed":
        return _ended(obj)
    unplaced = condition(obj, "PodScheduled")
    if unplaced.get("status") == "False" and unplaced.get("reason") == "Unschedulable":
        return scheduling.cause(obj, words(unplaced, "message"), moment(unplaced.get("lastTransitionTime")), now)
    for status in _statuses(obj, "initContainerStatuses", "containerStatuses"):
        found = _of_container(obj, status, now)
        if found is not None:
            return found
    return None


def is_on_lost_node(obj: Raw) -> bool:
    """Give whether the pod's node is silent: the cluster took its readiness away, not the kubelet.

    Source: the node lifecycle controller sets the pod's Ready condition alone to False (MarkPodsNotReady), while the
    kubelet's last word, ContainersReady, stays True. Readiness gates look alike and are told by their reason.
    """
    ready = condition(obj, "Ready")
    return (
        words(obj, "status", "phase") == "Running"
        and ready.get("status") == "False"
        and ready.get("reason") != "ReadinessGatesNotReady"
        and is_true(obj, "ContainersReady")
    )


def _about(obj: Raw, status: Raw, code: str, title: str, message: str, **more: Any) -> Cause:
    usual: dict[str, Any] = {"whose": "package", "next": (CHANGE, RETRY), "rank": 30}
    container = words(status, "name")
    said = shorten(message)
    return Cause(
        code=code,
        title=title,
        detail=sentence(said) if said else sentence(title),
        kind="Pod",
        name=name_of(obj),
        namespace=namespace_of(obj),
        container=container,
        message=said,
        **(usual | more),
    )


def _of_container(obj: Raw, status: Raw, now: datetime | None) -> Cause | None:
    waiting = words(status, "state", "waiting", "reason")
    message = words(status, "state", "waiting", "message")
    name = words(status, "name")
    if waiting in _IMAGE_REASONS:
        image = words(status, "image") or _image(obj, name)
        code, title, certain = images.read(image, waiting, message)
        whose = "cluster" if code == "image.registry_unreachable" else "yours"
        found = _about(obj, status, code, title, message, certain=certain, whose=whose, rank=10, reason=waiting)
        return replace(found, detail=images.WHY.get(code, found.detail))
    if waiting in _CONFIG_REASONS:
        title = f"Container {name} cannot start: {shorten(message, 200)}"
        return _about(obj, status, "container.config_error", title, message, certain=True, rank=12, reason=waiting)
    if waiting in ("RunContainerError", "StartError") or waiting == "CrashLoopBackOff":
        return _crashed(obj, status, part(status, "lastState", "terminated"), now, backing_off=True)
    if waiting not in _QUIET_REASONS and (waiting.startswith("Err") or waiting.endswith(("Error", "BackOff"))):
        title = f"Container {name} does not start ({waiting})"
        return _about(obj, status, "container.cannot_start", title, message, certain=True, rank=14, reason=waiting)
    now_ended = part(status, "state", "terminated")
    if isinstance(now_ended, dict) and number(now_ended, "exitCode") != 0:
        return _crashed(obj, status, now_ended, now, backing_off=False)
    last = part(status, "lastState", "terminated")
    if isinstance(last, dict) and number(last, "exitCode") != 0 and part(status, "ready") is not True:
        ended = moment(last.get("finishedAt"))
        if now is None or age(now, ended) < RECENT:
            return _crashed(obj, status, last, now, backing_off=False)
    return None


def _image(obj: Raw, container: str) -> str:
    both = entries(obj, "spec", "initContainers") + entries(obj, "spec", "containers")
    return next((words(entry, "image") for entry in both if words(entry, "name") == container), "")


def _crashed(obj: Raw, status: Raw, ended: object, now: datetime | None, *, backing_off: bool) -> Cause:
    name = words(status, "name")
    restarts = number(status, "restartCount")
    exit_code = number(ended, "exitCode")
    reason = words(ended, "reason")
    said = words(ended, "message") or words(status, "state", "waiting", "message")
    certain = backing_off and restarts >= PATIENT_RESTARTS
    if reason == "OOMKilled":
        limit = _memory_limit(obj, name)
        title = f"Container {name} ran out of memory" + (f" (its limit is {limit})" if limit else "")
        detail = f"The node stopped it when it used more memory than it may. It was restarted {restarts} times."
        return _about(
            obj,
            status,
            "container.out_of_memory",
            title,
            detail,
            certain=certain,
            rank=20,
            reason=reason,
            whose="yours",
        )
    if reason in ("ContainerCannotRun", "StartError") or words(status, "state", "waiting", "reason") in (
        "RunContainerError",
        "StartError",
    ):
        title = f"Container {name} cannot start: {shorten(said, 200)}"
        return _about(obj, status, "container.cannot_start", title, said, certain=backing_off, rank=14, reason=reason)
    first = "Init container" if _is_init(obj, name) else "Container"
    if not isinstance(ended, dict):
        title = f"{first} {name} keeps ending and is restarted"
        return _about(obj, status, "container.exited", title, said, certain=certain, rank=22, reason="CrashLoopBackOff")
    tail = f": {ending(words(ended, 'message'), 200)}" if words(ended, "message") else ""
    title, said = f"{first} {name} exited {exit_code}{tail}", ending(said)
    return _about(obj, status, "container.exited", title, said, certain=certain, rank=22, reason=reason or "Error")


def _is_init(obj: Raw, container: str) -> bool:
    return any(words(entry, "name") == container for entry in entries(obj, "spec", "initContainers"))


def _memory_limit(obj: Raw, container: str) -> str:
    for entry in entries(obj, "spec", "containers") + entries(obj, "spec", "initContainers"):
        if words(entry, "name") == container:
            return words(entry, "resources", "limits", "memory")
    return ""


def _ended(obj: Raw) -> Cause:
    reason, message = words(obj, "status", "reason"), words(obj, "status", "message")
    if reason == "Evicted":
        title = f"The node evicted pod {name_of(obj)}"
        return _about(obj, {}, "pod.evicted", title, message, whose="cluster", rank=25, reason=reason, next=(WAIT,))
    if reason in ("UnexpectedAdmissionError", "NodeAffinity", "OutOfcpu", "OutOfmemory", "OutOfpods", "Preempting"):
        title = f"The node refused pod {name_of(obj)}"
        return _about(obj, {}, "pod.refused", title, message, whose="cluster", rank=25, reason=reason, next=(WAIT,))
    if reason == "DeadlineExceeded":
        return _about(obj, {}, "pod.deadline", f"Pod {name_of(obj)} ran longer than it may", message, reason=reason)
    for status in _statuses(obj, "initContainerStatuses", "containerStatuses"):
        ended = part(status, "state", "terminated")
        if isinstance(ended, dict) and number(ended, "exitCode") != 0:
            return _crashed(obj, status, ended, None, backing_off=False)
    return _about(obj, {}, "pod.failed", f"Pod {name_of(obj)} failed", message or reason, reason=reason)

"""Objects cut to what the health rules read: what is kept of a cluster has to stay small."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

Kept = dict[str, Any]
MAX_MESSAGE = 1000
_LABELS = ("pod-template-hash", "controller-revision-hash", "app.kubernetes.io/component")


def _word(value: Any) -> Any:
    return sys.intern(value) if isinstance(value, str) and len(value) <= 64 else value


def _text(value: Any) -> Any:
    return value[:MAX_MESSAGE] if isinstance(value, str) else value


def _meta(obj: Mapping[str, Any]) -> Kept:
    meta = obj.get("metadata") or {}
    kept: Kept = {"name": meta.get("name", ""), "uid": meta.get("uid", "")}
    if meta.get("namespace"):
        kept["namespace"] = _word(meta["namespace"])
    if meta.get("generation"):
        kept["generation"] = meta["generation"]
    kept["resourceVersion"] = meta.get("resourceVersion", "")
    for key in ("creationTimestamp", "deletionTimestamp"):
        if meta.get(key):
            kept[key] = meta[key]
    labels = meta.get("labels")
    if labels:
        few = {key: _word(labels[key]) for key in _LABELS if key in labels}
        if few:
            kept["labels"] = few
    owners = meta.get("ownerReferences")
    if owners:
        kept["ownerReferences"] = [
            {"kind": _word(o.get("kind")), "name": o.get("name"), "controller": o.get("controller")} for o in owners
        ]
    return kept


def _only(table: Any, *keys: str) -> Kept:
    table = table if isinstance(table, Mapping) else {}
    return {key: _word(table[key]) for key in keys if key in table}


def _conditions(status: Mapping[str, Any], *kinds: str) -> list[Kept]:
    found = []
    for one in status.get("conditions") or ():
        if kinds and one.get("type") not in kinds:
            continue
        kept = {"type": _word(one.get("type")), "status": _word(one.get("status"))}
        if one.get("status") != "True" or one.get("type") not in ("Ready", "PodScheduled", "Available"):
            for key in ("reason", "lastTransitionTime", "lastUpdateTime"):
                if one.get(key):
                    kept[key] = _word(one[key])
            if one.get("message"):
                kept["message"] = _text(one["message"])
        found.append(kept)
    return found


def _object(kind: str, api_version: str, obj: Mapping[str, Any], spec: Kept, status: Kept) -> Kept:
    return {"apiVersion": api_version, "kind": kind, "metadata": _meta(obj), "spec": spec, "status": status}


_COUNTS = ("observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas")


def _deployment(obj: Mapping[str, Any]) -> Kept:
    status = obj.get("status") or {}
    kept = _only(status, *_COUNTS) | {"conditions": _conditions(status, "Progressing", "ReplicaFailure", "Available")}
    return _object("Deployment", "apps/v1", obj, _only(obj.get("spec"), "replicas", "paused"), kept)


def _stateful_set(obj: Mapping[str, Any]) -> Kept:
    spec = obj.get("spec") or {}
    kept = _only(spec, "replicas", "updateStrategy")
    templates = [
        {"metadata": {"name": (t.get("metadata") or {}).get("name")}} for t in spec.get("volumeClaimTemplates") or ()
    ]
    if templates:
        kept["volumeClaimTemplates"] = templates
    status = _only(obj.get("status"), *_COUNTS, "currentReplicas", "currentRevision", "updateRevision")
    return _object("StatefulSet", "apps/v1", obj, kept, status)


def _daemon_set(obj: Mapping[str, Any]) -> Kept:
    keys = ("observedGeneration", "numberReady", "desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    return _object(
        "DaemonSet", "apps/v1", obj, _only(obj.get("spec"), "updateStrategy"), _only(obj.get("status"), *keys)
    )


def _job(obj: Mapping[str, Any]) -> Kept:
    status = obj.get("status") or {}
    kept = _only(status, "failed", "succeeded", "active", "startTime") | {"conditions": _conditions(status)}
    return _object("Job", "batch/v1", obj, _only(obj.get("spec"), "suspend", "completions"), kept)


def _claim(obj: Mapping[str, Any]) -> Kept:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    asked = {"requests": _only((spec.get("resources") or {}).get("requests"), "storage")}
    kept = _object(
        "PersistentVolumeClaim", "v1", obj,
        _only(spec, "storageClassName") | {"resources": asked},
        _only(status, "phase", "capacity") | {"conditions": _conditions(status)},
    )  # fmt: skip
    node = ((obj.get("metadata") or {}).get("annotations") or {}).get("volume.kubernetes.io/selected-node")
    if node:
        kept["metadata"]["annotations"] = {"volume.kubernetes.io/selected-node": node}
    return kept


def _addresses(status: Any) -> Kept:
    given = ((status or {}).get("loadBalancer") or {}).get("ingress") or ()
    return {"loadBalancer": {"ingress": [_only(one, "ip", "hostname") for one in given]}} if given else {}


def _service(obj: Mapping[str, Any]) -> Kept:
    spec = obj.get("spec") or {}
    kept = _only(spec, "type")
    if spec.get("type") == "LoadBalancer":
        kept["ports"] = [_only(port, "name", "port") for port in spec.get("ports") or ()]
    return _object("Service", "v1", obj, kept, _addresses(obj.get("status")))


def _ingress(obj: Mapping[str, Any]) -> Kept:
    spec = obj.get("spec") or {}
    kept = {
        "rules": [_only(rule, "host") for rule in spec.get("rules") or ()],
        "tls": [{"hosts": list(one.get("hosts") or ())} for one in spec.get("tls") or ()],
    }
    return _object("Ingress", "networking.k8s.io/v1", obj, kept, _addresses(obj.get("status")))


def _container(one: Mapping[str, Any]) -> Kept:
    return {"name": _word(one.get("name")), "image": _word(one.get("image")), "resources": one.get("resources") or {}}


def _state(state: Any) -> Kept:
    if not isinstance(state, Mapping):
        return {}
    if "running" in state:
        return {"running": _only(state["running"], "startedAt")}
    kept: Kept = {}
    for name in ("waiting", "terminated"):
        if name in state:
            inner = _only(state[name], "reason", "exitCode", "finishedAt", "startedAt", "signal")
            if (state[name] or {}).get("message"):
                inner["message"] = _text(state[name]["message"])
            kept[name] = inner
    return kept


def _status_of(one: Mapping[str, Any], quiet: bool) -> Kept:
    kept = _only(one, "name", "ready", "restartCount", "started")
    if quiet:
        return kept
    return kept | {
        "image": one.get("image"),
        "state": _state(one.get("state")),
        "lastState": _state(one.get("lastState")),
    }


def _pod(obj: Mapping[str, Any]) -> Kept:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    conditions = _conditions(status, "Ready", "PodScheduled")
    quiet = status.get("phase") == "Running" and {"type": "Ready", "status": "True"} in conditions
    if not quiet:
        conditions += _conditions(status, "ContainersReady")
    kept_spec = _only(spec, "nodeName")
    if not quiet:
        for name in ("initContainers", "containers"):
            if spec.get(name):
                kept_spec[name] = [_container(one) for one in spec[name]]
    claims = [
        v["persistentVolumeClaim"].get("claimName") for v in spec.get("volumes") or () if v.get("persistentVolumeClaim")
    ]
    if claims:
        kept_spec["volumes"] = [{"persistentVolumeClaim": {"claimName": name}} for name in claims]
    kept = _only(status, "phase", "reason", "startTime") | {"conditions": conditions}
    if status.get("message"):
        kept["message"] = _text(status["message"])
    for name in ("initContainerStatuses", "containerStatuses"):
        if status.get(name) and not (quiet and name.startswith("init")):
            kept[name] = [_status_of(one, quiet) for one in status[name]]
    return _object("Pod", "v1", obj, kept_spec, kept)


def _event(obj: Mapping[str, Any]) -> Kept:
    target = obj.get("involvedObject") or {}
    kept = _only(obj, "type", "reason", "count", "firstTimestamp", "lastTimestamp", "eventTime")
    series = obj.get("series")
    if isinstance(series, Mapping):
        kept["series"] = _only(series, "count", "lastObservedTime")
    kept["message"] = _text(obj.get("message") or "")
    kept["involvedObject"] = _only(target, "kind", "name", "uid", "namespace")
    kept["metadata"] = _meta(obj)
    return kept


def _release(obj: Mapping[str, Any]) -> Kept:
    labels = (obj.get("metadata") or {}).get("labels") or {}
    return {"metadata": _meta(obj), "release": _only(labels, "name", "version", "status")}


TRIM: dict[str, Callable[[Mapping[str, Any]], Kept]] = {
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Job": _job,
    "Pod": _pod,
    "PersistentVolumeClaim": _claim,
    "Service": _service,
    "Ingress": _ingress,
    "Event": _event,
    "Release": _release,
}

"""Events: what happened to an object, told once and counted when it repeats."""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import TYPE_CHECKING

from anywhere.practice.clock import seconds, stamp
from anywhere.practice.kinds import Obj

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

KEPT_SECONDS = 3600


def tell(cluster: Cluster, obj: Obj, kind: str, reason: str, message: str, component: str, path: str = "") -> None:
    """Record an event about an object; the same words again raise its count."""
    meta = obj["metadata"]
    space = meta.get("namespace") or "default"
    if cluster.store.get("namespaces", "", space) is None:
        return
    digest = hashlib.sha256("\0".join((meta["uid"], reason, message, component, path)).encode()).hexdigest()[:16]
    name = f"{meta['name']}.{digest}"
    now = stamp()
    if entry := cluster.store.get("events", space, name):
        event = entry.obj()
        event |= {"count": event.get("count", 1) + 1, "lastTimestamp": now}
    else:
        about = {
            "kind": obj["kind"],
            "namespace": space,
            "name": meta["name"],
            "uid": meta["uid"],
            "apiVersion": obj["apiVersion"],
            "resourceVersion": meta.get("resourceVersion", ""),
        }
        if path:
            about["fieldPath"] = path
        source = {"component": component}
        if component == "kubelet" and (node := obj.get("spec", {}).get("nodeName")):
            source["host"] = node
        event = {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": name, "namespace": space, "uid": str(uuid.UUID(digest * 2)), "creationTimestamp": now},
            "involvedObject": about,
            "reason": reason,
            "message": message,
            "source": source,
            "type": kind,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": source.get("host", ""),
        }
    cluster.store.put("events", event)


def sweep(cluster: Cluster) -> None:
    """Forget events older than an hour."""
    floor = time.time() - KEPT_SECONDS
    for entry in list(cluster.store.each("events")):
        if seconds(entry.obj().get("lastTimestamp")) < floor:
            cluster.store.remove("events", entry.namespace, entry.name)

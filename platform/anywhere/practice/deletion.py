"""Deletion: at once, after finalizers, or with what depends on an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice.clock import stamp
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.status import conflict, forbidden, success
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

FOREGROUND = "foregroundDeletion"


def delete(cluster: Cluster, resource: Resource, entry: Entry, options: Obj, dry_run: bool = False) -> Obj:
    """Delete an object; returns a Status when it is gone, the object when it is on its way."""
    wanted = options.get("preconditions") or {}
    if wanted.get("uid") and wanted["uid"] != entry.uid:
        raise conflict(
            resource,
            entry.name,
            f"Precondition failed: UID in precondition: {wanted['uid']}, UID in object meta: {entry.uid}",
        )
    if wanted.get("resourceVersion") and wanted["resourceVersion"] != str(entry.version):
        raise conflict(resource, entry.name)
    if resource.key == "namespaces" and entry.name in ("default", "kube-system", "kube-public"):
        raise forbidden(resource, entry.name, "this namespace may not be deleted")
    if dry_run or options.get("dryRun"):
        return success(resource, entry.name, entry.uid)
    policy = options.get("propagationPolicy") or ("Orphan" if options.get("orphanDependents") else "Background")
    obj = entry.obj()
    if policy == "Orphan":
        _orphan(cluster, entry)
    grace = _grace(resource, obj, options)
    finalizers = list(obj["metadata"].get("finalizers") or [])
    if policy == "Foreground" and FOREGROUND not in finalizers and cluster.store.owned(entry.uid):
        finalizers.append(FOREGROUND)
    if not finalizers and not grace and resource.key != "namespaces":
        cluster.remove(resource, entry.namespace, entry.name)
        return success(resource, entry.name, entry.uid)
    return _mark(cluster, resource, obj, finalizers, grace)


def _grace(resource: Resource, obj: Obj, options: Obj) -> int:
    if resource.key != "pods":
        return 0
    spec, status = obj["spec"], obj.get("status") or {}
    if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
        return 0
    asked = options.get("gracePeriodSeconds")
    return int(spec.get("terminationGracePeriodSeconds", 30) if asked is None else asked)


def _mark(cluster: Cluster, resource: Resource, obj: Obj, finalizers: list[str], grace: int) -> Obj:
    meta = obj["metadata"]
    if finalizers:
        meta["finalizers"] = finalizers
    if "deletionTimestamp" not in meta:
        meta["deletionTimestamp"] = stamp()
        meta["deletionGracePeriodSeconds"] = grace
        if "generation" in meta:
            meta["generation"] += 1
    if resource.key == "namespaces":
        obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    cluster.store.put(resource.key, obj)
    return obj


def _orphan(cluster: Cluster, owner: Entry) -> None:
    for one in cluster.store.owned(owner.uid):
        obj = one.obj()
        kept = [o for o in obj["metadata"].get("ownerReferences") or [] if o.get("uid") != owner.uid]
        if kept:
            obj["metadata"]["ownerReferences"] = kept
        else:
            obj["metadata"].pop("ownerReferences", None)
        cluster.store.put(one.key, obj)

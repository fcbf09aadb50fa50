"""Create, change and patch objects as the API does: defaults, checks, owners of fields, versions."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anywhere.practice import admission, defaults, owners, patch, shapes, validation
from anywhere.practice.access import SYSTEM, User
from anywhere.practice.clock import stamp
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.status import ApiError, already_exists, bad_request, conflict, forbidden, not_found
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_FIXED_META = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "namespace",
    "name",
    "selfLink",
)
_NO_GENERATION = {"pods", "services", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes"}


@dataclass(frozen=True)
class Write:
    """How a write is made: by whom, under which field manager, and whether it is only tried."""

    user: User = SYSTEM
    manager: str = ""
    dry_run: bool = False
    force: bool = False


MOST_OBJECTS = 60_000
BY_SYSTEM = Write()


def suffix(length: int = 5) -> str:
    """A random ending for a generated name."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def fetch(cluster: Cluster, resource: Resource, namespace: str, name: str) -> Entry:
    """A stored object; raises 404."""
    entry = cluster.store.get(resource.key, namespace, name)
    if entry is None:
        raise not_found(resource, name)
    return entry


def _prepare(cluster: Cluster, resource: Resource, namespace: str, obj: Obj) -> None:
    meta = obj["metadata"]
    obj.update(apiVersion=resource.group_version, kind=resource.kind)
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = meta["generateName"][:58] + suffix()
    if resource.namespaced:
        if meta.get("namespace", namespace) != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        meta["namespace"] = namespace
        space = cluster.store.get("namespaces", "", namespace)
        if space is None:
            raise ApiError(
                404, "NotFound", f'namespaces "{namespace}" not found', {"name": namespace, "kind": "namespaces"}
            )
        if space.terminating:
            raise forbidden(
                resource,
                meta.get("name", ""),
                f"unable to create new content in namespace {namespace} because it is being terminated",
            )
    else:
        meta.pop("namespace", None)
    for field in ("resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
        meta.pop(field, None)
    meta.update(uid=str(uuid.uuid4()), creationTimestamp=stamp())
    if "status" in resource.subresources and resource.key != "nodes":
        obj.pop("status", None)
    if resource.key not in _NO_GENERATION and ("spec" in obj or resource.custom):
        meta["generation"] = 1


def create(cluster: Cluster, resource: Resource, namespace: str, obj: Obj, write: Write = BY_SYSTEM) -> Obj:
    """Store a new object and return it as stored."""
    if not isinstance(obj.get("metadata"), dict):
        raise bad_request("metadata: Required value")
    shapes.check(resource, obj)
    _prepare(cluster, resource, namespace, obj)
    name = obj["metadata"].get("name", "")
    validation.check_name(resource, obj)
    if obj.get("spec") is None and resource.key in validation.WITH_SPEC:
        obj["spec"] = {}
    defaults.fill(resource.key, obj)
    validation.check_create(resource, obj)
    if cluster.store.get(resource.key, obj["metadata"].get("namespace", ""), name):
        raise already_exists(resource, name)
    if cluster.store.total() >= MOST_OBJECTS:
        raise forbidden(resource, name, f"a practice cluster holds no more than {MOST_OBJECTS} objects")
    cluster.access.check_grant(write.user, resource, obj)
    admission.admit_create(cluster, resource, obj)
    if write.manager and not obj["metadata"].get("managedFields"):
        owners.record_update(resource, None, obj, write.manager, stamp())
    if write.dry_run:
        obj["metadata"]["resourceVersion"] = ""
        return obj
    cluster.store.put(resource.key, obj)
    cluster.defined(resource, obj)
    return obj


def update(
    cluster: Cluster, resource: Resource, entry: Entry, new: Obj, sub: str = "", write: Write = BY_SYSTEM
) -> Obj:
    """Replace a stored object (or its status) and return it as stored; raises 409 for an outdated version."""
    old = entry.obj()
    meta = new.get("metadata")
    if not isinstance(meta, dict):
        raise bad_request("metadata: Required value")
    if meta.get("name", entry.name) != entry.name:
        raise bad_request(
            f"the name of the object ({meta.get('name')}) does not match the name on the URL ({entry.name})"
        )
    if meta.get("resourceVersion") and meta["resourceVersion"] != str(entry.version):
        raise conflict(resource, entry.name)
    if meta.get("uid") and meta["uid"] != entry.uid:
        raise conflict(
            resource,
            entry.name,
            f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {entry.uid}",
        )
    if not sub:
        shapes.check(resource, new)
    result = _merged(resource, old, new, sub)
    if not sub:
        defaults.fill(resource.key, result)
        _bump(resource, old, result)
        admission.admit_update(cluster, resource, old, result)
        validation.check_update(resource, old, result)
        if result.get("rules") != old.get("rules"):
            cluster.access.check_grant(write.user, resource, result)
    return _finish(cluster, resource, entry, old, result, sub, write)


def _finish(cluster: Cluster, resource: Resource, entry: Entry, old: Obj, result: Obj, sub: str, write: Write) -> Obj:
    if write.manager and write.manager != "\0":
        owners.record_update(resource, old, result, write.manager, stamp(), sub)
    result["metadata"]["resourceVersion"] = str(entry.version)
    if result == old or write.dry_run:
        return result
    if entry.terminating and not result["metadata"].get("finalizers") and resource.key != "pods":
        cluster.remove(resource, entry.namespace, entry.name)
        return result
    cluster.store.put(resource.key, result)
    cluster.defined(resource, result)
    return result


def _merged(resource: Resource, old: Obj, new: Obj, sub: str) -> Obj:
    if sub == "status":
        return {**old, "status": new.get("status", {})} if "status" in new else old
    result = {**new, "apiVersion": resource.group_version, "kind": resource.kind}
    meta = {**new["metadata"]}
    for field in _FIXED_META:
        meta.pop(field, None)
        if field in old["metadata"]:
            meta[field] = old["metadata"][field]
    if "managedFields" not in meta and "managedFields" in old["metadata"]:
        meta["managedFields"] = old["metadata"]["managedFields"]
    result["metadata"] = meta
    if "status" in resource.subresources:
        result.pop("status", None)
        if "status" in old:
            result["status"] = old["status"]
    return result


def _bump(resource: Resource, old: Obj, new: Obj) -> None:
    def content(obj: Obj) -> Obj:
        return {k: v for k, v in obj.items() if k not in ("metadata", "status", "apiVersion", "kind")}

    if "generation" in old["metadata"]:
        new["metadata"]["generation"] = old["metadata"]["generation"] + (content(old) != content(new))


def apply_patch(
    cluster: Cluster, resource: Resource, namespace: str, name: str, body: Obj, write: Write, sub: str = ""
) -> tuple[Obj, bool]:
    """Server-side apply; returns the object and whether it is new."""
    if not write.manager:
        raise bad_request(
            'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
        )
    body.setdefault("metadata", {}).setdefault("name", name)
    entry = cluster.store.get(resource.key, namespace, name)
    if entry is None:
        fresh = owners.apply_object(resource, None, body, write.manager, write.force, stamp())
        return create(cluster, resource, namespace, fresh, write), True
    live = entry.obj()
    if sub == "status":
        return update(
            cluster, resource, entry, patch.merge_patch(live, {"status": body.get("status", {})}), sub, write
        ), False
    meta = {k: v for k, v in body["metadata"].items() if k not in ("uid", "resourceVersion", "creationTimestamp")}
    merged = owners.apply_object(resource, live, {**body, "metadata": meta}, write.manager, write.force, stamp())
    quiet = Write(write.user, "\0", write.dry_run)
    return update(cluster, resource, entry, merged, "", quiet), False


def change(
    cluster: Cluster,
    resource: Resource,
    namespace: str,
    name: str,
    content_type: str,
    body: object,
    write: Write,
    sub: str = "",
) -> Obj:
    """Patch a stored object with a JSON, merge or strategic merge patch and return it."""
    entry = fetch(cluster, resource, namespace, name)
    old = entry.obj()
    if content_type == "application/json-patch+json" and isinstance(body, list):
        new = patch.json_patch(old, body)
    elif content_type == "application/merge-patch+json":
        new = patch.merge_patch(old, body)
    elif content_type == "application/strategic-merge-patch+json":
        if resource.custom:
            raise ApiError(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted "
                "media types include: application/json-patch+json, application/merge-patch+json, "
                "application/apply-patch+yaml",
            )
        new = patch.strategic_merge(old, body)
    else:
        raise ApiError(415, "UnsupportedMediaType", f"the body of the request was in an unknown format: {content_type}")
    return update(cluster, resource, entry, new, sub, write)


def edit(cluster: Cluster, resource: Resource, entry: Entry, editor: Callable[[Obj], None], sub: str = "") -> Obj:
    """Change a stored object in the name of the system, by a function that works in place."""
    obj = entry.obj()
    editor(obj)
    return update(cluster, resource, entry, obj, sub)


def scale_of(resource: Resource, obj: Obj) -> Obj:
    """The Scale document of a workload."""
    meta = obj["metadata"]
    labels = ((obj.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    kept = {k: meta[k] for k in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp") if k in meta}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": kept,
        "spec": {"replicas": (obj.get("spec") or {}).get("replicas", 0)},
        "status": {
            "replicas": (obj.get("status") or {}).get("replicas", 0),
            "selector": ",".join(f"{k}={v}" for k, v in sorted(labels.items())),
        },
    }

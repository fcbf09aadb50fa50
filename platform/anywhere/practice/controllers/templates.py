"""Pods made from templates, and the marks that tell one template from another."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from anywhere.practice import events, pods
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import create, suffix
from anywhere.practice.status import ApiError
from anywhere.practice.store import Entry, dumps

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_SAFE = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(template: Obj) -> str:
    """Ten letters that stay the same for the same template."""
    digest = hashlib.sha256(repr(_sorted(template)).encode()).digest()
    return "".join(_SAFE[byte % len(_SAFE)] for byte in digest[:10])


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return sorted((k, _sorted(v)) for k, v in value.items())
    return [_sorted(v) for v in value] if isinstance(value, list) else value


def same_template(one: Obj, two: Obj, label: str = "pod-template-hash") -> bool:
    """Whether two templates are equal but for the mark a controller put on them."""
    return _unmarked(one, label) == _unmarked(two, label)


def _unmarked(template: Obj, label: str) -> Obj:
    meta = template.get("metadata") or {}
    labels = {k: v for k, v in (meta.get("labels") or {}).items() if k != label}
    annotations = meta.get("annotations") or {}
    return {"labels": labels, "annotations": annotations, "spec": template.get("spec")}


def make_pod(
    cluster: Cluster,
    owner: Obj,
    reference: Obj,
    template: Obj,
    name: str = "",
    labels: dict[str, str] | None = None,
    component: str = "replicaset-controller",
) -> Entry:
    """Create a pod for a controller and tell of it; raises what the API refused it for, after telling that too."""
    meta = template.get("metadata") or {}
    space = owner["metadata"]["namespace"]
    pod: Obj = {
        "metadata": {"labels": {**(meta.get("labels") or {}), **(labels or {})}, "ownerReferences": [reference]},
        "spec": dumps_copy(template["spec"]),
    }
    if meta.get("annotations"):
        pod["metadata"]["annotations"] = dict(meta["annotations"])
    stem = owner["metadata"]["name"]
    pod["metadata"]["name"] = name or f"{stem[:57]}-{suffix()}"
    if not name:
        pod["metadata"]["generateName"] = f"{stem}-"
    return create_pod(cluster, owner, space, pod, component)


def create_pod(cluster: Cluster, owner: Obj, space: str, pod: Obj, component: str) -> Entry:
    """Store a controller's pod with the event its kind of controller writes."""
    name, kind = pod["metadata"]["name"], owner["kind"]
    stateful = kind == "StatefulSet"
    try:
        if cluster.settings.fail == "quota":
            raise ApiError(
                403,
                "Forbidden",
                f'pods "{name}" is forbidden: exceeded quota: practice-quota, requested: '
                "pods=1, used: pods=0, limited: pods=0",
            )
        made = create(cluster, cluster.resource("pods"), space, pod)
    except ApiError as refusal:
        text = (
            f"create Pod {name} in StatefulSet {owner['metadata']['name']} failed error: {refusal.message}"
            if stateful
            else f"Error creating: {refusal.message}"
        )
        events.tell(cluster, owner, "Warning", "FailedCreate", text, component)
        raise
    text = (
        f"create Pod {name} in StatefulSet {owner['metadata']['name']} successful"
        if stateful
        else f"Created pod: {made['metadata']['name']}"
    )
    events.tell(cluster, owner, "Normal", "SuccessfulCreate", text, component)
    entry = cluster.store.get("pods", space, made["metadata"]["name"])
    assert entry is not None
    return entry


def dumps_copy(value: Obj) -> Obj:
    """An independent copy of plain data."""
    return json.loads(dumps(value))


def ready_time(pod: Obj) -> str:
    """When a pod became ready, empty when it is not."""
    found = pods.condition(pod, "Ready")
    return found.get("lastTransitionTime", "") if found.get("status") == "True" else ""

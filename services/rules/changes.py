"""What a change would do, object by object: the difference, and its effect in a sentence. Pure."""

from __future__ import annotations

import difflib
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from anywhere.lib import quantities
from anywhere.lib.redact import MASK
from services.rules import demands

Object = Mapping[str, Any]
Key = tuple[str, str, str]  # kind, namespace, name

_NOISE_META = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink", "finalizers")
_NOISE_ANNOTATIONS = (
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
)
_NOISE_LABELS = ("app.kubernetes.io/managed-by", "helm.sh/chart")


class _Plain(yaml.SafeDumper):
    """YAML without anchors: what a chart writes once and uses twice is no difference."""

    def ignore_aliases(self, data: Any) -> bool:
        """Give True: every value is written out."""
        return True


_KEY = secrets.token_bytes(16)  # digests below only tell equal from different, and only within one process


@dataclass(frozen=True)
class Change:
    """What happens to one object: action is create, change, delete or replace; severity none, restart or data."""

    kind: str
    name: str
    namespace: str
    action: str
    diff: str
    effect: str
    severity: str
    refused: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give the change in the shape of the API."""
        shown = asdict(self)
        reference = {key: shown.pop(key) for key in ("kind", "name", "namespace")}
        return {"object": reference, **shown}


def key_of(obj: Object, namespace: str) -> Key:
    """Give what tells an object from the others of a release."""
    meta = obj.get("metadata") or {}
    return str(obj.get("kind")), str(meta.get("namespace") or namespace), str(meta.get("name"))


def normal(obj: Object) -> dict[str, Any]:
    """Give the object without what the cluster adds, and with secret data as digests, so a change still shows."""
    shown = {k: v for k, v in obj.items() if k != "status"}
    meta = {k: v for k, v in (shown.get("metadata") or {}).items() if k not in _NOISE_META}
    annotations = {k: v for k, v in (meta.get("annotations") or {}).items() if k not in _NOISE_ANNOTATIONS}
    labels = {k: v for k, v in (meta.get("labels") or {}).items() if k not in _NOISE_LABELS}
    meta = {k: v for k, v in meta.items() if k not in {"annotations", "labels"}}
    shown["metadata"] = (
        meta | ({"labels": labels} if labels else {}) | ({"annotations": annotations} if annotations else {})
    )
    if shown.get("kind") == "Secret":
        for field in ("data", "stringData"):
            if shown.get(field):
                shown[field] = {key: _masked(value) for key, value in shown[field].items()}
    return shown


def _masked(value: Any) -> str:
    digest = hashlib.blake2b(str(value).encode(), digest_size=3, key=_KEY).hexdigest()
    return f"{MASK} ({digest})"


def diff(before: Object | None, after: Object | None) -> str:
    """Give a unified text difference of two normal objects; empty when nothing changes."""
    old, new = (_text(normal(o)) if o else [] for o in (before, after))
    lines = list(difflib.unified_diff(old, new, lineterm="", n=3))[2:]
    return "\n".join(line for line in lines)


def _text(obj: Mapping[str, Any]) -> list[str]:
    return yaml.dump(obj, Dumper=_Plain, sort_keys=True, allow_unicode=True, width=1000).splitlines()


def created(obj: Object, namespace: str) -> Change:
    """Give the change of an object that is not there yet."""
    kind, where, name = key_of(obj, namespace)
    return Change(kind, name, where, "create", diff(None, obj), _creates(obj), "none")


def deleted(obj: Object, namespace: str) -> Change:
    """Give the change of an object that the new version no longer has."""
    kind, where, name = key_of(obj, namespace)
    severity = "data" if kind == "PersistentVolumeClaim" else "restart" if kind in demands.WORKLOADS else "none"
    kept = ((obj.get("metadata") or {}).get("annotations") or {}).get("helm.sh/resource-policy") == "keep"
    if kept:
        return Change(kind, name, where, "delete", "", "It is kept in the cluster, but no longer managed", "none")
    return Change(kind, name, where, "delete", diff(obj, None), f"Deletes the {kind}", severity)


def claim_deleted(claim: str, pod: str, namespace: str) -> Change:
    """Give the change of the volume of a pod that leaves, deleted after it has handed over what is on it."""
    effect = f"Deletes the volume of {pod} when it has left"
    return Change("PersistentVolumeClaim", claim, namespace, "delete", "", effect, "data")


def changed(live: Object, wanted: Object, namespace: str, refused: str = "") -> Change | None:
    """Give the change from the live object to what it would be, or None when nothing changes.

    `refused` is the cluster's word when it does not take the change.
    """
    text = diff(live, wanted)
    if not text and not refused:
        return None
    kind, where, name = key_of(wanted, namespace)
    effect, severity = _effect(live, wanted)
    if refused:
        effect = f"Cannot be changed, because {refused}"
    return Change(kind, name, where, "change", text, effect, severity, refused)


def _creates(obj: Object) -> str:
    count = demands.replicas(obj) if obj.get("kind") in demands.WORKLOADS else 0
    return f"Starts {_pods(count)}" if count else f"Creates the {obj.get('kind')}"


def _pods(count: int) -> str:
    return "1 pod" if count == 1 else f"{count} pods"


def _effect(live: Object, wanted: Object) -> tuple[str, str]:
    kind = wanted.get("kind")
    said: list[str] = []
    severity = "none"
    if kind in {"Deployment", "StatefulSet", "DaemonSet"}:
        before, after = demands.replicas(live), demands.replicas(wanted)
        if _template(live) != _template(wanted):
            said.append(_restart(wanted, min(before, after) if kind != "DaemonSet" else 0))
            severity = "restart"
        if after > before:
            said.append(f"Adds {_pods(after - before)}")
        elif after < before:
            said.append(f"Removes {_pods(before - after)}")
            severity = "restart"
        said += _volumes(live, wanted)
    elif kind == "PersistentVolumeClaim":
        said += _claim_growth(live, wanted)
    return (". ".join(said) if said else f"Changes the {kind} in place"), severity


def _template(obj: Object) -> Any:
    return normal({"metadata": {}, "spec": (obj.get("spec") or {}).get("template")})


def _restart(obj: Object, count: int) -> str:
    strategy = (obj.get("spec") or {}).get("strategy") or (obj.get("spec") or {}).get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return "Pods change only when they are deleted by hand"
    if strategy.get("type") == "Recreate":
        return f"Stops {_pods(count)}, then starts new ones"
    if obj.get("kind") == "DaemonSet":
        return "Restarts its pods one by one"
    return f"Restarts {_pods(count)}" + (" one by one" if count > 1 else "")


def claim_sizes(obj: Object) -> dict[str, float]:
    """Give the size in bytes of each volume claim template of a StatefulSet."""
    templates = (obj.get("spec") or {}).get("volumeClaimTemplates") or []
    return {t["metadata"]["name"]: claim_size(t) for t in templates}


def claim_size(claim: Object) -> float:
    """Give the bytes a claim asks for."""
    return quantities.number((((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}).get("storage"))


def _volumes(live: Object, wanted: Object) -> list[str]:
    old, new = claim_sizes(live), claim_sizes(wanted)
    return [
        f"Grows each “{name}” volume from {quantities.size(old[name])} to {quantities.size(size)}"
        for name, size in new.items()
        if name in old and size > old[name]
    ]


def _claim_growth(live: Object, wanted: Object) -> list[str]:
    old, new = claim_size(live), claim_size(wanted)
    return [f"Grows the volume from {quantities.size(old)} to {quantities.size(new)}"] if new > old else []


@dataclass(frozen=True)
class Growth:
    """A StatefulSet whose claim templates grow: sizes cannot be changed in place, so the portal does it."""

    statefulset: str
    namespace: str
    replicas: int
    sizes: dict[str, float]


def growths(live: Mapping[Key, Object], wanted: Sequence[Object], namespace: str) -> tuple[list[Growth], list[str]]:
    """Give the StatefulSets whose volumes grow, and a sentence for each that would shrink or otherwise change."""
    found, refused = [], []
    for obj in wanted:
        there = live.get(key_of(obj, namespace))
        if obj.get("kind") != "StatefulSet" or there is None:
            continue
        old, new = claim_sizes(there), claim_sizes(obj)
        name = obj["metadata"]["name"]
        for template, size in new.items():
            if template in old and size < old[template]:
                refused.append(
                    f"{name}: the “{template}” volume has {quantities.size(old[template])}; volumes only grow."
                )
        grown = {t: s for t, s in new.items() if t in old and s > old[t]}
        if grown:
            found.append(Growth(name, key_of(obj, namespace)[1], demands.replicas(there), grown))
    return found, refused


def made_anew(live: Object, wanted: Object) -> dict[str, Any]:
    """Give a StatefulSet to take the place of the live one: the same, but for the larger claim templates wanted."""
    meta, spec = live["metadata"], live["spec"]
    kept = ("name", "namespace", "labels", "annotations", "ownerReferences")
    sizes = {t["metadata"]["name"]: t["spec"]["resources"] for t in wanted["spec"].get("volumeClaimTemplates") or []}
    templates = [
        {
            "metadata": {key: t["metadata"][key] for key in ("name", "labels", "annotations") if key in t["metadata"]},
            "spec": {**t["spec"], "resources": sizes.get(t["metadata"]["name"], t["spec"].get("resources"))},
        }
        for t in spec.get("volumeClaimTemplates") or []
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {key: meta[key] for key in kept if key in meta},
        "spec": {**spec, "volumeClaimTemplates": templates},
    }


def summary(changes: Sequence[Change]) -> str:
    """Give one sentence about all changes."""
    if not changes:
        return "Nothing changes."
    restarts = [c.effect for c in changes if c.severity == "restart"]
    counts = {a: sum(c.action == a for c in changes) for a in ("create", "change", "delete", "replace")}
    words = {"create": "created", "change": "changed", "delete": "deleted", "replace": "replaced"}
    parts = [f"{n} {words[a]}" for a, n in counts.items() if n]
    return f"{', '.join(parts)}. " + (". ".join(dict.fromkeys(restarts)) + "." if restarts else "No pod restarts.")

"""What cannot change once an object is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anywhere.practice.clock import quantity
from anywhere.practice.kinds import Obj

Causes = list[tuple[str, str, str]]
_STS_FREE = {
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
}
_STS_WORDS = (
    "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' "
    "are forbidden"
)


def _immutable(path: str, old: Any, new: Any) -> Causes:
    return [] if old == new else [(path, "FieldValueInvalid", "Invalid value: field is immutable")]


def _fixed_selector(old: Obj, new: Obj) -> Causes:
    return _immutable("spec.selector", old["spec"].get("selector"), new["spec"].get("selector"))


def _fixed_stateful_set(old: Obj, new: Obj) -> Causes:
    def rest(obj: Obj) -> Obj:
        claims = [{**c, "status": None} for c in obj["spec"].get("volumeClaimTemplates") or []]
        return {**{k: v for k, v in obj["spec"].items() if k not in _STS_FREE}, "volumeClaimTemplates": claims}

    return [] if rest(old) == rest(new) else [("spec", "FieldValueForbidden", _STS_WORDS)]


def _fixed_job(old: Obj, new: Obj) -> Causes:
    if old["spec"].get("suspend"):
        return _fixed_selector(old, new)
    return _immutable("spec.template", old["spec"].get("template"), new["spec"].get("template")) + _fixed_selector(
        old, new
    )


def _fixed_data(old: Obj, new: Obj) -> Causes:
    if old.get("immutable") and (old.get("data"), old.get("immutable")) != (new.get("data"), new.get("immutable")):
        return [("data", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set")]
    return _immutable("type", old.get("type"), new.get("type"))


def _fixed_service(old: Obj, new: Obj) -> Causes:
    was, now = old["spec"].get("clusterIP"), new["spec"].get("clusterIP")
    if was and was != now and new["spec"].get("type") != "ExternalName":
        return [("spec.clusterIPs[0]", "FieldValueInvalid", f'Invalid value: ["{now or ""}"]: may not change once set')]
    return []


def _fixed_claim(old: Obj, new: Obj) -> Causes:
    def rest(obj: Obj) -> Obj:
        return {k: v for k, v in obj["spec"].items() if k not in ("resources", "volumeName", "storageClassName")}

    was, now = (quantity(o["spec"]["resources"]["requests"]["storage"]) for o in (old, new))
    bound = old["spec"].get("volumeName")
    if rest(old) != rest(new) or (bound and old["spec"].get("storageClassName") != new["spec"].get("storageClassName")):
        return [
            (
                "spec",
                "FieldValueForbidden",
                "Forbidden: spec is immutable after creation except "
                "resources.requests and volumeAttributesClassName for bound claims",
            )
        ]
    if now < was:
        return [
            (
                "spec.resources.requests.storage",
                "FieldValueForbidden",
                "Forbidden: field can not be less than status.capacity",
            )
        ]
    return []


def _fixed_role_ref(old: Obj, new: Obj) -> Causes:
    return (
        []
        if old.get("roleRef") == new.get("roleRef")
        else [("roleRef", "FieldValueInvalid", "Invalid value: cannot change roleRef")]
    )


FIXED: dict[str, Callable[[Obj, Obj], Causes]] = {
    "deployments.apps": _fixed_selector,
    "daemonsets.apps": _fixed_selector,
    "replicasets.apps": _fixed_selector,
    "statefulsets.apps": _fixed_stateful_set,
    "jobs.batch": _fixed_job,
    "secrets": _fixed_data,
    "configmaps": _fixed_data,
    "services": _fixed_service,
    "persistentvolumeclaims": _fixed_claim,
    "rolebindings.rbac.authorization.k8s.io": _fixed_role_ref,
    "clusterrolebindings.rbac.authorization.k8s.io": _fixed_role_ref,
}

"""The types of the built-in kinds' fields, checked by name before anything else looks at an object."""

from __future__ import annotations

from typing import Any

from anywhere.practice.clock import quantity
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.status import bad_request

_MAPS = frozenset(
    (
        "spec metadata template selector labelSelector podSelector namespaceSelector requests strategy "
        "updateStrategy rollingUpdate affinity nodeAffinity podAffinity podAntiAffinity securityContext valueFrom "
        "secretKeyRef configMapKeyRef fieldRef secretRef configMapRef livenessProbe readinessProbe startupProbe "
        "httpGet tcpSocket exec lifecycle secret configMap persistentVolumeClaim emptyDir projected downwardAPI "
        "hostPath jobTemplate scaleTargetRef names ordinals persistentVolumeClaimRetentionPolicy hard roleRef "
        "backend service defaultBackend capabilities seccompProfile claimRef capacity preference scopeSelector "
        "matchLabels nodeSelector labels annotations overhead resourceFieldRef behavior data stringData "
        "binaryData "
    ).split()
)
_LISTS = frozenset(
    (
        "containers initContainers ephemeralContainers volumes env envFrom ports volumeMounts volumeDevices "
        "tolerations imagePullSecrets topologySpreadConstraints volumeClaimTemplates ownerReferences metrics "
        "versions subjects rules matchExpressions matchFields nodeSelectorTerms taints paths tls ingress egress "
        "from to hostAliases items sources finalizers accessModes command args verbs apiGroups "
    ).split()
)
_NUMBERS = frozenset(
    (
        "replicas containerPort nodePort minReplicas maxReplicas parallelism completions backoffLimit "
        "minReadySeconds revisionHistoryLimit progressDeadlineSeconds terminationGracePeriodSeconds "
        "activeDeadlineSeconds partition ttlSecondsAfterFinished successfulJobsHistoryLimit "
        "failedJobsHistoryLimit maxSkew weight defaultMode deletionGracePeriodSeconds "
    ).split()
)
_TEXTS = frozenset(
    (
        "name generateName namespace image storageClassName serviceName serviceAccountName restartPolicy "
        "podManagementPolicy type clusterIP protocol schedule concurrencyPolicy mountPath ingressClassName "
        "priorityClassName kind apiVersion topologyKey whenUnsatisfiable volumeName plural singular group scope "
        "uid nodeName operator effect key secretName claimName "
    ).split()
)
_PLAIN_LISTS = {"finalizers", "accessModes", "command", "args", "verbs", "apiGroups"}
_TEXT_MAPS = {"labels", "annotations", "matchLabels", "nodeSelector", "data", "stringData", "binaryData"}
_AMOUNTS = {"requests", "hard", "capacity"}
_LIMIT_AMOUNTS = ("default", "defaultRequest", "max", "min")
_FREE = {"schema", "status", "managedFields", "webhooks", "parameters", "csi"}


def check(resource: Resource, obj: Obj) -> None:
    """Drop fields without a value, in place; raises 400 for values of another type than their field's."""
    if not resource.custom and resource.key != "controllerrevisions.apps":
        _walk(resource, obj, "")
        if resource.key == "limitranges":
            _limits(resource, obj)


def _wrong(resource: Resource, path: str, value: Any, wanted: str) -> Exception:
    have = {dict: "object", list: "array", str: "string", bool: "bool"}.get(type(value), "number")
    return bad_request(
        f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: json: cannot '
        f"unmarshal {have} into Go struct field {resource.kind}{path} of type {wanted}"
    )


def _walk(resource: Resource, obj: Obj, path: str) -> None:
    for name in [name for name, value in obj.items() if value is None]:
        del obj[name]
    for name, value in obj.items():
        here = f"{path}.{name}"
        if name in _FREE:
            continue
        _typed(resource, name, value, here)
        if name in _TEXT_MAPS and isinstance(value, dict):
            _texts(resource, name, value, here)
        elif name in _AMOUNTS or (name == "limits" and isinstance(value, dict)):
            _amounts(resource, value, here)
        elif isinstance(value, dict):
            _walk(resource, value, here)
        elif isinstance(value, list) and name not in _PLAIN_LISTS:
            _items(resource, name, value, here)


def _typed(resource: Resource, name: str, value: Any, here: str) -> None:
    number = isinstance(value, int) and not isinstance(value, bool)
    if name in _MAPS and not isinstance(value, dict):
        raise _wrong(resource, here, value, "object")
    if name in _LISTS and not isinstance(value, list):
        raise _wrong(resource, here, value, "array")
    if name in _NUMBERS and not number:
        raise _wrong(resource, here, value, "int32")
    if name in _TEXTS and not isinstance(value, str):
        raise _wrong(resource, here, value, "string")
    if name == "resources" and not isinstance(value, list if resource.group.startswith("rbac.") else dict):
        raise _wrong(resource, here, value, "object")
    if name == "limits" and not isinstance(value, list if resource.key == "limitranges" else dict):
        raise _wrong(resource, here, value, "ResourceList")
    if name == "port" and (isinstance(value, bool) or not isinstance(value, int | str | dict)):
        raise _wrong(resource, here, value, "int32")
    if name.startswith("requiredDuring") and not isinstance(value, dict if ".nodeAffinity." in here else list):
        raise _wrong(resource, here, value, "NodeSelector" if isinstance(value, list) else "[]v1.PodAffinityTerm")
    if name in ("maxSurge", "maxUnavailable", "minAvailable"):
        _share(resource, value, here)


def _share(resource: Resource, value: Any, here: str) -> None:
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdigit():
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(resource, here, value, "IntOrString")


def _texts(resource: Resource, name: str, value: Obj, here: str) -> None:
    for key in [key for key, one in value.items() if one is None]:
        value[key] = ""
    for key, one in value.items():
        if not isinstance(one, str) and not (name == "stringData" and isinstance(one, int | float)):
            raise _wrong(resource, f"{here}.{key}", one, "string")


def _amounts(resource: Resource, value: Any, here: str) -> None:
    if not isinstance(value, dict):
        raise _wrong(resource, here, value, "ResourceList")
    for name, amount in value.items():
        try:
            if isinstance(amount, bool) or amount is None or not isinstance(amount, str | int | float):
                raise ValueError(name)
            quantity(amount)
        except ValueError as exc:
            raise bad_request(
                f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: quantities '
                f"must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$' ({here[1:]}.{name})"
            ) from exc


def _items(resource: Resource, name: str, value: list[Any], here: str) -> None:
    for at, one in enumerate(value):
        if isinstance(one, dict):
            if name == "env" and not isinstance(one.get("value", ""), str | None):
                raise _wrong(resource, f"{here}[{at}].value", one["value"], "string")
            _walk(resource, one, f"{here}[{at}]")
        elif name in _LISTS or name.startswith("requiredDuring"):
            raise _wrong(resource, f"{here}[{at}]", one, "object")


def _limits(resource: Resource, obj: Obj) -> None:
    rules = (obj.get("spec") or {}).get("limits") or []
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise _wrong(resource, ".spec.limits", rules, "[]v1.LimitRangeItem")
    for rule in rules:
        for name in _LIMIT_AMOUNTS:
            _amounts(resource, rule.get(name, {}), f".spec.limits.{name}")

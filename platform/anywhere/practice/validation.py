"""What the API refuses: names, required fields, and changes of what cannot change."""

from __future__ import annotations

import re
from typing import Any

from anywhere.practice.clock import quantity
from anywhere.practice.immutability import FIXED
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.status import bad_request, invalid

Causes = list[tuple[str, str, str]]
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"^{_LABEL}(\.{_LABEL})*$")
_DNS_LABEL = re.compile(rf"^{_LABEL}$")
_VALUE = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")
_LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_NAME_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
WITH_SPEC = {
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "replicasets.apps",
    "jobs.batch",
    "pods",
    "services",
    "cronjobs.batch",
    "persistentvolumeclaims",
    "ingresses.networking.k8s.io",
    "resourcequotas",
    "horizontalpodautoscalers.autoscaling",
    "persistentvolumes",
    "limitranges",
    "customresourcedefinitions.apiextensions.k8s.io",
}
_WORKLOADS = {"deployments.apps", "statefulsets.apps", "daemonsets.apps", "replicasets.apps", "jobs.batch"}
_REQUIRED = {
    "horizontalpodautoscalers.autoscaling": (
        "spec.maxReplicas",
        "spec.scaleTargetRef.kind",
        "spec.scaleTargetRef.name",
    ),
    "cronjobs.batch": ("spec.schedule", "spec.jobTemplate.spec.template.spec.containers"),
    "poddisruptionbudgets.policy": ("spec",),
    "persistentvolumes": ("spec.capacity.storage", "spec.accessModes"),
    "customresourcedefinitions.apiextensions.k8s.io": (
        "spec.group",
        "spec.names.plural",
        "spec.names.kind",
        "spec.versions",
    ),
    "storageclasses.storage.k8s.io": ("provisioner",),
    "rolebindings.rbac.authorization.k8s.io": ("roleRef.kind", "roleRef.name"),
    "clusterrolebindings.rbac.authorization.k8s.io": ("roleRef.kind", "roleRef.name"),
}
LARGEST_DATA = 1024 * 1024
_LABEL_NAMED = {"services", "namespaces"}
_FREE_NAMED = "rbac.authorization.k8s.io"


def check_create(resource: Resource, obj: Obj) -> None:
    """Raise 422 when a new object is not valid."""
    causes = _labels(obj) + _spec(resource, obj)
    if causes:
        raise invalid(resource, obj["metadata"].get("name", ""), causes)


def check_name(resource: Resource, obj: Obj) -> None:
    """Raise 422 when a new object's name is missing or not valid."""
    if causes := _name(resource, obj):
        raise invalid(resource, obj["metadata"].get("name", ""), causes)


def check_update(resource: Resource, old: Obj, new: Obj) -> None:
    """Raise 422 when a change is not valid, or of something that cannot change."""
    causes = _labels(new) + _spec(resource, new)
    if rule := FIXED.get(resource.key):
        causes += rule(old, new)
    if causes:
        raise invalid(resource, new["metadata"]["name"], causes)


def _name(resource: Resource, obj: Obj) -> Causes:
    name = obj["metadata"].get("name", "")
    if not name:
        return [("metadata.name", "FieldValueRequired", "Required value: name or generateName is required")]
    if resource.group == _FREE_NAMED:
        return []
    label = resource.key in _LABEL_NAMED
    limit = 63 if label else 253
    if not (_DNS_LABEL if label else _SUBDOMAIN).match(name):
        words = _LABEL_WORDS if label else _NAME_WORDS
        return [("metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": {words}')]
    if len(name) > limit:
        return [
            ("metadata.name", "FieldValueInvalid", f'Invalid value: "{name}": must be no more than {limit} characters')
        ]
    return []


def _labels(obj: Obj) -> Causes:
    causes: Causes = []
    for value in (obj["metadata"].get("labels") or {}).values():
        if len(value) > 63:
            causes.append(
                ("metadata.labels", "FieldValueInvalid", f'Invalid value: "{value}": must be no more than 63 bytes')
            )
        elif not _VALUE.match(value):
            causes.append(
                (
                    "metadata.labels",
                    "FieldValueInvalid",
                    f'Invalid value: "{value}": a valid label must be an '
                    "empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                    "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
                    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
                )
            )
    return causes


def _spec(resource: Resource, obj: Obj) -> Causes:
    spec = obj.get("spec") or {}
    if resource.key in _WORKLOADS:
        return (
            _replicas(spec)
            + _selector(resource, spec)
            + _claim_templates(spec)
            + _pod_spec((spec.get("template") or {}).get("spec") or {}, "spec.template.spec")
        )
    if resource.key == "pods":
        return _pod_spec(spec, "spec")
    if resource.key in ("secrets", "configmaps"):
        return _size(obj)
    if resource.key == "services" and spec.get("type") != "ExternalName":
        return _service_ports(spec)
    if resource.key in _REQUIRED:
        return _required(obj, _REQUIRED[resource.key])
    if resource.key == "persistentvolumeclaims":
        return _claim(spec)
    return []


def _required(obj: Obj, paths: tuple[str, ...]) -> Causes:
    causes: Causes = []
    for path in paths:
        here: Any = obj
        for part in path.split("."):
            here = here.get(part) if isinstance(here, dict) else None
        if here is None or here in ("", {}):
            causes.append((path, "FieldValueRequired", "Required value"))
    return causes


def _service_ports(spec: Obj) -> Causes:
    ports = spec.get("ports") or []
    if not ports and spec.get("clusterIP") != "None":
        return [("spec.ports", "FieldValueRequired", "Required value")]
    return [
        (
            f"spec.ports[{at}].port",
            "FieldValueInvalid",
            f"Invalid value: {port.get('port', 0)}: must be between 1 and 65535",
        )
        for at, port in enumerate(ports)
        if not (isinstance(port.get("port"), int) and 0 < port["port"] < 65536)
    ]


def _claim_templates(spec: Obj) -> Causes:
    return [
        (f"spec.volumeClaimTemplates[{at}].metadata.name", "FieldValueRequired", "Required value")
        for at, one in enumerate(spec.get("volumeClaimTemplates") or [])
        if not (one.get("metadata") or {}).get("name")
    ] + [cause for one in spec.get("volumeClaimTemplates") or [] for cause in _claim(one.get("spec") or {})]


def _size(obj: Obj) -> Causes:
    total = sum(len(value) for field in ("data", "binaryData") for value in (obj.get(field) or {}).values())
    if obj.get("kind") == "Secret":
        total = total * 3 // 4
    if total <= LARGEST_DATA:
        return []
    return [("data", "FieldValueTooLong", f"Too long: may not be more than {LARGEST_DATA} bytes")]


def _replicas(spec: Obj) -> Causes:
    count = spec.get("replicas", 0)
    if isinstance(count, bool) or not isinstance(count, int):
        raise bad_request("json: cannot unmarshal into Go struct field .spec.replicas of type int32")
    return (
        []
        if count >= 0
        else [("spec.replicas", "FieldValueInvalid", f"Invalid value: {count}: must be greater than or equal to 0")]
    )


def _selector(resource: Resource, spec: Obj) -> Causes:
    wanted = (spec.get("selector") or {}).get("matchLabels") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if not spec.get("selector"):
        return [("spec.selector", "FieldValueRequired", "Required value")] if resource.group == "apps" else []
    if any(labels.get(key) != value for key, value in wanted.items()):
        return [
            (
                "spec.template.metadata.labels",
                "FieldValueInvalid",
                "Invalid value: `selector` does not match template `labels`",
            )
        ]
    return []


def _pod_spec(spec: Obj, path: str) -> Causes:
    causes: Causes = []
    if not spec.get("containers"):
        causes.append((f"{path}.containers", "FieldValueRequired", "Required value"))
    volumes = {v.get("name") for v in spec.get("volumes") or []}
    for field in ("containers", "initContainers"):
        for at, one in enumerate(spec.get(field) or []):
            causes += _container(one, f"{path}.{field}[{at}]", volumes)
    return causes


def _container(one: Obj, path: str, volumes: set[Any]) -> Causes:
    causes: Causes = []
    if not _DNS_LABEL.match(str(one.get("name", ""))):
        causes.append((f"{path}.name", "FieldValueInvalid", f'Invalid value: "{one.get("name", "")}": {_LABEL_WORDS}'))
    if not one.get("image"):
        causes.append((f"{path}.image", "FieldValueRequired", "Required value"))
    for at, mount in enumerate(one.get("volumeMounts") or []):
        if mount.get("name") not in volumes and path.startswith("spec.containers"):
            causes.append(
                (f"{path}.volumeMounts[{at}].name", "FieldValueNotFound", f'Not found: "{mount.get("name")}"')
            )
    return causes + _resources(one.get("resources") or {}, path)


def _resources(resources: Obj, path: str) -> Causes:
    causes: Causes = []
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for group, values in (("limits", limits), ("requests", requests)):
        for value in values.values():
            try:
                quantity(value)
            except ValueError as exc:
                raise bad_request(
                    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?"
                    f"[0-9]*)$' ({path}.resources.{group})"
                ) from exc
    for name, value in requests.items():
        if name in limits and quantity(value) > quantity(limits[name]):
            causes.append(
                (
                    f"{path}.resources.requests",
                    "FieldValueInvalid",
                    f'Invalid value: "{value}": must be less than or equal to {name} limit of {limits[name]}',
                )
            )
    return causes


def _claim(spec: Obj) -> Causes:
    size = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    if size is None:
        return [("spec.resources[storage]", "FieldValueRequired", "Required value")]
    try:
        return (
            []
            if quantity(size) > 0
            else [
                ("spec.resources[storage]", "FieldValueInvalid", f'Invalid value: "{size}": must be greater than zero')
            ]
        )
    except ValueError as exc:
        raise bad_request(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ) from exc

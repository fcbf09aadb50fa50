"""What the API tells of itself: versions, groups, resources and OpenAPI."""

from __future__ import annotations

from itertools import groupby

from anywhere.practice.kinds import Obj, Registry, Resource
from anywhere.practice.status import no_such_path

VERSION = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.3",
    "gitCommit": "practice",
    "gitTreeState": "clean",
    "buildDate": "2026-08-11T00:00:00Z",
    "goVersion": "go1.26.0",
    "compiler": "gc",
    "platform": "linux/amd64",
}
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_SUB_KINDS = {
    "scale": ("autoscaling", "v1", "Scale"),
    "eviction": ("policy", "v1", "Eviction"),
    "exec": ("", "v1", "PodExecOptions"),
    "token": ("authentication.k8s.io", "v1", "TokenRequest"),
}
_ALL = {
    "pods",
    "services",
    "replicationcontrollers",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "replicasets.apps",
    "jobs.batch",
    "cronjobs.batch",
    "horizontalpodautoscalers.autoscaling",
}
_SUB_VERBS = {
    "status": ["get", "patch", "update"],
    "scale": ["get", "patch", "update"],
    "log": ["get"],
    "eviction": ["create"],
    "exec": ["create", "get"],
    "token": ["create"],
    "finalize": ["update"],
}


def _by_version(registry: Registry) -> list[tuple[str, str, list[Resource]]]:
    rows = sorted(registry.all(), key=lambda r: (r.group, r.version))
    return [(group, version, list(some)) for (group, version), some in groupby(rows, lambda r: (r.group, r.version))]


def core_versions() -> Obj:
    """The answer to /api."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
    }


def groups(registry: Registry) -> Obj:
    """The answer to /apis."""
    found: dict[str, list[str]] = {}
    for group, version, _ in _by_version(registry):
        if group:
            found.setdefault(group, []).append(version)
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group_document(n, v) for n, v in found.items()]}


def group_document(name: str, versions: list[str]) -> Obj:
    """One API group."""
    rows = [{"groupVersion": f"{name}/{version}", "version": version} for version in sorted(versions, reverse=True)]
    return {"name": name, "versions": rows, "preferredVersion": rows[0]}


def group(registry: Registry, name: str) -> Obj:
    """The answer to /apis/<group>; raises 404."""
    versions = [version for one, version, _ in _by_version(registry) if one == name]
    if not versions:
        raise no_such_path()
    return {"kind": "APIGroup", "apiVersion": "v1", **group_document(name, versions)}


def resources(registry: Registry, group_name: str, version: str) -> Obj:
    """The answer to a group version's path; raises 404."""
    rows = [r for r in registry.all() if (r.group, r.version) == (group_name, version)]
    if not rows:
        raise no_such_path()
    listed: list[Obj] = []
    for one in sorted(rows, key=lambda r: r.plural):
        listed.append(
            {
                "name": one.plural,
                "singularName": one.kind.lower(),
                "namespaced": one.namespaced,
                "kind": one.kind,
                "verbs": list(one.verbs),
                **({"categories": ["all"]} if one.key in _ALL else {}),
                **({"shortNames": list(one.short)} if one.short else {}),
            }
        )
        for sub in one.subresources:
            group_of, version_of, kind = _SUB_KINDS.get(sub, ("", "", one.kind))
            listed.append(
                {
                    "name": f"{one.plural}/{sub}",
                    "singularName": "",
                    "namespaced": one.namespaced,
                    "kind": kind,
                    "verbs": _SUB_VERBS[sub],
                    **({"group": group_of, "version": version_of} if group_of else {}),
                }
            )
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": rows[0].group_version, "resources": listed}


def aggregated(registry: Registry, core: bool) -> Obj:
    """The answer to /api or /apis in the aggregated form."""
    items: dict[str, list[Obj]] = {}
    for group_name, version, rows in _by_version(registry):
        if bool(group_name) is not core:
            items.setdefault(group_name, []).append(
                {"version": version, "freshness": "Current", "resources": [_aggregated(r) for r in rows]}
            )
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": name} if name else {},
                "versions": sorted(v, key=lambda one: one["version"], reverse=True),
            }
            for name, v in items.items()
        ],
    }


def _aggregated(one: Resource) -> Obj:
    scope = "Namespaced" if one.namespaced else "Cluster"
    row: Obj = {
        "resource": one.plural,
        "singularResource": one.kind.lower(),
        "scope": scope,
        "responseKind": {"group": one.group, "version": one.version, "kind": one.kind},
        "verbs": list(one.verbs),
    }
    if one.key in _ALL:
        row["categories"] = ["all"]
    if one.short:
        row["shortNames"] = list(one.short)
    if one.subresources:
        row["subresources"] = [
            {
                "subresource": sub,
                "verbs": _SUB_VERBS[sub],
                "responseKind": dict(
                    zip(
                        ("group", "version", "kind"),
                        _SUB_KINDS.get(sub, (one.group, one.version, one.kind)),
                        strict=True,
                    )
                ),
            }
            for sub in one.subresources
        ]
    return row


def openapi_index(registry: Registry, prefix: str) -> Obj:
    """The answer to /openapi/v3."""
    paths = {
        rows[0].path: {"serverRelativeURL": f"{prefix}/openapi/v3/{rows[0].path}?hash={len(rows)}"}
        for _, _, rows in _by_version(registry)
    }
    return {"paths": paths}


_PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
    for name in ("dryRun", "fieldManager", "fieldValidation")
]


def openapi(registry: Registry, path: str) -> Obj:
    """The OpenAPI document of one group version, as far as clients read it; raises 404."""
    rows = [r for r in registry.all() if r.path == path]
    if not rows:
        raise no_such_path()
    paths: Obj = {}
    schemas: Obj = {}
    for one in rows:
        gvk = {"group": one.group, "version": one.version, "kind": one.kind}
        schemas[f"{one.path.replace('/', '.')}.{one.kind}"] = {
            "type": "object",
            "x-kubernetes-group-version-kind": [gvk],
            "x-kubernetes-preserve-unknown-fields": True,
        }
        place = f"/{one.path}" + ("/namespaces/{namespace}" if one.namespaced else "") + f"/{one.plural}"
        paths[f"{place}/{{name}}"] = {
            verb: {
                "x-kubernetes-action": verb,
                "x-kubernetes-group-version-kind": gvk,
                "parameters": _PARAMETERS,
                "responses": {"200": {"description": "OK"}},
            }
            for verb in ("patch", "put")
        }
        paths[place] = {
            "post": {
                "x-kubernetes-action": "post",
                "x-kubernetes-group-version-kind": gvk,
                "parameters": _PARAMETERS,
                "responses": {"200": {"description": "OK"}},
            }
        }
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": VERSION["gitVersion"]},
        "paths": paths,
        "components": {"schemas": schemas},
    }

"""The three patches of the API: JSON patch, merge patch, and strategic merge by the lists' keys."""

from __future__ import annotations

import copy
from typing import Any

from anywhere.practice.kinds import Obj
from anywhere.practice.status import ApiError, bad_request

BY_NAME = {
    "containers",
    "initContainers",
    "ephemeralContainers",
    "volumes",
    "env",
    "imagePullSecrets",
    "secrets",
    "webhooks",
    "resourceClaims",
    "claims",
}
KEYS = {
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "conditions": ("type",),
    "hostAliases": ("ip",),
    "ownerReferences": ("uid",),
    "podIPs": ("ip",),
    "hostIPs": ("ip",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
SETS = {"finalizers"}


def merge_keys(field: str, items: list[Any]) -> tuple[str, ...]:
    """The fields that tell the items of a built-in list apart; empty when the list is one value."""
    if not items or not all(isinstance(item, dict) for item in items):
        return ()
    if field in BY_NAME:
        keys: tuple[str, ...] = ("name",)
    elif field == "ports":
        keys = ("containerPort", "protocol") if any("containerPort" in i for i in items) else ("port", "protocol")
    else:
        keys = KEYS.get(field, ())
    return keys if all(key in item or key == "protocol" for item in items for key in keys) else ()


def item_key(item: Obj, keys: tuple[str, ...]) -> tuple[Any, ...]:
    """What tells one list item apart."""
    return tuple(item.get(key, "TCP" if key == "protocol" else None) for key in keys)


def merge_patch(target: Any, patch: Any) -> Any:
    """The target after a JSON merge patch."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def strategic_merge(target: Any, patch: Any, field: str = "") -> Any:
    """The target after a strategic merge patch."""
    if isinstance(patch, dict) and isinstance(target, dict | None):
        return _strategic_map(target or {}, patch)
    if isinstance(patch, list) and isinstance(target, list | None):
        return _strategic_list(target or [], patch, field)
    return patch


def _strategic_map(target: Obj, patch: Obj) -> Any:
    directive = patch.get("$patch")
    if directive == "replace":
        return {k: v for k, v in patch.items() if k != "$patch"}
    if directive == "delete":
        return {}
    result = dict(target)
    if isinstance(keep := patch.get("$retainKeys"), list):
        result = {k: v for k, v in result.items() if k in keep}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.split("/", 1)[1]
            result[name] = [v for v in result.get(name) or [] if v not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = strategic_merge(result.get(key), value, key)
    return result


def _strategic_list(target: list[Any], patch: list[Any], field: str) -> list[Any]:
    if any(isinstance(i, dict) and i.get("$patch") == "replace" for i in patch):
        return [i for i in patch if not (isinstance(i, dict) and "$patch" in i)]
    if field in SETS:
        return target + [v for v in patch if v not in target]
    keys = merge_keys(field, patch) or merge_keys(field, target)
    if field == "ports" and keys:
        keys = keys[:1]
    if not keys:
        return [i for i in patch if not (isinstance(i, dict) and i.get("$patch") == "delete")]
    result = list(target)
    for item in patch:
        at = next((n for n, have in enumerate(result) if item_key(have, keys) == item_key(item, keys)), None)
        if item.get("$patch") == "delete":
            if at is not None:
                result.pop(at)
        elif at is None:
            result.append(item)
        else:
            result[at] = strategic_merge(result[at], item)
    return result


def json_patch(target: Obj, steps: list[Obj]) -> Obj:
    """The target after a JSON patch."""
    result: Any = copy.deepcopy(target)
    for step in steps:
        try:
            result = _step(result, step)
        except (KeyError, IndexError, TypeError, ValueError) as exc:
            raise ApiError(
                422,
                "Invalid",
                "the server rejected our request due to an error in our request: "
                f"{step.get('op')} operation does not apply: {step.get('path')}",
            ) from exc
    return result


def _walk(document: Any, path: str) -> tuple[Any, str]:
    if not path.startswith("/"):
        raise bad_request(f"invalid JSON pointer: {path}")
    parts = [part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/")]
    for part in parts[:-1]:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document, parts[-1]


def _read(document: Any, path: str) -> Any:
    parent, last = _walk(document, path)
    return parent[int(last)] if isinstance(parent, list) else parent[last]


def _write(document: Any, path: str, value: Any, insert: bool) -> None:
    parent, last = _walk(document, path)
    if isinstance(parent, list):
        if insert:
            parent.insert(len(parent) if last == "-" else int(last), value)
        else:
            parent[int(last)] = value
    elif not insert and last not in parent:
        raise KeyError(last)
    else:
        parent[last] = value


def _remove(document: Any, path: str) -> None:
    parent, last = _walk(document, path)
    if isinstance(parent, list):
        parent.pop(int(last))
    else:
        del parent[last]


def _step(document: Any, step: Obj) -> Any:
    verb, path = step["op"], step["path"]
    if path == "":
        return step["value"] if verb in ("add", "replace") else document
    if verb == "test":
        if _read(document, path) != step.get("value"):
            raise ValueError("test failed")
    elif verb in ("add", "replace"):
        _write(document, path, step["value"], verb == "add")
    elif verb == "remove":
        _remove(document, path)
    elif verb in ("move", "copy"):
        value = copy.deepcopy(_read(document, step["from"]))
        if verb == "move":
            _remove(document, step["from"])
        _write(document, path, value, True)
    else:
        raise ValueError(verb)
    return document

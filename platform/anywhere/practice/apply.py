"""Server-side apply: who owns which field, what an apply changes, and where it conflicts."""

from __future__ import annotations

import copy
import json
from typing import Any

from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.patch import SETS, item_key, merge_keys
from anywhere.practice.status import ApiError

ATOMIC = {
    "selector",
    "nodeSelector",
    "labelSelector",
    "namespaceSelector",
    "podSelector",
    "fieldRef",
    "secretKeyRef",
    "configMapKeyRef",
    "resourceFieldRef",
    "creationTimestamp",
}
_SKIP_META = {
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generateName",
}
Fields = dict[str, Any]


def owned_fields(obj: Obj, custom: bool = False) -> Fields:
    """The fields an object sets, in the notation of managedFields."""
    fields: Fields = {}
    for key, value in obj.items():
        if key in ("apiVersion", "kind", "status"):
            continue
        kept = {k: v for k, v in value.items() if k not in _SKIP_META} if key == "metadata" else value
        if key != "metadata" or kept:
            fields[f"f:{key}"] = _fields(kept, key, custom)
    return fields


def _fields(value: Any, field: str, custom: bool) -> Fields:
    if isinstance(value, dict) and (custom or field not in ATOMIC):
        return {f"f:{key}": _fields(one, key, custom) for key, one in value.items()}
    if isinstance(value, list) and not (custom and field not in SETS):
        if field in SETS:
            return {f"v:{json.dumps(one)}": {} for one in value}
        if keys := merge_keys(field, value):
            return {_item(one, keys): {".": {}, **_fields(one, "", custom)} for one in value}
    return {}


def _item(one: Obj, keys: tuple[str, ...]) -> str:
    return "k:" + json.dumps(dict(zip(keys, item_key(one, keys), strict=True)), separators=(",", ":"), sort_keys=True)


def merge(live: Any, applied: Any, field: str, custom: bool) -> Any:
    """The live value with the applied one laid over it."""
    if isinstance(applied, dict) and isinstance(live, dict) and (custom or field not in ATOMIC):
        result = dict(live)
        for key, value in applied.items():
            result[key] = merge(live.get(key), value, key, custom)
        return result
    if isinstance(applied, list) and isinstance(live, list) and not custom:
        if field in SETS:
            return live + [v for v in applied if v not in live]
        keys = merge_keys(field, applied or live)
        if keys and merge_keys(field, live) == keys:
            return _merge_items(live, applied, keys)
    return copy.deepcopy(applied)


def _merge_items(live: list[Obj], applied: list[Obj], keys: tuple[str, ...]) -> list[Obj]:
    had = {item_key(one, keys): one for one in live}
    result = [merge(had.pop(item_key(one, keys), {}), one, "", False) for one in applied]
    return result + list(had.values())


def remove(value: Any, old: Fields, new: Fields, others: list[Fields]) -> None:
    """Take out of a value, in place, what was applied before, is not any more, and nobody else owns."""
    for step, inner in old.items():
        if step == ".":
            continue
        theirs = [other[step] for other in others if step in other]
        if step in new:
            inside = child(value, step)
            if isinstance(inside, dict | list):
                remove(inside, inner, new[step], theirs)
        elif not theirs:
            _cut(value, step)
        else:
            inside = child(value, step)
            if isinstance(inside, dict | list):
                remove(inside, inner, {}, theirs)


def _find(value: list[Any], step: str) -> int | None:
    wanted = json.loads(step[2:])
    for at, one in enumerate(value):
        if step[0] == "v" and one == wanted:
            return at
        if step[0] == "k" and all(item_key(one, (k,))[0] == v for k, v in wanted.items()):
            return at
    return None


def child(value: Any, step: str) -> Any:
    """The value one step of a field path leads to, or None."""
    if isinstance(value, dict):
        return value.get(step[2:])
    at = _find(value, step) if isinstance(value, list) else None
    return None if at is None else value[at]


def _cut(value: Any, step: str) -> None:
    if isinstance(value, dict):
        value.pop(step[2:], None)
    elif isinstance(value, list) and (at := _find(value, step)) is not None:
        value.pop(at)


def _same(live: Any, applied: Any, step: str) -> bool:
    return child(live, step) == child(applied, step)


def conflicts(live: Any, applied: Any, mine: Fields, theirs: Fields, path: str = "") -> list[str]:
    """The paths of fields that someone else owns with another value."""
    found: list[str] = []
    for step, inner in mine.items():
        if step == "." or step not in theirs:
            continue
        here = path + (f".{step[2:]}" if step[0] == "f" else f"[{_readable(step)}]")
        if inner and theirs[step]:
            found += conflicts(child(live, step), child(applied, step), inner, theirs[step], here)
        elif not inner and not theirs[step] and not _same(live, applied, step):
            found.append(here)
    return found


def _readable(step: str) -> str:
    if step[0] == "v":
        return "=" + step[2:]
    return ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(step[2:]).items())


def subtract(fields: Fields, gone: Fields) -> Fields:
    """The fields without those of the second set."""
    result: Fields = {}
    for step, inner in fields.items():
        if step not in gone:
            result[step] = inner
        elif inner and gone[step]:
            rest = subtract(inner, gone[step])
            if set(rest) - {"."}:
                result[step] = rest
    return result


def conflict_error(resource: Resource, name: str, found: list[tuple[str, list[str]]]) -> ApiError:
    """409 that names every field and its owner."""
    count = sum(len(paths) for _, paths in found)
    lines = []
    for manager, paths in found:
        what = paths[0] if len(paths) == 1 else "\n" + "\n".join(f"- {p}" for p in paths)
        lines.append(
            f'conflict with "{manager}" using {resource.group_version}: {what}'
            if len(paths) == 1
            else f'conflicts with "{manager}" using {resource.group_version}:{what}'
        )
    text = f"Apply failed with {count} conflict{'' if count == 1 else 's'}: " + "\n".join(lines)
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{m}" using {resource.group_version}', "field": p}
        for m, paths in found
        for p in paths
    ]
    return ApiError(409, "Conflict", text, {"causes": causes})

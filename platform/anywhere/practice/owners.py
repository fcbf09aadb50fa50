"""managedFields: the list of field owners kept on an object through applies and updates."""

from __future__ import annotations

import copy
from typing import Any

from anywhere.practice import apply
from anywhere.practice.apply import Fields
from anywhere.practice.kinds import Obj, Resource

UNTRACKED = {"events", "leases.coordination.k8s.io", "endpoints", "endpointslices.discovery.k8s.io"}


def _row(resource: Resource, manager: str, operation: str, fields: Fields, now: str, sub: str = "") -> Obj:
    row: Obj = {
        "manager": manager,
        "operation": operation,
        "apiVersion": resource.group_version,
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    return row | {"subresource": sub} if sub else row


def _rows(obj: Obj) -> list[Obj]:
    return list(obj.get("metadata", {}).get("managedFields") or [])


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(v) for v in value] if isinstance(value, list) else value


def apply_object(resource: Resource, live: Obj | None, applied: Obj, manager: str, force: bool, now: str) -> Obj:
    """The object after a server-side apply; raises 409 when another manager owns a field with another value."""
    if not resource.custom:
        applied = _without_nulls(applied)
    applied.get("metadata", {}).pop("managedFields", None)
    mine = apply.owned_fields(applied, resource.custom)
    if live is None:
        result = copy.deepcopy(applied)
        result["metadata"]["managedFields"] = [_row(resource, manager, "Apply", mine, now)]
        return result
    rows = _rows(live)
    before = next(
        (r for r in rows if r["manager"] == manager and r["operation"] == "Apply" and not r.get("subresource")), None
    )
    others = [r for r in rows if r is not before]
    found = [(r["manager"], apply.conflicts(live, applied, mine, r["fieldsV1"])) for r in others]
    found = [(who, paths) for who, paths in found if paths]
    if found and not force:
        raise apply.conflict_error(resource, live["metadata"]["name"], found)
    taken = {who for who, _ in found}
    for row in others:
        if row["manager"] in taken:
            row["fieldsV1"] = apply.subtract(row["fieldsV1"], _clashing(live, applied, mine, row["fieldsV1"]))
    result = apply.merge(live, applied, "", resource.custom)
    if before:
        apply.remove(result, before["fieldsV1"], mine, [r["fieldsV1"] for r in others])
    if before and before["fieldsV1"] == mine and _bare(result) == _bare(live):
        now = before["time"]
    kept = [r for r in others if r["fieldsV1"]]
    result["metadata"]["managedFields"] = [_row(resource, manager, "Apply", mine, now), *kept]
    return result


def _bare(obj: Obj) -> Obj:
    return {**obj, "metadata": {k: v for k, v in obj["metadata"].items() if k != "managedFields"}}


def _clashing(live: Any, applied: Any, mine: Fields, theirs: Fields) -> Fields:
    result: Fields = {}
    for step, inner in mine.items():
        if step == "." or step not in theirs:
            continue
        one, two = apply.child(live, step), apply.child(applied, step)
        if inner and theirs[step]:
            if rest := _clashing(one, two, inner, theirs[step]):
                result[step] = rest
        elif one != two:
            result[step] = {}
    return result


def record_update(resource: Resource, before: Obj | None, after: Obj, manager: str, now: str, sub: str = "") -> None:
    """Note, in place, that this manager set the fields in which two versions differ."""
    if resource.key in UNTRACKED or sub == "status":
        return
    fields = apply.owned_fields(after, resource.custom)
    if before is None:
        after["metadata"]["managedFields"] = [_row(resource, manager, "Update", fields, now, sub)]
        return
    changed = _changed(before, after, fields)
    rows = _rows(after)
    if not changed:
        return
    kept = []
    mine: Obj | None = None
    for row in rows:
        if (row["manager"], row["operation"], row.get("subresource", "")) == (manager, "Update", sub):
            mine = row
        elif rest := apply.subtract(row["fieldsV1"], changed):
            kept.append({**row, "fieldsV1": rest})
    total = _union(mine["fieldsV1"], changed) if mine else changed
    after["metadata"]["managedFields"] = [*kept, _row(resource, manager, "Update", total, now, sub)]


def _changed(before: Any, after: Any, fields: Fields) -> Fields:
    result: Fields = {}
    for step, inner in fields.items():
        if step == ".":
            continue
        one, two = apply.child(before, step), apply.child(after, step)
        if one == two:
            continue
        if inner and isinstance(one, dict | list):
            if rest := _changed(one, two, inner):
                result[step] = {".": {}, **rest} if step[0] == "k" else rest
        else:
            result[step] = inner
    return result


def _union(one: Fields, two: Fields) -> Fields:
    result = dict(one)
    for step, inner in two.items():
        result[step] = _union(result[step], inner) if result.get(step) and inner else result.get(step, inner)
    return result

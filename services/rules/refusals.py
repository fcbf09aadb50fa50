"""All that a package refuses of a change, before anything is touched. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.rules.values import find
from services.rules import conditions, guards, upgrades
from services.rules.guards import Refusal


def every(
    definition: Mapping[str, Any], before: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[Refusal]:
    """Give the refusals of going from old to new values: guards, refused upgrades, refused changes of size.

    `definition` is the new version's, `before` the present one's, which stands in for guards the new one lacks. Whether
    a rule is in force is told by the present values. One reason a value is enough.
    """
    found = guards.refusals(definition.get("guards") or before.get("guards") or [], old, new)
    found += upgrades.refusals(conditions.in_force(definition.get("upgrades"), old), old, new)
    found += [_sized(entry, old, new) for entry in conditions.scaling(definition, old) if _is_refused(entry, old, new)]
    paths: dict[str, Refusal] = {}
    for refusal in found:
        paths.setdefault(refusal.path, refusal)
    return list(paths.values())


def _is_refused(entry: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    before, after = find(old, entry["path"]), find(new, entry["path"])
    if not isinstance(before, int) or not isinstance(after, int) or before == after:
        return False
    return entry.get("in" if after < before else "out") == "refused"


def _sized(entry: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> Refusal:
    before, after = find(old, entry["path"]), find(new, entry["path"])
    detail = f"{entry['path']}: {before} → {after}. {entry.get('reason', '')}".strip()
    return Refusal("scaling.refused", entry["path"], detail, "")

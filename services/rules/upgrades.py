"""The way from one version of a server to another: refused ways, and the commands that follow one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.rules.ranges import is_in
from catalog.rules.values import find
from services.rules.guards import Refusal


def refusals(entries: Sequence[Mapping[str, Any]], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Refusal]:
    """Give the ways that the package refuses, with the reason and the way to get there all the same."""
    found = []
    for entry in _taken(entries, old, new):
        if entry["how"] == "refused":
            before, after = find(old, entry["path"]), find(new, entry["path"])
            detail = f"{entry['path']}: {before} → {after}. {entry.get('reason', '')}".strip()
            found.append(Refusal("upgrade.refused", entry["path"], detail, str(entry.get("way", ""))))
    return found


def commands_after(
    entries: Sequence[Mapping[str, Any]], old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Give the commands that follow the ways taken, in their order."""
    return [command for entry in _taken(entries, old, new) for command in entry.get("after") or []]


def _taken(
    entries: Sequence[Mapping[str, Any]], old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Give the first entry of each path whose ranges hold the version before and the one after."""
    found: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        path = entry["path"]
        before, after = find(old, path), find(new, path)
        if path in found or before is None or after is None or before == after:
            continue
        if is_in(str(before), entry["from"]) and is_in(str(after), entry["to"]):
            found[path] = entry
    return list(found.values())

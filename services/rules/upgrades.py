"""The way from one version of a server to another: refused ways, and the commands that follow one. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.rules.values import find
from services.rules.guards import Refusal

_PART = re.compile(r"^\s*(>=|<=|>|<|=|==|!=|\^|~)?\s*v?(\d+(?:\.\d+)*)(\.[x*])?\s*$")
_NUMBER = re.compile(r"\d+")


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


def is_in(version: str, wanted: str) -> bool:
    """Give whether a version lies in a range: comparisons after one another all hold, "||" stands between choices.

    ">=3 <4", "3.x", "^4.1", "~4.1.2", "5 || >=7"; a bare version means all that begin with it. "*" is any.
    """
    return any(_all(version, choice) for choice in wanted.split("||"))


def _all(version: str, choice: str) -> bool:
    parts = re.sub(r"(>=|<=|>|<|=|==|!=|\^|~)\s+", r"\1", choice).replace(",", " ").split()
    return bool(parts) and all(_one(version, part) for part in parts)


def _one(version: str, part: str) -> bool:
    if part in ("*", "x"):
        return True
    found = _PART.match(part)
    if not found:
        raise ValueError(f"{part!r} is no range of versions")
    sign, numbers = found[1] or "", [int(n) for n in found[2].split(".")]
    have = [int(n) for n in _NUMBER.findall(version.split("-", maxsplit=1)[0])]
    width = max(len(have), len(numbers))
    low, own = numbers + [0] * (width - len(numbers)), have + [0] * (width - len(have))
    begins = own[: len(numbers)] == numbers
    series = min(len(numbers), 2)
    answers = {
        ">=": own >= low, "<": own < low, ">": own > low and not begins, "<=": own <= low or begins,
        "!=": not begins, "": begins, "=": begins, "==": begins,
        "^": own >= low and own[:1] == numbers[:1],
        "~": own >= low and own[:series] == numbers[:series],
    }  # fmt: skip
    return answers[sign]

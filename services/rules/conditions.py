"""Which rules of a package are in force: those that hold as the values are, and the first of several. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.rules.values import holds

Entry = Mapping[str, Any]


def in_force(entries: Sequence[Entry] | None, values: Mapping[str, Any]) -> list[Entry]:
    """Give the entries that hold."""
    return [entry for entry in entries or [] if holds(entry, values)]


def scaling(definition: Entry, values: Mapping[str, Any]) -> list[Entry]:
    """Give how each component may be scaled: the first entry of it that holds."""
    found: dict[str, Entry] = {}
    for entry in in_force(definition.get("scaling"), values):
        found.setdefault(entry["component"], entry)
    return list(found.values())

"""What a service asks its cluster for, in the package's own terms: so much of what, so many times. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from anywhere.lib import quantities
from catalog.rules.values import find, holds, overlay


def asked(definition: Mapping[str, Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give [{unit, each, times}] of the package's costs, in their order; what is not set or nothing is left out.

    `each` is in words: "0.5", "4 GiB". Entries of one unit and size count together.
    """
    found: list[dict[str, Any]] = []
    for unit, amount, times in counted(definition, values):
        each = quantities.size(amount) if unit in ("memory", "disk") else f"{amount:.3f}".rstrip("0").rstrip(".")
        same = next((row for row in found if (row["unit"], row["each"]) == (unit, each)), None)
        if same:
            same["times"] += times
        else:
            found.append({"unit": unit, "each": each, "times": times})
    return found


def counted(definition: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Give (unit, cores or bytes or pieces, how often) of each cost that holds and is something.

    With `per` a cost counts for each item of that list, and what it names is looked up in the item first, then in the
    values. `own` is what the item calls its amount, where it may have one under another name.
    """
    for entry in definition.get("costs") or []:
        for item in _items(entry, values):
            here = overlay([values, item]) if item else values
            own = _amount(find(item, entry["own"])) if "own" in entry else 0
            amount, times = own or _amount(find(here, entry["path"])), _times(entry.get("times", 1), here)
            if amount > 0 and times > 0 and holds(entry, here):
                yield entry["unit"], amount, times


def _items(entry: Mapping[str, Any], values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give what each of those that a cost counts says itself: the items of its list, or one that says nothing."""
    if "per" not in entry:
        return [{}]
    items = find(values, entry["per"])
    return [item if isinstance(item, Mapping) else {} for item in items] if isinstance(items, list) else []


def _amount(value: Any) -> float:
    try:
        return quantities.number(value)
    except (ValueError, TypeError, AttributeError):
        return 0.0


def _times(said: Any, values: Mapping[str, Any]) -> int:
    value = find(values, said, 0) if isinstance(said, str) else said
    return value if isinstance(value, int) and not isinstance(value, bool) else 0

"""What a service asks its cluster for, in the package's own terms: so much of what, so many times. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anywhere.lib import quantities
from catalog.rules.values import find


def asked(definition: Mapping[str, Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give [{unit, each, times}] of the package's costs, in their order; what is not set or nothing is left out.

    `each` is in words: "0.5", "4 GiB". Entries of one unit and size count together.
    """
    found: list[dict[str, Any]] = []
    for entry in definition.get("costs") or []:
        each, times = _amount(entry["unit"], find(values, entry["path"])), _times(entry.get("times", 1), values)
        if not each or times < 1:
            continue
        same = next((row for row in found if (row["unit"], row["each"]) == (entry["unit"], each)), None)
        if same:
            same["times"] += times
        else:
            found.append({"unit": entry["unit"], "each": each, "times": times})
    return found


def _amount(unit: str, value: Any) -> str:
    try:
        number = quantities.number(value)
    except (ValueError, TypeError, AttributeError):
        return ""
    if number <= 0:
        return ""
    return quantities.size(number) if unit in ("memory", "disk") else f"{number:.3f}".rstrip("0").rstrip(".")


def _times(said: Any, values: Mapping[str, Any]) -> int:
    value = find(values, said, 0) if isinstance(said, str) else said
    return value if isinstance(value, int) and not isinstance(value, bool) else 0

"""Guards of a package: changes that are refused before anything is touched.

A guard is {path, rule, reason, way, when?}. Rules: no-change, same-major, no-decrease, no-downgrade, no-skip-major.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anywhere.lib import quantities
from catalog.rules.values import find, holds

VERSION_RULES = frozenset({"same-major", "no-downgrade", "no-skip-major"})
_MISSING = object()


@dataclass(frozen=True)
class Refusal:
    """Why a change is refused, and the way to get there all the same."""

    code: str
    path: str
    detail: str
    way: str


def refusals(
    guards: Sequence[Mapping[str, str]],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    ran: Mapping[str, Any] | None = None,
) -> list[Refusal]:
    """Give the first guard of each path that refuses the change from the old merged values to the new ones.

    Rules on versions go by what ran last, where that is given: from a version that never came to run there is a way
    back, and none to a leap.
    """
    found: list[Refusal] = []
    for guard in guards:
        if any(refusal.path == guard["path"] for refusal in found):
            continue  # one reason a value is enough
        if not holds(guard, old):
            continue
        present = old if ran is None or guard["rule"] not in VERSION_RULES else ran
        before, after = find(present, guard["path"], _MISSING), find(new, guard["path"], _MISSING)
        if before is _MISSING or before == after:
            continue
        if _broken(guard["rule"], before, None if after is _MISSING else after):
            what = f"{guard['path']}: {_shown(before)} → {_shown(after)}. "
            detail = what + guard.get("reason", "")
            found.append(Refusal(f"guard.{guard['rule']}", guard["path"], detail, guard.get("way", "")))
    return found


def _shown(value: Any) -> str:
    return "nothing" if value is _MISSING or value is None or value == "" else str(value)


def _broken(rule: str, before: Any, after: Any) -> bool:
    if rule == "no-change":
        return True
    if rule == "no-decrease":
        return _amount(after) < _amount(before)
    old, new = _version(before), _version(after)
    if not old or not new:
        return True
    if rule == "same-major":
        return old[0] != new[0]
    if rule == "no-downgrade":
        return new < old
    if rule == "no-skip-major":
        return new < old or new[0] > old[0] + 1
    raise ValueError(f"unknown rule {rule!r}")


def _amount(value: Any) -> float:
    try:
        return quantities.number(value)
    except (ValueError, TypeError):
        return 0.0


def _version(value: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", str(value or ""))[:4])

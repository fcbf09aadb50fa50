"""All that a package refuses of a change, before anything is touched. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.rules import conditions, guards, upgrades
from services.rules.guards import Refusal


def every(
    definition: Mapping[str, Any],
    before: Mapping[str, Any],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    ran: Mapping[str, Any] | None = None,
) -> list[Refusal]:
    """Give the refusals of going from old to new values: guards and refused upgrades.

    `definition` is the new version's, `before` the present one's, which stands in for guards the new one lacks. Whether
    a rule is in force is told by the present values; versions are compared with what ran last, where that is given.
    One reason a value is enough.
    """
    found = guards.refusals(definition.get("guards") or before.get("guards") or [], old, new, ran)
    found += upgrades.refusals(conditions.in_force(definition.get("upgrades"), old), old if ran is None else ran, new)
    paths: dict[str, Refusal] = {}
    for refusal in found:
        paths.setdefault(refusal.path, refusal)
    return list(paths.values())

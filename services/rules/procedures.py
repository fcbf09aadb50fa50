"""What can be done with a running service beside changing it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.rules.values import holds


def offered(definition: Mapping[str, Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give [{name, title, summary, danger}] of the procedures that the values allow."""
    return [
        {"name": p["name"], "title": p["title"], "summary": p["summary"], "danger": p.get("danger", "")}
        for p in definition.get("procedures") or []
        if holds({"when": p.get("showIf")}, values)
    ]


def steps_of(definition: Mapping[str, Any], values: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give the commands of a procedure, none when there is no such procedure.

    Of several with one name it is the one that the values allow.
    """
    named = [p for p in definition.get("procedures") or [] if p["name"] == name]
    allowed = [p for p in named if holds({"when": p.get("showIf")}, values)]
    return next((list(p["steps"]) for p in [*allowed, *named]), [])

"""The named steps of an operation, as they are kept and shown."""

from __future__ import annotations

from typing import Any


def step(name: str, title: str) -> dict[str, Any]:
    """Give a step that was not reached yet; `operation` is the id of the one that carries it out, when there is one."""
    times = {"started_at": None, "finished_at": None}
    return {"name": name, "title": title, "state": "pending", **times, "detail": "", "operation": None}

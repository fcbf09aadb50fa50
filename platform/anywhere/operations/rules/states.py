"""Which state of an operation follows which.

    queued ──take──▶ running ──succeed──▶ succeeded
      │  ▲             │  │ ──fail─────▶ failed
      │  └──put back───┤  └──lost──▶ verifying ──confirm──▶ running
      │                └──ask──▶ cancelling ──stop──▶ cancelled | superseded
      └──ask──▶ cancelled | superseded

A lost worker leaves the outcome unknown: the next one starts in `verifying` and reads what really is there.
"""

from __future__ import annotations

from collections.abc import Mapping

TRANSITIONS: Mapping[str, frozenset[str]] = {
    "queued": frozenset({"running", "verifying", "cancelled", "superseded", "failed"}),
    "running": frozenset(
        {"running", "verifying", "cancelling", "queued", "succeeded", "failed", "cancelled", "superseded"}
    ),
    "verifying": frozenset({"running", "verifying", "cancelling", "succeeded", "failed", "cancelled", "superseded"}),
    "cancelling": frozenset({"cancelling", "verifying", "cancelled", "superseded", "failed", "succeeded"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
    "superseded": frozenset(),
}


def allowed(old: str, new: str) -> bool:
    """Give whether an operation may go from one state to the other."""
    return new in TRANSITIONS[old]


def sources(new: str) -> tuple[str, ...]:
    """Give every state from which `new` can be reached."""
    return tuple(old for old, following in TRANSITIONS.items() if new in following)

"""When an operation that could not go on is tried again."""

from __future__ import annotations

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 15.0


def seconds(attempt: int) -> float:
    """Give the pause before the next attempt: 1, 2, 4, 8, then 15 seconds."""
    return min(FIRST_SECONDS * 2 ** max(attempt - 1, 0), LONGEST_SECONDS)

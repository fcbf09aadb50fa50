"""What is worth saying about something before it is done: an error, a warning or a note, each with what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One sentence for a person; `level` is error, warning or note."""

    level: str
    code: str
    title: str
    detail: str = ""
    fix: str = ""
    field: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the finding in the shape of the API."""
        return {key: value for key, value in asdict(self).items() if value is not None}

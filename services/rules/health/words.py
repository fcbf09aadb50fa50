"""The words of health: verdicts in their order, what a rule gives back, and careful reading of raw objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from anywhere.lib import redact

Raw = Mapping[str, Any]

HEALTHY = "healthy"
SUSPENDED = "suspended"
PROGRESSING = "progressing"
DEGRADED = "degraded"
FAILED = "failed"
UNKNOWN = "unknown"
ORDER = (HEALTHY, SUSPENDED, PROGRESSING, DEGRADED, FAILED, UNKNOWN)  # best to worst

MAX_REASON = 500


@dataclass(frozen=True)
class Cause:
    """The one thing that stands in the way.

    `title` names it in plain words, `detail` adds the cluster's own, `message` is the cluster's text alone.
    `whose`: yours, cluster, package or ours. `certain`: it does not pass by waiting. `next`: [{action, title, detail}].
    `container` is the one whose log is worth reading, `rank` the order among several causes, lowest first.
    """

    code: str
    title: str
    detail: str
    whose: str
    kind: str
    name: str
    container: str = ""
    next: tuple[Mapping[str, str], ...] = ()
    certain: bool = False
    message: str = ""
    reason: str = ""
    namespace: str = ""
    rank: int = 50


@dataclass(frozen=True)
class Health:
    """A verdict, why, since when where the object says it, and what can be done."""

    verdict: str
    code: str = ""
    reason: str = ""
    since: datetime | None = None
    fix: Mapping[str, str] | None = None
    cause: Cause | None = field(default=None, compare=False)


def worst(healths: Iterable[Health]) -> Health:
    """Give the worst by the declared order, the first among equals; healthy for none."""
    return max(healths, key=lambda health: ORDER.index(health.verdict), default=Health(HEALTHY))


def part(obj: Any, *path: str) -> Any:
    """Give what lies at a path of a raw object, None when anything on the way is missing or of another shape."""
    for key in path:
        if not isinstance(obj, Mapping):
            return None
        obj = obj.get(key)
    return obj


def table(obj: Any, *path: str) -> Raw:
    """Give the mapping at a path, empty when there is none."""
    found = part(obj, *path)
    return found if isinstance(found, Mapping) else {}


def entries(obj: Any, *path: str) -> list[Raw]:
    """Give the mappings of the list at a path."""
    found = part(obj, *path)
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list | tuple) else []


def number(obj: Any, *path: str, default: int = 0) -> int:
    """Give the whole number at a path."""
    found = part(obj, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def words(obj: Any, *path: str) -> str:
    """Give the text at a path, empty when there is none."""
    found = part(obj, *path)
    return found if isinstance(found, str) else ""


def condition(obj: Raw, kind: str) -> Raw:
    """Give a condition of an object's status by its type, empty when it is not there."""
    return next((entry for entry in entries(obj, "status", "conditions") if entry.get("type") == kind), {})


def is_true(obj: Raw, kind: str) -> bool:
    """Give whether a condition is there and True."""
    return condition(obj, kind).get("status") == "True"


def is_behind(obj: Raw) -> bool:
    """Give whether the controller has not seen the newest spec yet."""
    return number(obj, "metadata", "generation") > number(obj, "status", "observedGeneration")


def moment(text: Any) -> datetime | None:
    """Give the time of an RFC 3339 text, None for anything else."""
    if not isinstance(text, str) or not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def age(now: datetime | None, since: datetime | None) -> float:
    """Give the seconds between two moments; endless when either is not known, so that nothing waits for ever."""
    return float("inf") if now is None or since is None else (now - since).total_seconds()


def kind_of(obj: Raw) -> str:
    """Give the kind."""
    return words(obj, "kind")


def name_of(obj: Raw) -> str:
    """Give the name."""
    return words(obj, "metadata", "name")


def namespace_of(obj: Raw) -> str:
    """Give the namespace."""
    return words(obj, "metadata", "namespace")


def shorten(text: str, limit: int = MAX_REASON) -> str:
    """Give the text on one line, cut at a limit."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def ending(text: str, limit: int = MAX_REASON) -> str:
    """Give the end of a text on one line: of a log, the last words tell why it ends.

    It is cut between words and after secrets were masked: half of a secret, or one without its name, is not recognized.
    """
    line = re.sub(r"\s+", " ", redact.text(text)).strip()
    return line if len(line) <= limit else "… " + line[2 - limit :].partition(" ")[2]


def sentence(text: str) -> str:
    """Give the text with a full stop at its end."""
    line = shorten(text)
    return line if not line or line.endswith((".", "…", "!", "?")) else line + "."


def plural(count: int, word: str) -> str:
    """Give "1 pod" or "3 pods"."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def listing(items: Sequence[str], most: int = 3) -> str:
    """Give "a, b and c", or "a, b, c and 4 more"."""
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most} more"
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1] if items else ""]))

"""The order of versions (semantic versioning 2, with Helm's leniency of a leading v)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_SEMVER = re.compile(
    r"^v?(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$"
)


def is_version(text: str) -> bool:
    """Give whether the text is a version."""
    return len(text) <= 60 and bool(_SEMVER.match(text))


def is_stable(text: str) -> bool:
    """Give whether the version is no pre-release."""
    found = _SEMVER.match(text)
    return bool(found and found.group(4) is None)


def key(text: str) -> tuple[Any, ...]:
    """Give what versions are sorted by, older first; build metadata does not count."""
    found = _SEMVER.match(text)
    if not found:
        return (-1, -1, -1, 0, ())
    numbers = tuple(int(part) for part in found.groups()[:3])
    before = found.group(4)
    if before is None:
        return (*numbers, 1, ())
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in before.split("."))
    return (*numbers, 0, parts)


def newest(texts: Iterable[str]) -> str | None:
    """Give the newest stable version, else the newest at all; of equals the last one. None when there is none."""
    ordered = sorted(texts, key=key)
    stable = [text for text in ordered if is_stable(text)]
    found = stable or ordered
    return found[-1] if found else None

"""Typed readers of the environment; an odd value stops the start with a sentence that says which variable."""

from __future__ import annotations

import os
from pathlib import Path


class BadEnvironment(SystemExit):
    """A variable is missing or cannot be read; its message names the variable."""


def text(name: str, default: str | None = None) -> str:
    """Give NAME, or the content of the file NAME_FILE names, or the default; without any of them the start stops."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    value = os.environ.get(name, default)
    if value is None:
        raise BadEnvironment(f"The environment variable {name} is not set.")
    return value


def flag(name: str, default: bool = False) -> bool:
    """Give NAME as a truth value: 1/true/yes/on or 0/false/no/off."""
    raw = os.environ.get(name)
    if raw is None or raw == "":
        return default
    lowered = raw.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise BadEnvironment(f"The environment variable {name} must be true or false, not {raw!r}.")


def number(name: str, default: int) -> int:
    """Give NAME as a whole number."""
    raw = os.environ.get(name, "")
    if raw == "":
        return default
    try:
        return int(raw)
    except ValueError:
        raise BadEnvironment(f"The environment variable {name} must be a whole number, not {raw!r}.") from None


def words(name: str, default: str = "") -> list[str]:
    """Give NAME as a list, split at commas, without empty entries."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]

"""Values from the command line: files laid over one another, then single keys."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from anywhere.cli.errors import USAGE, CliError


def read(files: list[str], sets: list[str]) -> dict[str, Any] | None:
    """Give the values of -f files (later ones win) and --set key=value pairs; None when there are none."""
    values: dict[str, Any] = {}
    for name in files:
        _lay(values, _load(name))
    for pair in sets:
        key, separator, text = pair.partition("=")
        if not separator or not key:
            raise CliError("--set wants key=value", f"This is not one: {key}", USAGE)
        _put(values, key, _scalar(text))
    return values if files or sets else None


def _load(name: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
        found = yaml.safe_load(text) or {}
    except (OSError, UnicodeDecodeError) as exc:
        raise CliError("The values file cannot be read", str(exc), USAGE) from None
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise CliError("The values file is not YAML", f"{name}: {where}", USAGE) from None
    if not isinstance(found, dict):
        raise CliError("The values file holds no values", f"{name} should be a map of values.", USAGE)
    return found


def _lay(below: dict[str, Any], above: dict[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _lay(below[key], value)
        else:
            below[key] = value


def _put(values: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for key in parents:
        child = values.get(key)
        values[key] = child if isinstance(child, dict) else {}
        values = values[key]
    values[last] = value


def _scalar(text: str) -> Any:
    """Give true, false, null and numbers as such, everything else as text; quotes make text of anything."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    known = {"true": True, "false": False, "null": None}
    if text in known:
        return known[text]
    try:
        return int(text)
    except ValueError:
        return text

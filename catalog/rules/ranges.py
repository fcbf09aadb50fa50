"""Ranges of a server's versions, which need not be semantic ones: "18", "4.1.3", "2026.1"."""

from __future__ import annotations

import re

_PART = re.compile(r"^(>=|<=|>|<|==|=|!=|\^|~)?v?(\d+(?:\.\d+)*)(\.[x*])?$")
_NUMBER = re.compile(r"\d+")


def is_in(version: str, wanted: str) -> bool:
    """Give whether a version lies in a range: comparisons after one another all hold, "||" stands between choices.

    ">=3 <4", "3.x", "^4.1", "~4.1.2", "5 || >=7"; a bare version means all that begin with it. "*" is any.
    """
    return any(_all(version, choice) for choice in wanted.split("||"))


def _all(version: str, choice: str) -> bool:
    parts = re.sub(r"(>=|<=|>|<|=|==|!=|\^|~)\s+", r"\1", choice).replace(",", " ").split()
    return bool(parts) and all(_one(version, part) for part in parts)


def _one(version: str, part: str) -> bool:
    if part in ("*", "x"):
        return True
    found = _PART.match(part)
    if not found:
        raise ValueError(f"{part!r} is no range of versions")
    sign, numbers = found[1] or "", [int(n) for n in found[2].split(".")]
    have = [int(n) for n in _NUMBER.findall(version.split("-", maxsplit=1)[0])]
    width = max(len(have), len(numbers))
    low, own = numbers + [0] * (width - len(numbers)), have + [0] * (width - len(have))
    begins = own[: len(numbers)] == numbers
    series = min(len(numbers), 2)
    answers = {
        ">=": own >= low, "<": own < low, ">": own > low and not begins, "<=": own <= low or begins,
        "!=": not begins, "": begins, "=": begins, "==": begins,
        "^": own >= low and own[:1] == numbers[:1],
        "~": own >= low and own[:series] == numbers[:series],
    }  # fmt: skip
    return answers[sign]

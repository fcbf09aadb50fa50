"""Kubernetes quantities as numbers, and numbers as words. Format: the resource.Quantity grammar of the API."""

from __future__ import annotations

import re

_SUFFIX = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip
_QUANTITY = re.compile(r"^([+-]?[0-9]+(?:\.[0-9]*)?|[+-]?\.[0-9]+)(?:[eE]([+-]?[0-9]{1,3})|([numkMGTPE]|[KMGTPE]i)?)$")


def number(quantity: str | int | float | None) -> float:
    """Give a quantity in its base unit (cores, bytes, pieces); 0 for None. ValueError when it is not one."""
    if quantity is None:
        return 0.0
    if isinstance(quantity, int | float):
        return float(quantity)
    match = _QUANTITY.match(quantity.strip())
    if not match:
        raise ValueError(f"{quantity!r} is not a quantity")
    digits, exponent, suffix = match.groups()
    return float(digits) * (10 ** int(exponent) if exponent else _SUFFIX[suffix or ""])


def size(count: float) -> str:
    """Give bytes in words with binary units: "8 GiB", "1.5 GiB", "512 MiB"."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(count) < 1024 or unit == "TiB":
            return f"{count:.1f}".rstrip("0").rstrip(".") + f" {unit}"
        count /= 1024
    raise AssertionError("unreachable")


def cores(count: float) -> str:
    """Give CPU in words: "2 cores", "1 core", "0.25 cores"."""
    shown = f"{count:.2f}".rstrip("0").rstrip(".")
    return f"{shown} core" if shown == "1" else f"{shown} cores"

"""Times as Kubernetes writes them, and quantities as it reads them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import ROUND_CEILING, Decimal, InvalidOperation

_UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "u": Decimal("0.000001"),
    "n": Decimal("0.000000001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}


def stamp(moment: float | None = None) -> str:
    """A moment (now when none is given) as 2026-01-31T12:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def micro_stamp(moment: float | None = None) -> str:
    """A moment with microseconds, as Leases and log lines have them."""
    return datetime.fromtimestamp(time.time() if moment is None else moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(text: str | None) -> float:
    """The moment a timestamp names, 0 for none."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else 0.0


def quantity(text: str | int | float | None) -> Decimal:
    """The number a quantity names; raises ValueError for what is none."""
    if text is None:
        return Decimal(0)
    raw = str(text).strip()
    unit = raw.lstrip("+-0123456789.eE") if not raw.endswith(("E", "Ei")) else raw.lstrip("+-0123456789.")
    number = raw[: len(raw) - len(unit)] if unit else raw
    try:
        return Decimal(number) * _UNITS[unit]
    except (KeyError, InvalidOperation) as exc:
        raise ValueError(f"not a quantity: {raw}") from exc


def quantity_text(number: Decimal, like: str) -> str:
    """A number as a quantity, in the manner of a resource's name (cpu in milli, memory in binary units)."""
    if like.endswith("cpu"):
        return (
            str(int(number)) if number == int(number) else f"{int((number * 1000).to_integral_value(ROUND_CEILING))}m"
        )
    if like.endswith(("memory", "storage")):
        for unit in ("Gi", "Mi", "Ki"):
            if number and number % _UNITS[unit] == 0:
                return f"{int(number / _UNITS[unit])}{unit}"
    return str(int(number.to_integral_value(ROUND_CEILING)))

"""One measured figure beside its peer and its goal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """`ours` and `peer` in the same unit; `met` says whether the goal holds."""

    name: str
    ours: float
    peer: float | None
    unit: str
    goal: str
    met: bool
    note: str = ""

    def line(self) -> str:
        """Give the line to print."""
        peer = "" if self.peer is None else f"  peer {self.peer:.4g} {self.unit}  ratio {self.ours / self.peer:.3g}"
        mark = "✓" if self.met else "✗"
        note = f"  ({self.note})" if self.note else ""
        return f"{mark} {self.name}: ours {self.ours:.4g} {self.unit}{peer}  goal {self.goal}{note}"


def percentile(values: list[float], share: float) -> float:
    """Give the value below which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]

"""What a measurement tells: ours, the peer's, the ratio, and whether the goal is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One figure beside its peer's. `most` is the goal for ours, `peer` is None where there is none to compare with."""

    goal: str
    what: str
    ours: float
    unit: str
    peer: float | None = None
    peer_name: str = ""
    most: float | None = None

    @property
    def is_kept(self) -> bool:
        """Give whether the goal is kept."""
        return self.most is None or self.ours <= self.most

    def line(self) -> str:
        """Give the line that is printed."""
        text = f"{self.goal:<4} {self.what:<58} {_figure(self.ours)} {self.unit:<8}"
        if self.peer is not None:
            ratio = self.peer / self.ours if self.ours else float("inf")
            text += f" {self.peer_name} {_figure(self.peer)} {self.unit}, {ratio:.1f} times ours"
        if self.most is not None:
            text += f"  goal ≤ {self.most:g}: {'kept' if self.is_kept else 'MISSED'}"
        return text


def _figure(number: float) -> str:
    return f"{number:>9.3f}" if number < 100 else f"{number:>9.0f}"


def show(figures: Sequence[Measured]) -> bool:
    """Print the figures; give whether every goal is kept."""
    for figure in figures:
        print(figure.line(), flush=True)
    return all(figure.is_kept for figure in figures)

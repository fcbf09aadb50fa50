"""What a client was told while a server went through something: each write acknowledged, refused or waited for."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

REPORTS: list[Report | Healthy] = []


@dataclass(frozen=True)
class Report:
    """What became of the writes: numbers, and seconds for the longest time without an acknowledged write.

    `lost` and `duplicated` are None where nothing is written that could be. `repeated` are requests that the
    client made once more, `reconnected` connections that it tried again before anything was asked; None: it does not.
    """

    what: str
    acknowledged: int
    failed: int
    lost: int | None
    duplicated: int | None
    longest_pause: float | None
    seconds_to_healthy: float | None = None
    repeated: int | None = None
    reconnected: int | None = None

    def __str__(self) -> str:
        names = ("acknowledged", "lost", "duplicated", "repeated", "reconnected", "failed")
        counted = ((name, getattr(self, name)) for name in names)
        numbers = ", ".join(f"{number} {name}" for name, number in counted if number is not None)
        healthy = "" if self.seconds_to_healthy is None else f", healthy after {self.seconds_to_healthy:.1f} s"
        pause = "" if self.longest_pause is None else f", longest pause {self.longest_pause:.1f} s"
        return f"{self.what}: {numbers}{pause}{healthy}"


@dataclass(frozen=True)
class Healthy:
    """What came up, and after how many seconds, where no client wrote meanwhile."""

    what: str
    seconds_to_healthy: float

    def __str__(self) -> str:
        return f"{self.what}: healthy after {self.seconds_to_healthy:.1f} s"


@dataclass
class Ledger:
    """Writes `first` and the numbers after it, one after the other in a thread, and remembers which were acknowledged.

    `write` gives when the server has acknowledged the number and raises when it has not; a write that failed is tried
    again with the same number, so what may have been written twice counts as duplicated, not as lost. What is written
    under its key, `keyed`, is there once however often it was written.
    """

    write: Callable[[int], None]
    between: float = 0.02
    first: int = 0
    keyed: bool = False
    acknowledged: list[int] = field(default_factory=list)
    failed: int = 0
    _told: list[float] = field(default_factory=list)
    _last_error: str = ""
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self, at_least: int = 20) -> Iterator[Ledger]:
        """Writes while the block runs, and ends after `at_least` more writes are acknowledged."""
        self._told.append(time.monotonic())
        thread = threading.Thread(target=self._write_on, daemon=True)
        thread.start()
        try:
            self.wait_for(at_least)
            yield self
            self.wait_for(at_least)
        finally:
            self._over.set()
            thread.join(60)
        assert not thread.is_alive(), "the client still waits for an answer"

    def wait_for(self, more: int, seconds: float = 180) -> None:
        """Waits until so many more writes are acknowledged."""
        goal, deadline = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < goal:
            assert time.monotonic() < deadline, f"no write is acknowledged any more: {self._last_error}"
            time.sleep(0.05)

    def report(self, what: str, read: Iterable[int], seconds_to_healthy: float | None = None) -> Report:
        """Compares with what is read back; gives the report, which is also printed when the tests end."""
        found = list(read)
        report = Report(
            what=what,
            acknowledged=len(self.acknowledged),
            failed=self.failed,
            lost=len(set(self.acknowledged) - set(found)),
            duplicated=None if self.keyed else len(found) - len(set(found)),
            longest_pause=max((b - a for a, b in zip(self._told, self._told[1:], strict=False)), default=0.0),
            seconds_to_healthy=seconds_to_healthy,
        )
        keep(report)
        return report

    def _write_on(self) -> None:
        number = self.first
        while not self._over.is_set():
            try:
                self.write(number)
            except Exception as exc:  # the client's own errors: each client has others
                self.failed += 1
                self._last_error = f"{type(exc).__name__}: {exc}"
                time.sleep(max(self.between, 0.2))
                continue
            self.acknowledged.append(number)
            self._told.append(time.monotonic())
            number += 1
            time.sleep(self.between)


def found_again(
    what: str, before: Iterable[object], after: Iterable[object], seconds_to_healthy: float, keyed: bool = False
) -> Report:
    """The report of a service that was installed again: what it had before, and what it has; nobody wrote meanwhile."""
    had, has = list(before), list(after)
    lost, twice = len(set(had) - set(has)), None if keyed else len(has) - len(set(has))
    report = Report(what, len(set(had)), 0, lost, twice, None, seconds_to_healthy)
    keep(report)
    return report


def keep(report: Report | Healthy) -> None:
    """Prints the report when the tests end; adds it to the JSON lines of $ANYWHERE_CHARTS_REPORT where that is set."""
    REPORTS.append(report)
    if path := os.environ.get("ANYWHERE_CHARTS_REPORT"):
        with Path(path).open("a") as file:
            file.write(json.dumps(asdict(report)) + "\n")

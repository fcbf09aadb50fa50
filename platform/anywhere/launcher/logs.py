"""Logs of the processes: one file each, rotated by copying so that the writer never has to reopen it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

LARGEST = 10 * 1024 * 1024
KEPT = 3


def rotate(logs: Iterable[Path], largest: int = LARGEST, kept: int = KEPT) -> list[Path]:
    """Copy each log that grew too large to `.1` (older ones move up) and empty it; gives those rotated."""
    rotated = []
    for log in logs:
        try:
            if log.stat().st_size <= largest:
                continue
        except FileNotFoundError:
            continue
        for number in range(kept - 1, 0, -1):
            older = numbered(log, number)
            if older.exists():
                older.replace(numbered(log, number + 1))
        shutil.copyfile(log, numbered(log, 1))
        numbered(log, 1).chmod(0o600)
        with log.open("r+b") as file:  # writers append, so they go on at the new end
            file.truncate(0)
        rotated.append(log)
    return rotated


def numbered(log: Path, number: int) -> Path:
    """Give the name of an older log."""
    return log.with_name(f"{log.name}.{number}")


def last_lines(log: Path, count: int = 12) -> list[str]:
    """Give the last lines of a log, empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 16_384))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []

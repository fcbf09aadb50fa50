"""What a person sees while Anywhere starts: steps with their times."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from anywhere.launcher.errors import CannotStart


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show the title with its time when the block is done, or that it failed."""
    started = time.monotonic()
    if sys.stdout.isatty():
        print(f"  {title} …", end="", flush=True)
    lead = "\r\033[K" if sys.stdout.isatty() else ""
    try:
        yield
    except BaseException:
        print(f"{lead}✗ {title} ({time.monotonic() - started:.1f} s)", flush=True)
        raise
    print(f"{lead}✓ {title} ({time.monotonic() - started:.1f} s)", flush=True)


def explain(error: CannotStart) -> None:
    """Print what keeps Anywhere from starting and what to do."""
    print(f"Anywhere does not start: {error.what}\nWhat to do: {error.do}", file=sys.stderr, flush=True)

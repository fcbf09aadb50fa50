"""G8: what the browser loads for the first screen, compressed; the peer is the whole app."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

from anywhere.launcher.places import ROOT
from tests.bench.result import Result

LIMIT = 200 * 1024
DIST = ROOT / "frontend" / "dist"
LINK = re.compile(r'(?:src|href)="(/assets/[^"]+\.(?:js|css))"')


def compressed(file: Path) -> int:
    """Give the bytes of a file as a server sends them with gzip."""
    return len(gzip.compress(file.read_bytes(), 9))


def measure() -> Iterator[Result]:
    """Give the size of what index.html names, beside that of all scripts and styles."""
    page = (DIST / "index.html").read_text()
    first = [DIST / name.lstrip("/") for name in LINK.findall(page)]
    assert first, "index.html names no scripts"
    whole = sum(compressed(f) for f in (DIST / "assets").rglob("*") if f.suffix in {".js", ".css"})
    size = sum(compressed(f) for f in first)
    yield Result("G8 first screen, JS and CSS", size / 1024, whole / 1024, "KB gz", "≤ 200 KB", size <= LIMIT)

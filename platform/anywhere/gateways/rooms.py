"""Private directories for Helm's files, removed always; those of dead processes too."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from pathlib import Path

_NAME = re.compile(r"helm-(\d+)-(\d+)-")
_swept: set[tuple[int, str]] = set()
_lock = threading.Lock()


def _started(pid: int) -> str | None:
    """Give the start time of a process in the kernel's own count, None when there is none of that id."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return stat.rsplit(")", 1)[1].split()[19]


def make(root: Path) -> Path:
    """Give a new directory of mode 0700 under the root; the first call of a process removes what dead ones left."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.chmod(root, 0o700)
    pid = os.getpid()
    with _lock:
        if (pid, str(root)) not in _swept:
            _swept.add((pid, str(root)))
            sweep(root)
    return Path(tempfile.mkdtemp(prefix=f"helm-{pid}-{_started(pid) or 0}-", dir=root))


def sweep(root: Path) -> int:
    """Give how many directories of dead processes were removed."""
    removed = 0
    for path in root.iterdir() if root.is_dir() else ():
        found = _NAME.match(path.name)
        if found and _started(int(found[1])) != found[2]:
            remove(path)
            removed += 1
    return removed


def remove(path: Path) -> None:
    """Return when a directory is gone, or was gone already."""
    shutil.rmtree(path, ignore_errors=True)


def write_private(path: Path, data: bytes) -> None:
    """Return when a new file of mode 0600 holds the data."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)

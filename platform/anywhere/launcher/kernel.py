"""What Linux offers to leave no process behind: the parent-death signal, adoption of orphans, the process table.

On other systems these do nothing, and process groups alone are relied on.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
IS_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if IS_LINUX else None


def die_with_parent(death_signal: int) -> Callable[[], None]:
    """Give a function for a new child to call: it gets the signal when its parent is gone."""
    parent = os.getpid()

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
            if os.getppid() != parent:  # the parent went between fork and prctl
                os.kill(os.getpid(), signal.SIGKILL)

    return prepare


def adopt_orphans() -> None:
    """Make this process the new parent of every descendant whose own parent goes."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children_of(pid: int) -> list[int]:
    """Give the ids of a process's direct children that have not ended."""
    if not IS_LINUX:
        return []
    return [child for child, parent, state in _process_table() if parent == pid and state != "Z"]


def _process_table() -> Iterator[tuple[int, int, str]]:
    """Yield (process id, parent's id, state) of every process."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            rest = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        yield int(entry.name), int(rest[1]), rest[0]


def processes_marked(name: str, value: str) -> Iterator[int]:
    """Yield the ids of our processes that were started with this environment variable."""
    wanted = f"{name}={value}".encode()
    if not IS_LINUX:
        return
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)
        except OSError:
            continue


def works_in(pid: int, folder: Path) -> bool:
    """Tell whether the process lives and its working directory is the folder."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == folder.resolve()
    except OSError:
        return False


def processes_in(folder: Path, name: str) -> list[int]:
    """Give the ids of the processes of this name that work in the folder: servers that hide their environment."""
    if not IS_LINUX:
        return []
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if works_in(pid, folder) and name_of(pid) == name]


def name_of(pid: int) -> str:
    """Give the name of a process, empty when there is none."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def kill(pid: int, number: int = signal.SIGKILL) -> bool:
    """Send a signal to a process; False when there is none."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def kill_group(pid: int, number: int = signal.SIGKILL) -> bool:
    """Send a signal to the process group that a child leads; False when nobody is left in it."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True

"""Running one program: no shell, own limits, one deadline, stoppable, gone with us if we are killed."""

from __future__ import annotations

import ctypes
import os
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from anywhere.gateways.errors import Stopped, TimedOut, TooLarge

GRACE_SECONDS = 10.0
LOOK_UP_SECONDS = 0.1
MAX_OUTPUT = 32 * 1024 * 1024
MAX_WORDS = 256 * 1024
_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl


@dataclass(frozen=True)
class Limits:
    """What a program may use. Go programs reserve much address space: 2 GiB is the least Helm works well with."""

    cpu_seconds: int = 60
    address_space: int = 3 * 1024**3
    file_size: int = 64 * 1024**2
    open_files: int = 256


@dataclass(frozen=True)
class Ended:
    """How a program ended. `stderr` is the last part of what it said."""

    code: int  # negative: the signal that ended it
    stdout: bytes
    stderr: bytes


def _prepare(parent: int, limits: Limits) -> Callable[[], None]:
    """Give what the child does before it becomes the program."""

    def prepare() -> None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(127)
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 2))
        resource.setrlimit(resource.RLIMIT_AS, (limits.address_space, limits.address_space))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size, limits.file_size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        few = limits.open_files if most == resource.RLIM_INFINITY else min(limits.open_files, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, few))

    return prepare


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdin: bytes | None = None,
    seconds: float = 60.0,
    limits: Limits = Limits(),
    cancelled: Callable[[], bool] = lambda: False,
) -> Ended:
    """Give how the program ended, when it did by itself.

    Stopped: `cancelled` said so while it ran. TimedOut: it had not ended after `seconds`. TooLarge: it said too much.
    In each of these its whole process group has got a TERM, a KILL some seconds later, and is gone on return.
    """
    process = subprocess.Popen(
        list(argv),
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(env),
        cwd=cwd,
        close_fds=True,
        start_new_session=True,
        preexec_fn=_prepare(os.getpid(), limits),  # noqa: PLW1509 - only system calls in there
    )
    talk = _Talk(process, stdin)
    ends = time.monotonic() + seconds
    try:
        while talk.is_open:
            if cancelled():
                raise Stopped("The operation was stopped.", outcome_unknown=True)
            if time.monotonic() > ends:
                raise TimedOut(f"The program did not end within {seconds:g} seconds.", outcome_unknown=True)
            talk.step(LOOK_UP_SECONDS)
        process.wait(timeout=max(ends - time.monotonic(), 1.0))
    except subprocess.TimeoutExpired:
        _end(process, talk)
        raise TimedOut(f"The program did not end within {seconds:g} seconds.", outcome_unknown=True) from None
    except BaseException:
        _end(process, talk)
        raise
    finally:
        talk.close()
        _kill_group(process.pid, signal.SIGKILL)
    return Ended(process.returncode, bytes(talk.stdout), bytes(talk.stderr))


def _kill_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def _end(process: subprocess.Popen[bytes], talk: _Talk) -> None:
    """End the group: TERM, and KILL for what is left after the grace time."""
    _kill_group(process.pid, signal.SIGTERM)
    ends = time.monotonic() + GRACE_SECONDS
    while process.poll() is None and time.monotonic() < ends:
        try:
            talk.step(LOOK_UP_SECONDS)
        except TooLarge:
            talk.close()
        if not talk.is_open:
            time.sleep(0.02)
    _kill_group(process.pid, signal.SIGKILL)
    process.wait()


class _Talk:
    """Feeds stdin and gathers stdout and stderr, each within its budget."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes | None) -> None:
        self.process = process
        self.stdout = bytearray()
        self.stderr = bytearray()
        self.pending = memoryview(stdin or b"")
        self.selector = selectors.DefaultSelector()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self.selector.register(pipe, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            self.selector.register(process.stdin, selectors.EVENT_WRITE)

    @property
    def is_open(self) -> bool:
        """Give whether something is still to be read or written."""
        return bool(self.selector.get_map())

    def step(self, seconds: float) -> None:
        """Move what can be moved, waiting at most some seconds for it."""
        for key, _ in self.selector.select(seconds):
            if key.fileobj is self.process.stdin:
                self._feed()
            else:
                self._gather(key.fileobj)

    def _drop(self, pipe: object) -> None:
        self.selector.unregister(pipe)  # type: ignore[arg-type]
        pipe.close()  # type: ignore[attr-defined]

    def _feed(self) -> None:
        pipe = self.process.stdin
        assert pipe is not None
        try:
            self.pending = self.pending[os.write(pipe.fileno(), self.pending[:65536]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.pending = memoryview(b"")
        if not self.pending:
            self._drop(pipe)

    def _gather(self, pipe: object) -> None:
        try:
            data = os.read(pipe.fileno(), 262144)  # type: ignore[attr-defined]
        except BlockingIOError:
            return
        if not data:
            self._drop(pipe)
        elif pipe is self.process.stdout:
            self.stdout += data
            if len(self.stdout) > MAX_OUTPUT:
                raise TooLarge(
                    f"The program's output is larger than {MAX_OUTPUT // 1048576} MiB.", outcome_unknown=True
                )
        else:
            self.stderr += data
            del self.stderr[:-MAX_WORDS]

    def close(self) -> None:
        """Return when no pipe is open any more."""
        for key in list((self.selector.get_map() or {}).values()):
            self._drop(key.fileobj)
        self.selector.close()

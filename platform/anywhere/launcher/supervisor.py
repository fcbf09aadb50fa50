"""Keeps programs running: starts them, restarts what dies, removes what they leave behind, stops all of it cleanly."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from anywhere.launcher import kernel
from anywhere.launcher.logs import rotate
from anywhere.launcher.program import Program

FIRST_PAUSE, LONGEST_PAUSE, LONG_ENOUGH = 0.2, 15.0, 30.0
KEEPS_ENDING = 4
ORPHANS_EVERY, LOGS_EVERY = 2.0, 5.0
GRACE_FOR_PROGRAMS, GRACE_FOR_DATABASES = 5.0, 3.0


@dataclass
class Child:
    """A program with its process, when it runs, and what is known of its earlier ends."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_due: float = 0.0
    restarts: int = 0
    quick_ends: int = 0  # ends in a row, each soon after its start
    last_exit: int | None = None

    def is_alive(self) -> bool:
        """Tell whether its process runs."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """One loop over all programs; `say` tells a person what happened to them."""

    logs: Path
    say: Callable[[str], None]
    children: dict[str, Child] = field(default_factory=dict)
    stopping: bool = False
    adopts: bool = False  # only a process that has no other children may treat strange ones as orphans
    _wake: tuple[int, int] | None = None
    _orphans_due: float = 0.0
    _logs_due: float = 0.0

    def listen(self) -> None:
        """Take over the signals that stop a run, and the children's ends."""
        kernel.adopt_orphans()
        self.adopts = True
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        self._wake = (reader, writer)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_asked)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _stop_asked(self, number: int, frame: object) -> None:
        self.stopping = True

    def start(self, program: Program) -> Child:
        """Start a program and keep it running from now on."""
        child = Child(program, self.logs / f"{program.name}.log")
        self.children[program.name] = child
        self._start(child)
        return child

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        child.start_due = 0.0
        child.process = child.program.start(child.log)

    def wait(self, seconds: float) -> None:
        """Sleep until something happens or the time is over, then look after everything."""
        if self._wake is not None:
            ready, _, _ = select.select([self._wake[0]], [], [], max(0.0, seconds))
            if ready:
                os.read(self._wake[0], 4096)
        self.look_after()

    def look_after(self) -> None:
        """Notice ended programs, start those that are due, end orphans, rotate logs."""
        now = time.monotonic()
        for child in self.children.values():
            if child.process is not None and child.process.poll() is not None:
                self._ended(child, now)
            if child.process is None and not self.stopping and now >= child.start_due:
                child.restarts += 1
                self._start(child)
        self._reap()
        if now >= self._orphans_due:
            self._orphans_due = now + ORPHANS_EVERY
            self.end_orphans()
        if now >= self._logs_due:
            self._logs_due = now + LOGS_EVERY
            rotate(child.log for child in self.children.values())

    def _ended(self, child: Child, now: float) -> None:
        """Clear up after a process and plan the next one: at once the first time, later when it keeps ending."""
        assert child.process is not None
        kernel.kill_group(child.process.pid)  # what it started dies with it
        child.last_exit = child.process.returncode
        child.process = None
        if self.stopping:
            return
        child.quick_ends = 0 if now - child.started_at > LONG_ENOUGH else child.quick_ends + 1
        pause = min(FIRST_PAUSE * 2 ** max(0, child.quick_ends - 1), LONGEST_PAUSE)
        child.start_due = now + pause
        name, end = child.program.name, describe_exit(child.last_exit)
        if child.quick_ends < KEEPS_ENDING:
            self.say(f"{name} {end}; it starts again in {pause:.1f} s.")
        elif child.quick_ends == KEEPS_ENDING:
            self.say(f"{name} {end} and keeps ending: read {child.log}. It is started again and again.")
        self._orphans_due = 0.0

    def end_orphans(self) -> None:
        """Kill processes that came to us because their own parent is gone: a helm of a killed worker, for one."""
        known = self._known()
        for pid in kernel.children_of(os.getpid()) if self.adopts else ():
            if pid not in known:
                kernel.kill_group(pid) or kernel.kill(pid)

    def _reap(self) -> None:
        """Collect adopted processes that have ended; those of our programs are collected by their own handles."""
        known = self._known()
        while self.adopts:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in known:
                return
            os.waitpid(ended.si_pid, 0)

    def _known(self) -> set[int]:
        return {child.process.pid for child in self.children.values() if child.process is not None}

    def next_wake(self) -> float:
        """Give the seconds until something is due."""
        now = time.monotonic()
        dues = [child.start_due for child in self.children.values() if child.process is None]
        return max(0.0, min([self._orphans_due, self._logs_due, *dues]) - now)

    def stop_all(self) -> list[str]:
        """Stop every program, the databases last; gives the names of those that had to be killed."""
        self.stopping = True
        apps = [child for child in self.children.values() if not child.program.is_database]
        databases = [child for child in self.children.values() if child.program.is_database]
        killed = self._stop(apps, GRACE_FOR_PROGRAMS)
        self.end_orphans()
        killed += self._stop(databases, GRACE_FOR_DATABASES)
        self._reap()
        return killed

    def _stop(self, children: Iterable[Child], grace: float) -> list[str]:
        running = [child for child in children if child.is_alive()]
        for child in running:
            assert child.process is not None
            kernel.kill(child.process.pid, child.program.stop_signal)
        deadline = time.monotonic() + grace
        killed = []
        for child in running:
            assert child.process is not None
            try:
                child.process.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                killed.append(child.program.name)
            kernel.kill_group(child.process.pid)
            child.process.wait(2)
            child.last_exit, child.process = child.process.returncode, None
        return killed


def describe_exit(code: int | None) -> str:
    """Give how a process ended, in words."""
    if code is None:
        return "ended"
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"

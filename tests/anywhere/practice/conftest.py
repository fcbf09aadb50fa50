"""A practice server for the whole run, and practice clusters for each test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from anywhere.practice import client

from .session import Helm, Session

ROOT = Path(__file__).resolve().parents[3]


class PracticeServer:
    """The server as a process that can be killed and started again."""

    def __init__(self, home: Path, ready_seconds: float = 0.15) -> None:
        self.home, self._ready_seconds = home, ready_seconds
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self._port = one.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            "anywhere.practice",
            "--home",
            str(self.home),
            "--port",
            str(self._port),
            "--ready-seconds",
            str(self._ready_seconds),
        ]
        environment = {"PYTHONPATH": str(ROOT / "platform"), "PATH": os.environ["PATH"]}
        with (self.home / "practice.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not client.is_ready(self.home):
            assert self._process.poll() is None, (self.home / "practice.log").read_text()
            assert time.monotonic() < deadline, "the practice server does not answer"
            time.sleep(0.05)

    def end(self, how: int = signal.SIGTERM) -> None:
        """End it with a signal and wait."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(10)

    def cluster(self, folder: Path, **settings: object) -> Session:
        """A new practice cluster."""
        return Session(self.home, client.create_cluster(self.home, **settings), folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    """Give the practice server of this run."""
    one = PracticeServer(tmp_path_factory.mktemp("practice"))
    one.start()
    yield one
    one.end()
    log = (one.home / "practice.log").read_text()
    assert "Traceback" not in log, log


@pytest.fixture
def practice(server: PracticeServer, tmp_path: Path) -> Iterator[Session]:
    """Give a new practice cluster."""
    session = server.cluster(tmp_path)
    yield session
    client.delete_cluster(server.home, session.id)


@pytest.fixture(scope="session")
def charts(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a chart of `helm create`."""
    folder = tmp_path_factory.mktemp("charts")
    subprocess.run([helm, "create", "demo"], cwd=folder, check=True, capture_output=True, timeout=30)
    return folder


@pytest.fixture
def run_helm(helm: Path, practice: Session) -> Helm:
    """Give helm against the test's cluster."""
    return Helm(helm, practice)

"""One PostgreSQL and one Valkey for a whole test run, started before Django reads its settings.

A pytest plugin (`-p tests.support.embedded`): workers of pytest-xdist inherit the addresses. With DATABASE_URL or
REDIS_URL given, those servers are used instead.
"""

from __future__ import annotations

import atexit
import base64
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from anywhere.launcher.places import ROOT, Home
from anywhere.launcher.ports import free_port
from anywhere.launcher.postgres import QUICK_AND_CARELESS, Postgres, embedded_postgres
from anywhere.launcher.program import Program
from anywhere.launcher.valkey import Valkey

MARK = "tests"


def pytest_configure() -> None:
    """Give Django its environment; the servers are started once, by the process that has no addresses yet."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywhere.config.settings")
    os.environ.setdefault("ANYWHERE_SECRET_KEY", "only-for-tests-" + "x" * 40)
    os.environ.setdefault("ANYWHERE_FIELD_KEYS", "t1:" + base64.urlsafe_b64encode(b"k" * 32).decode())


def start_servers() -> None:
    """Start the servers that no address was given for, and set their addresses."""
    pytest_configure()
    if os.environ.get("ANYWHERE_TEST_HOME"):
        _keep_apart(os.environ.get("PYTEST_XDIST_WORKER", ""))
        return
    # /tmp is open to every account, so the database server may run as `nobody` there.
    home = Home.of(Path(tempfile.mkdtemp(prefix="anywhere-test-", dir="/tmp")))
    home.path.chmod(0o755)
    os.environ["ANYWHERE_TEST_HOME"] = str(home.path)
    os.environ["ANYWHERE_HOME"] = str(home.path)
    bundled = ROOT / ".anywhere" / "bin" / "helm"
    if "ANYWHERE_HELM" not in os.environ:
        os.environ["ANYWHERE_HELM"] = str(bundled) if bundled.exists() else shutil.which("helm") or str(bundled)
    processes: list[tuple[Program, subprocess.Popen[bytes]]] = []
    owner = os.getpid()
    atexit.register(_end, processes, home, owner)
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = _start_postgres(home, processes).url
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = _start_valkey(home, processes).url


def _keep_apart(worker: str) -> None:
    """Give a worker of pytest-xdist its own folder and its own numbered database of Valkey."""
    number = worker.removeprefix("gw")
    if number.isdigit():
        os.environ["ANYWHERE_HOME"] = str(Home.of(Path(os.environ["ANYWHERE_TEST_HOME"]) / worker).path)
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{int(number) + 1}"


def _start_postgres(home: Home, processes: list[tuple[Program, subprocess.Popen[bytes]]]) -> Postgres:
    server = embedded_postgres(home.postgres, free_port(), secrets.token_urlsafe(12), QUICK_AND_CARELESS)
    server.initialise()
    process = _start(server.program(MARK), home, processes)
    server.wait_until_ready(lambda: process.poll() is None)
    return server


def _start_valkey(home: Home, processes: list[tuple[Program, subprocess.Popen[bytes]]]) -> Valkey:
    server = Valkey(home.valkey, free_port(), secrets.token_urlsafe(12), is_kept=False)
    process = _start(server.program(MARK), home, processes)
    server.wait_until_ready(lambda: process.poll() is None)
    return server


def _start(
    program: Program, home: Home, processes: list[tuple[Program, subprocess.Popen[bytes]]]
) -> subprocess.Popen[bytes]:
    process = program.start(home.logs / f"{program.name}.log")
    processes.append((program, process))
    return process


def _end(processes: list[tuple[Program, subprocess.Popen[bytes]]], home: Home, owner: int) -> None:
    if os.getpid() != owner:  # a forked child runs the same exit handlers
        return
    for _, process in processes:
        process.send_signal(signal.SIGQUIT if _.is_database and _.name == "postgresql" else signal.SIGTERM)
    deadline = time.monotonic() + 5
    for _, process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
    shutil.rmtree(home.path, ignore_errors=True)


start_servers()

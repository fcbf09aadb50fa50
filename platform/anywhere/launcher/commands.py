"""The command line of each process of the application: the same under the supervisor and in a container."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

CELERY = "anywhere.config.celery"


@dataclass(frozen=True)
class Listening:
    """Where the processes listen, and the folder they may write to."""

    host: str
    port: int
    web_host: str
    web_port: int
    practice_host: str
    practice_port: int
    home: Path


def commands(at: Listening) -> dict[str, list[str]]:
    """Give the command of each process by its name."""
    python = [sys.executable, "-m"]
    granian = [*python, "granian", "--no-ws", "--workers", "1", "--http", "1", "--log-level", "warning"]
    celery = [*python, "celery", "-A", CELERY]
    web = [
        *granian,
        "--interface",
        "wsgi",
        "--host",
        at.web_host,
        "--port",
        str(at.web_port),
        "--blocking-threads",
        "8",
    ]
    door = [*granian, "--interface", "asgi", "--host", at.host, "--port", str(at.port), "--loop", "asyncio"]
    worker = [*celery, "worker", "--pool", "threads", "--concurrency", "16"]
    schedule = str(at.home / "run" / "beat-schedule")
    return {
        "web": [*web, "--workers-kill-timeout", "3", "anywhere.config.wsgi:application"],
        "events": [*door, "--workers-kill-timeout", "2", "anywhere.config.door:application"],
        "worker": [*worker, "--without-gossip", "--without-mingle", "--loglevel", "INFO", "--hostname", "worker@%h"],
        "beat": [*celery, "beat", "--loglevel", "INFO", "--pidfile", "", "--schedule", schedule],
        "watcher": [*python, "services.watcher"],
        "practice": [
            *python,
            "anywhere.practice",
            "--home",
            str(at.home),
            "--host",
            at.practice_host,
            "--port",
            str(at.practice_port),
        ],
    }

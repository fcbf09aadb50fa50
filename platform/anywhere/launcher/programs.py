"""The processes of the application, and the environment they share."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping

from anywhere.launcher.keys import Keys
from anywhere.launcher.options import PRACTICE, WEB, Options
from anywhere.launcher.places import ROOT, Home
from anywhere.launcher.program import MARK, Program

LEFT_OUT = {"ANYWHERE_ADMIN_PASSWORD", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "DJANGO_SETTINGS_MODULE"}


def shared_environment(
    options: Options, home: Home, keys: Keys, database_url: str, redis_url: str, given: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Give the environment of every process; what a person has set wins over our defaults."""
    kept = {name: value for name, value in given.items() if name not in LEFT_OUT}
    defaults = {
        "ANYWHERE_SECRET_KEY": keys.secret_key,
        "ANYWHERE_FIELD_KEYS": keys.field_keys,
        "ANYWHERE_PUBLIC_URL": options.address,
        "ANYWHERE_ALLOW_LOOPBACK_CLUSTERS": "1",
    }
    if (home.bin / "helm").exists():
        defaults["ANYWHERE_HELM"] = str(home.bin / "helm")
    fixed = {
        "ANYWHERE_HOME": str(home.path),
        "ANYWHERE_PORT": str(options.port),
        "ANYWHERE_WEB_URL": f"http://127.0.0.1:{options.port + WEB}",
        "ANYWHERE_PRACTICE_URL": f"https://127.0.0.1:{options.port + PRACTICE}",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "anywhere.config.settings",
        "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{home.bin}{os.pathsep}{kept.get('PATH', os.defpath)}",
        MARK: str(home.path),
    }
    return defaults | kept | fixed


def application_programs(options: Options, home: Home, environment: Mapping[str, str]) -> list[Program]:
    """Give the processes of the application; those without which nothing answers come first."""
    python = [sys.executable, "-m"]
    granian = [*python, "granian", "--no-ws", "--workers", "1", "--http", "1", "--log-level", "warning"]
    celery = [*python, "celery", "-A", "anywhere.config.celery"]
    web = [
        *granian,
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(options.port + WEB),
        "--blocking-threads",
        "8",
        "--workers-kill-timeout",
        "3",
        "anywhere.config.wsgi:application",
    ]
    door = [
        *granian,
        "--interface",
        "asgi",
        "--host",
        options.host,
        "--port",
        str(options.port),
        "--loop",
        "asyncio",
        "--workers-kill-timeout",
        "2",
        "anywhere.config.door:application",
    ]
    worker = [
        *celery,
        "worker",
        "--pool",
        "prefork",
        "--concurrency",
        "4",
        "--max-memory-per-child",
        "400000",
        "--without-gossip",
        "--without-mingle",
        "--loglevel",
        "INFO",
        "--hostname",
        "worker@%h",
    ]
    beat = [*celery, "beat", "--loglevel", "INFO", "--pidfile", "", "--schedule", home.run / "beat-schedule"]
    practice = [*python, "anywhere.practice", "--home", home.path, "--port", str(options.port + PRACTICE)]

    def program(
        name: str, command: list[object], death_signal: int = signal.SIGTERM, is_needed: bool = False
    ) -> Program:
        return Program(
            name,
            [str(part) for part in command],
            environment,
            death_signal=death_signal,
            waits_for_ready=not is_needed,
            folder=ROOT,
        )

    return [
        program("web", web, is_needed=True),
        program("worker", worker, death_signal=signal.SIGQUIT, is_needed=True),
        program("events", door, is_needed=True),
        program("practice", practice),
        program("watcher", [*python, "services.watcher"]),
        program("beat", beat),
    ]

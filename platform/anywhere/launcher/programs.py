"""The processes of the application, and the environment they share."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from anywhere.launcher.commands import Listening, commands
from anywhere.launcher.errors import CannotStart
from anywhere.launcher.keys import Keys
from anywhere.launcher.options import PRACTICE, WEB, Options
from anywhere.launcher.places import ROOT, Home
from anywhere.launcher.program import MARK, Program

LEFT_OUT = {"ANYWHERE_ADMIN_PASSWORD", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "DJANGO_SETTINGS_MODULE"}

NEEDED_FIRST = ("web", "worker", "events")


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
    if not kept.get("ANYWHERE_HELM"):
        defaults["ANYWHERE_HELM"] = str(find_helm(home, kept.get("PATH", os.defpath)))
    fixed = {
        "ANYWHERE_HOME": str(home.path),
        "ANYWHERE_PORT": str(options.port),
        "ANYWHERE_WEB_URL": f"http://127.0.0.1:{options.port + WEB}",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "anywhere.config.settings",
        "PYTHONPATH": f"{ROOT / 'platform'}{os.pathsep}{ROOT}",
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{home.bin}{os.pathsep}{kept.get('PATH', os.defpath)}",
        MARK: str(home.path),
    }
    return defaults | kept | fixed


def find_helm(home: Home, path: str) -> Path:
    """Give the helm program to use: the bundled one of this home or of the checkout, else the one on PATH."""
    on_path = shutil.which("helm", path=path)
    candidates = [home.bin / "helm", ROOT / ".anywhere" / "bin" / "helm", *([Path(on_path)] if on_path else [])]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise CannotStart("there is no Helm.", "Run `make run`, which brings it along, or put Helm 4 on PATH.")


def application_programs(options: Options, home: Home, environment: Mapping[str, str]) -> list[Program]:
    """Give the processes of the application; those without which nothing answers come first."""
    loopback = "127.0.0.1"
    at = Listening(
        options.host, options.port, loopback, options.port + WEB, loopback, options.port + PRACTICE, home.path
    )
    command = commands(at)
    return [
        Program(
            name,
            command[name],
            environment,
            # A worker whose supervisor is gone ends at once; what it did is taken up by the next one.
            death_signal=signal.SIGKILL if name == "worker" else signal.SIGTERM,
            waits_for_ready=name not in NEEDED_FIRST,
            folder=ROOT,
        )
        for name in (*NEEDED_FIRST, "practice", "watcher", "beat")
    ]

"""`python -m anywhere.launcher.process NAME`: becomes one process of the application, as a container runs it.

NAME is web, events, worker, beat, watcher or practice; `prepare` brings the database up to date and ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from anywhere.launcher.commands import Listening, commands
from anywhere.launcher.places import ROOT


def command_of(name: str, environment: Mapping[str, str]) -> list[str] | None:
    """Give the command of a process, None when there is none of this name."""
    if name == "prepare":
        return [sys.executable, str(ROOT / "manage.py"), "ensure_ready", "--migrate"]
    host, port = environment.get("ANYWHERE_HOST", "0.0.0.0"), int(environment.get("ANYWHERE_PORT", "8000"))
    home = Path(environment.get("ANYWHERE_HOME", "/var/lib/anywhere"))
    return commands(Listening(host, port, host, port, host, port, home)).get(name)


def main() -> int:
    """Become the process; 2 when its name is unknown."""
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    command = command_of(name, os.environ)
    if command is None:
        print(
            "usage: python -m anywhere.launcher.process web|events|worker|beat|watcher|practice|prepare",
            file=sys.stderr,
        )
        return 2
    (Path(os.environ.get("ANYWHERE_HOME", "/var/lib/anywhere")) / "run").mkdir(parents=True, exist_ok=True)
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main())

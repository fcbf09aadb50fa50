"""`python -m anywhere.launcher.process NAME`: becomes one process of the application, as a container runs it.

NAME is web, events, worker, beat, watcher or practice. `prepare` brings the database up to date and ends; with `--keys`
it makes the keys first, in ANYWHERE_HOME. `charts` puts the bundled charts into the chart cache and ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from anywhere.launcher.commands import Listening, commands
from anywhere.launcher.keys import load_keys
from anywhere.launcher.places import ROOT, Home, write_private

USAGE = "usage: python -m anywhere.launcher.process web|events|worker|beat|watcher|practice|charts|prepare [--keys]"


def command_of(arguments: Sequence[str], environment: Mapping[str, str]) -> list[str] | None:
    """Give the command of a process, None when there is none of this name."""
    manage = [sys.executable, str(ROOT / "manage.py")]
    host, port = environment.get("ANYWHERE_HOST", "0.0.0.0"), int(environment.get("ANYWHERE_PORT", "8000"))
    listening = Listening(host, port, host, port, host, port, home_of(environment))
    known = {
        "prepare": [*manage, "ensure_ready", "--migrate"],
        "prepare --keys": [*manage, "ensure_ready", "--migrate"],
        "charts": [*manage, "ensure_ready", "--only-charts"],
    }
    return (known | commands(listening)).get(" ".join(arguments))


def home_of(environment: Mapping[str, str]) -> Path:
    """Give ANYWHERE_HOME of a container."""
    return Path(environment.get("ANYWHERE_HOME", "/var/lib/anywhere"))


def make_key_files(home: Home) -> None:
    """Write the keys as files that ANYWHERE_SECRET_KEY_FILE and ANYWHERE_FIELD_KEYS_FILE can name; made once."""
    keys = load_keys(home)
    folder = home.path / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    write_private(folder / "secret-key", keys.secret_key)
    write_private(folder / "field-keys", keys.field_keys)


def main(arguments: Sequence[str]) -> int:
    """Become the process; 2 when its name is unknown."""
    command = command_of(arguments, os.environ)
    if command is None:
        print(USAGE, file=sys.stderr)
        return 2
    home = Home.of(home_of(os.environ))
    if "--keys" in arguments:
        make_key_files(home)
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

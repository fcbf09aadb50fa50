"""The `anywhere` command as a person runs it: a process of its own, signed in to one portal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anywhere.launcher.places import ROOT
from tests.support.portal import EMAIL, PASSWORD, Portal


class CommandLine:
    """The `anywhere` command, signed in to one portal."""

    def __init__(self, portal: Portal, folder: Path) -> None:
        self.portal = portal
        self.env = {
            **os.environ,
            "ANYWHERE_CONFIG": str(folder / "cli.json"),
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        }
        self.run("login", "--server", portal.address, "--email", EMAIL, "--password-stdin", stdin=PASSWORD)

    def run(self, *arguments: str, stdin: str = "", code: int | None = 0, seconds: float = 240) -> str:
        """Give what the command printed to standard output; its exit code must be `code` (None: any)."""
        command = [sys.executable, "-m", "anywhere.cli", *arguments]
        done = subprocess.run(  # noqa: PLW1510
            command, env=self.env, input=stdin, capture_output=True, text=True, timeout=seconds
        )
        said = (
            f"anywhere {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
        assert code is None or done.returncode == code, said
        return done.stdout

    def json(self, *arguments: str, **options: Any) -> Any:
        """Give the JSON the command printed."""
        return json.loads(self.run(*arguments, "--json", **options))

    def wait_for(self, claim: Callable[[], Any], seconds: float = 60, what: str = "") -> Any:
        """Give the first true answer of the claim; fail when there is none in time."""
        end = time.monotonic() + seconds
        while True:
            answer = claim()
            if answer:
                return answer
            assert time.monotonic() < end, f"not in {seconds} s: {what or claim}"
            time.sleep(0.5)

    def health(self, name: str) -> dict[str, Any]:
        """Give the health of a service."""
        health: dict[str, Any] = self.json("services", "show", name)["health"]
        return health

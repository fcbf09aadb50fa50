"""What a person can set for a run, read from the environment and checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from anywhere.launcher.errors import CannotStart
from anywhere.launcher.places import ROOT

DEFAULT_EMAIL = "admin@anywhere.local"
WEB, PRACTICE = 1, 3  # distances of the internal ports from the public one


@dataclass(frozen=True)
class Options:
    """The settings of a run."""

    port: int
    host: str
    home: Path
    admin_email: str
    admin_password: str | None
    database_url: str | None
    redis_url: str | None

    @property
    def address(self) -> str:
        """Give the address to open in a browser."""
        return f"http://127.0.0.1:{self.port}"


def read_options(environment: Mapping[str, str] = os.environ) -> Options:
    """Give the run's settings, or CannotStart for one that cannot be."""
    text = environment.get("ANYWHERE_PORT") or "8000"
    if not text.isdigit() or not 1 <= int(text) <= 65535 - PRACTICE:
        raise CannotStart(f"ANYWHERE_PORT is {text!r}.", f"Give a number from 1 to {65535 - PRACTICE}.")
    password = environment.get("ANYWHERE_ADMIN_PASSWORD") or None
    if password is not None and len(password) < 10:
        raise CannotStart("ANYWHERE_ADMIN_PASSWORD is shorter than 10 characters.", "Give a longer one, or none.")
    home = Path(environment.get("ANYWHERE_HOME") or ".anywhere")
    return Options(
        port=int(text),
        host=environment.get("ANYWHERE_HOST") or "127.0.0.1",
        home=home if home.is_absolute() else ROOT / home,
        admin_email=environment.get("ANYWHERE_ADMIN_EMAIL") or DEFAULT_EMAIL,
        admin_password=password,
        database_url=environment.get("DATABASE_URL") or None,
        redis_url=environment.get("REDIS_URL") or None,
    )

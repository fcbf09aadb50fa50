"""The secrets of an installation, made once and kept in ANYWHERE_HOME/secrets.json."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from anywhere.launcher.places import Home

FILE = "secrets.json"


@dataclass(frozen=True)
class Keys:
    """What sessions, encrypted columns and the embedded servers are locked with."""

    secret_key: str
    field_keys: str
    database_password: str
    redis_password: str


def load_keys(home: Home) -> Keys:
    """Give the installation's secrets; those that are missing are made and kept."""
    kept = home.read_json(FILE)
    wanted: dict[str, Callable[[], str]] = {
        "secret_key": lambda: secrets.token_urlsafe(48),
        "field_keys": lambda: "k1:" + base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "database_password": lambda: secrets.token_urlsafe(24),
        "redis_password": lambda: secrets.token_urlsafe(24),
    }
    made = {name: make() for name, make in wanted.items() if not kept.get(name)}
    if made:
        kept |= made
        home.write_json(FILE, kept)
    return Keys(**{name: kept[name] for name in wanted})

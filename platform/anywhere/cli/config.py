"""Where the command keeps which server it talks to, and its token: one file that only its owner reads."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Config:
    """The server, the token and the organization in use; environment variables win over the file."""

    server: str = ""
    token: str = ""
    organization: str = ""


def path() -> Path:
    """Give the file: $ANYWHERE_CONFIG, else anywhere/config.json under the user's configuration folder."""
    if named := os.environ.get("ANYWHERE_CONFIG"):
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "anywhere" / "config.json"


def load() -> Config:
    """Give the configuration."""
    config = Config()
    try:
        stored = json.loads(path().read_text(encoding="utf-8"))
        config = Config(**{k: str(v) for k, v in stored.items() if k in asdict(config)})
    except (OSError, ValueError):
        pass
    config.server = os.environ.get("ANYWHERE_SERVER", config.server)
    config.token = os.environ.get("ANYWHERE_TOKEN", config.token)
    config.organization = os.environ.get("ANYWHERE_ORGANIZATION", config.organization)
    return config


def save(config: Config) -> Path:
    """Give the file the configuration was written to, mode 0600."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = file.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(asdict(config), out, indent=2)
    temporary.replace(file)
    return file

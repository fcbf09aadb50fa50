"""Where everything lies that a run keeps: ANYWHERE_HOME and the folders in it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Home:
    """ANYWHERE_HOME; folders are made private to their owner."""

    path: Path

    @classmethod
    def of(cls, path: Path) -> Home:
        """Give the home at this path, made when it is not there."""
        home = cls(path if path.is_absolute() else ROOT / path)
        for folder in (home.path, home.logs, home.run, home.path / "static"):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (home.logs, home.run):
            folder.chmod(0o700)
        return home

    @property
    def bin(self) -> Path:
        """Give the folder of bundled tools."""
        return self.path / "bin"

    @property
    def logs(self) -> Path:
        """Give the folder of the processes' logs."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """Give the folder of what lives as long as a run: locks, sockets, helm's private directories."""
        return self.path / "run"

    @property
    def postgres(self) -> Path:
        """Give the folder of the embedded PostgreSQL, when the account it runs as can reach it."""
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        """Give the folder of the embedded Valkey."""
        return self.path / "valkey"

    @property
    def admin_password(self) -> Path:
        """Give the file that keeps the first administrator's generated password."""
        return self.path / "admin-password"

    def read_json(self, name: str) -> dict[str, Any]:
        """Give the content of a state file, empty when there is none."""
        try:
            content = json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return content if isinstance(content, dict) else {}

    def write_json(self, name: str, content: dict[str, Any]) -> None:
        """Replace a state file, readable by its owner alone."""
        write_private(self.path / name, json.dumps(content, indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Replace a file in one move; mode 0600 from its first byte on."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)

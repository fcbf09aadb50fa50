"""The system account a database server runs as: our own, or `nobody` when we are root (PostgreSQL refuses root)."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Account:
    """A user and group to run as; `switch` tells whether it differs from ours."""

    uid: int
    gid: int
    switch: bool

    def popen_options(self) -> dict[str, Any]:
        """Give what subprocess needs to run as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, path: Path) -> None:
        """Hand a file or folder to this account."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        """Tell whether this account may pass through every folder above the path."""
        if not self.switch:
            return True
        return all(self._may_pass(folder) for folder in path.resolve().parents)

    def _may_pass(self, folder: Path) -> bool:
        try:
            seen = folder.stat()
        except OSError:
            return False
        if seen.st_uid == self.uid:
            return bool(seen.st_mode & stat.S_IXUSR)
        if seen.st_gid == self.gid:
            return bool(seen.st_mode & stat.S_IXGRP)
        return bool(seen.st_mode & stat.S_IXOTH)


def server_account(effective_uid: Callable[[], int] = os.geteuid) -> Account:
    """Give the account that database servers run as."""
    if effective_uid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid, switch=True)

"""What the practice clusters keep on disk: one SQLite file that outlives a killed process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS clusters (id TEXT PRIMARY KEY, facts TEXT NOT NULL, reserved INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS objects (cluster TEXT, kind TEXT, namespace TEXT, name TEXT, raw BLOB,
  PRIMARY KEY (cluster, kind, namespace, name)) WITHOUT ROWID;
"""


class Disk:
    """The file; every write is in the operating system's hands when its method returns."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.executescript(_SCHEMA)
        if path != ":memory:":
            Path(path).chmod(0o600)

    def clusters(self) -> list[tuple[str, dict[str, Any], int]]:
        """Id, facts and reserved resource version of every cluster."""
        rows = self._db.execute("SELECT id, facts, reserved FROM clusters ORDER BY rowid").fetchall()
        return [(one, json.loads(facts), reserved) for one, facts, reserved in rows]

    def save_cluster(self, cluster: str, facts: dict[str, Any], reserved: int) -> None:
        """Keep a cluster's facts and the resource version it may count up to."""
        self._db.execute(
            "INSERT INTO clusters VALUES (?,?,?) ON CONFLICT(id) DO UPDATE SET facts=excluded.facts, "
            "reserved=excluded.reserved",
            (cluster, json.dumps(facts), reserved),
        )

    def forget_cluster(self, cluster: str) -> None:
        """Remove a cluster and all it held."""
        with self.together():
            self._db.execute("DELETE FROM objects WHERE cluster=?", (cluster,))
            self._db.execute("DELETE FROM clusters WHERE id=?", (cluster,))

    def objects(self, cluster: str) -> Iterator[tuple[str, str, str, bytes]]:
        """Kind, namespace, name and JSON of every object of a cluster."""
        yield from self._db.execute("SELECT kind, namespace, name, raw FROM objects WHERE cluster=?", (cluster,))

    def save(self, cluster: str, kind: str, namespace: str, name: str, raw: bytes) -> None:
        """Keep one object."""
        self._db.execute("INSERT OR REPLACE INTO objects VALUES (?,?,?,?,?)", (cluster, kind, namespace, name, raw))

    def remove(self, cluster: str, kind: str, namespace: str, name: str) -> None:
        """Forget one object."""
        self._db.execute(
            "DELETE FROM objects WHERE cluster=? AND kind=? AND namespace=? AND name=?",
            (cluster, kind, namespace, name),
        )

    @contextmanager
    def together(self) -> Iterator[None]:
        """One transaction around many writes."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

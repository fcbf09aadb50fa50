"""The objects of one practice cluster: versioned, indexed, remembered for watches and kept on disk."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from anywhere.practice.disk import Disk
from anywhere.practice.kinds import Obj

HISTORY = 5000
RESERVE = 1000
_FIRST = ("apiVersion", "kind", "metadata")


class Entry:
    """One stored version of an object, as compact JSON with what is needed to find it."""

    __slots__ = ("_partial", "key", "labels", "name", "namespace", "owners", "raw", "terminating", "uid", "version")

    def __init__(self, key: str, obj: Obj, raw: bytes) -> None:
        meta = obj["metadata"]
        self.key, self.raw = key, raw
        self.namespace, self.name = meta.get("namespace", ""), meta["name"]
        self.uid, self.version = meta["uid"], int(meta["resourceVersion"])
        self.labels: dict[str, str] = meta.get("labels") or {}
        self.owners: tuple[str, ...] = tuple(o.get("uid", "") for o in meta.get("ownerReferences") or ())
        self.terminating = "deletionTimestamp" in meta
        self._partial: bytes | None = None

    def obj(self) -> Obj:
        """A fresh copy of the object."""
        return json.loads(self.raw)

    def bare(self) -> bytes:
        """The object without its apiVersion and kind, as lists of built-in kinds show it."""
        after = self.raw.find(b',"metadata":')
        head = self.raw[:after]
        known = head.startswith(b'{"apiVersion":"') and head.count(b'":') == len(_FIRST) - 1
        return b"{" + self.raw[after + 1 :] if known else self.raw

    def partial(self) -> bytes:
        """The object's PartialObjectMetadata as JSON."""
        if self._partial is None:
            meta = self.obj()["metadata"]
            self._partial = dumps({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta})
        return self._partial


class Change(NamedTuple):
    """One step of a table's history."""

    version: int
    type: str
    entry: Entry
    before: Entry | None


class Feed:
    """The recent history of one table, and who waits for more of it."""

    def __init__(self, floor: int) -> None:
        self.changes: deque[Change] = deque(maxlen=HISTORY)
        self.floor = floor
        self.waiters: set[asyncio.Future[None]] = set()

    def add(self, change: Change) -> None:
        """Append a change and wake those who wait."""
        if len(self.changes) == HISTORY:
            self.floor = self.changes[0].version
        self.changes.append(change)
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)
        self.waiters.clear()

    def since(self, version: int) -> list[Change] | None:
        """The changes after a version, or None when they are forgotten."""
        if version < self.floor:
            return None
        found: list[Change] = []
        for change in reversed(self.changes):
            if change.version <= version:
                break
            found.append(change)
        found.reverse()
        return found


def dumps(obj: Any) -> bytes:
    """Compact JSON."""
    return json.dumps(obj, separators=(",", ":"), ensure_ascii=False).encode()


Listener = Callable[[Change], None]


class Store:
    """All objects of one cluster."""

    def __init__(self, cluster: str, disk: Disk, facts: Obj, reserved: int = 0) -> None:
        self.cluster, self.disk, self.facts = cluster, disk, facts
        self.version = self.start = self._reserved = max(reserved, 100)
        self._tables: dict[str, dict[str, dict[str, Entry]]] = {}
        self._owned: dict[str, dict[tuple[str, str, str], Entry]] = {}
        self._uids: dict[str, Entry] = {}
        self._feeds: dict[str, Feed] = {}
        self.listeners: list[Listener] = []
        for key, _, _, raw in disk.objects(cluster):
            self._keep(Entry(key, json.loads(raw), bytes(raw)))
        self.save_facts()

    def save_facts(self) -> None:
        """Keep the cluster's facts on disk, and reserve resource versions."""
        self._reserved = self.version + RESERVE
        self.disk.save_cluster(self.cluster, self.facts, self._reserved)

    def next_version(self) -> int:
        """Count the cluster's resource version up."""
        self.version += 1
        if self.version >= self._reserved:
            self.save_facts()
        return self.version

    def feed(self, key: str) -> Feed:
        """The history of one table."""
        return self._feeds.setdefault(key, Feed(self.start))

    def get(self, key: str, namespace: str, name: str) -> Entry | None:
        """One object, or None."""
        return self._tables.get(key, {}).get(namespace, {}).get(name)

    def by_uid(self, uid: str) -> Entry | None:
        """The object with this uid, or None."""
        return self._uids.get(uid)

    def each(self, key: str, namespace: str | None = None) -> Iterator[Entry]:
        """The objects of a table in the order of their names; of all namespaces when none is given."""
        table = self._tables.get(key, {})
        for space in sorted(table) if namespace is None else [namespace]:
            rows = table.get(space, {})
            for name in sorted(rows):
                yield rows[name]

    def count(self, key: str, namespace: str | None = None) -> int:
        """How many objects a table holds."""
        table = self._tables.get(key, {})
        return sum(map(len, table.values())) if namespace is None else len(table.get(namespace, {}))

    def total(self) -> int:
        """How many objects there are."""
        return len(self._uids)

    def owned(self, uid: str, key: str | None = None) -> list[Entry]:
        """The objects that name this uid as an owner."""
        return [e for e in self._owned.get(uid, {}).values() if key is None or e.key == key]

    def keys(self) -> list[str]:
        """The names of the tables that were ever written."""
        return list(self._tables)

    def put(self, key: str, obj: Obj) -> Entry:
        """Store an object under a new resource version."""
        obj["metadata"]["resourceVersion"] = str(self.next_version())
        obj = {name: obj[name] for name in _FIRST if name in obj} | obj
        entry = Entry(key, obj, dumps(obj))
        before = self.get(key, entry.namespace, entry.name)
        self.disk.save(self.cluster, key, entry.namespace, entry.name, entry.raw)
        if before:
            self._drop(before)
        self._keep(entry)
        self._tell(Change(entry.version, "MODIFIED" if before else "ADDED", entry, before))
        return entry

    def remove(self, key: str, namespace: str, name: str) -> Entry | None:
        """Take an object away; returns its last state, or None when it was not there."""
        before = self.get(key, namespace, name)
        if before is None:
            return None
        self.disk.remove(self.cluster, key, namespace, name)
        self._drop(before)
        obj = before.obj()
        obj["metadata"]["resourceVersion"] = str(self.next_version())
        entry = Entry(key, obj, dumps(obj))
        self._tell(Change(entry.version, "DELETED", entry, before))
        return entry

    def _keep(self, entry: Entry) -> None:
        self._tables.setdefault(entry.key, {}).setdefault(entry.namespace, {})[entry.name] = entry
        self._uids[entry.uid] = entry
        for uid in entry.owners:
            self._owned.setdefault(uid, {})[entry.key, entry.namespace, entry.name] = entry

    def _drop(self, entry: Entry) -> None:
        self._tables[entry.key][entry.namespace].pop(entry.name, None)
        self._uids.pop(entry.uid, None)
        for uid in entry.owners:
            rows = self._owned.get(uid, {})
            rows.pop((entry.key, entry.namespace, entry.name), None)
            if not rows:
                self._owned.pop(uid, None)

    def _tell(self, change: Change) -> None:
        self.feed(change.entry.key).add(change)
        for listener in self.listeners:
            listener(change)

"""Lists and watches: pages of what is, and streams of what changes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.selectors import entry_test
from anywhere.practice.status import ApiError, bad_request, expired
from anywhere.practice.store import Change, Entry, dumps

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

BOOKMARK_SECONDS = 30.0
PARTIAL_LIST = "as=PartialObjectMetadataList"
PARTIAL = "as=PartialObjectMetadata"


@dataclass(frozen=True)
class Query:
    """What a list or watch asks for."""

    resource: Resource
    namespace: str | None
    labels: str = ""
    fields: str = ""
    partial: bool = False
    limit: int = 0
    token: str = ""
    version: str = ""
    timeout: float = 0
    bookmarks: bool = False
    initial: bool = False

    def test(self) -> Callable[[Entry], bool] | None:
        """A test of stored objects, or None when all match."""
        return entry_test(self.labels, self.fields)

    def body(self, entry: Entry) -> bytes:
        """How an object is shown in a watch."""
        return entry.partial() if self.partial else entry.raw

    def item(self, entry: Entry) -> bytes:
        """How an object is shown in a list: built-in kinds leave out what the list itself says."""
        return self.body(entry) if self.partial or self.resource.custom else entry.bare()


def listing(cluster: Cluster, query: Query) -> bytes:
    """The list document of one page."""
    test, start = query.test(), _start(query.token)
    if query.version.isdigit() and int(query.version) > cluster.store.version:
        raise ApiError(
            504,
            "Timeout",
            f"Too large resource version: {query.version}, current: {cluster.store.version}",
            {
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1,
            },
        )
    found = [
        e
        for e in cluster.store.each(query.resource.key, query.namespace)
        if (start is None or (e.namespace, e.name) > start) and (test is None or test(e))
    ]
    meta: Obj = {"resourceVersion": str(cluster.store.version)}
    if query.limit and len(found) > query.limit:
        last = found[query.limit - 1]
        meta["continue"] = base64.urlsafe_b64encode(
            json.dumps({"v": "practice", "rv": cluster.store.version, "start": [last.namespace, last.name]}).encode()
        ).decode()
        if test is None:
            meta["remainingItemCount"] = len(found) - query.limit
        found = found[: query.limit]
    kind, version = (
        (query.resource.kind + "List", query.resource.group_version)
        if not query.partial
        else ("PartialObjectMetadataList", "meta.k8s.io/v1")
    )
    head = dumps({"kind": kind, "apiVersion": version, "metadata": meta})
    return head[:-1] + b',"items":[' + b",".join(map(query.item, found)) + b"]}"


def _start(token: str) -> tuple[str, str] | None:
    if not token:
        return None
    try:
        space, name = json.loads(base64.urlsafe_b64decode(token))["start"]
        return space, name
    except (ValueError, KeyError, TypeError) as exc:
        raise bad_request("continue key is not valid") from exc


def _line(kind: str, body: bytes) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + body + b"}\n"


def _bookmark(query: Query, version: int, end_of_initial: bool = False) -> bytes:
    meta: Obj = {"resourceVersion": str(version), "creationTimestamp": None}
    if end_of_initial:
        meta["annotations"] = {"k8s.io/initial-events-end": "true"}
    kind, api = (
        (query.resource.kind, query.resource.group_version)
        if not query.partial
        else ("PartialObjectMetadata", "meta.k8s.io/v1")
    )
    return _line("BOOKMARK", dumps({"kind": kind, "apiVersion": api, "metadata": meta}))


def _event(query: Query, change: Change, test: Callable[[Entry], bool] | None) -> bytes | None:
    if query.namespace is not None and change.entry.namespace != query.namespace:
        return None
    if test is None:
        return _line(change.type, query.body(change.entry))
    was = change.before is not None and test(change.before)
    now = change.type != "DELETED" and test(change.entry)
    if was and now:
        return _line("MODIFIED", query.body(change.entry))
    if now:
        return _line("ADDED", query.body(change.entry))
    return _line("DELETED", query.body(change.entry)) if was else None


async def stream(cluster: Cluster, query: Query) -> AsyncIterator[bytes]:
    """The lines of a watch until its time is over or its version is forgotten."""
    test, feed = query.test(), cluster.store.feed(query.resource.key)
    ends = time.monotonic() + (query.timeout or 1800 + hash(query.resource.key) % 1800)
    if cut := cluster.settings.watch_cut_seconds:
        ends = min(ends, time.monotonic() + cut)
    version = int(query.version) if query.version.isdigit() else 0
    if query.initial or not version:
        lines = [
            _line("ADDED", query.body(e))
            for e in cluster.store.each(query.resource.key, query.namespace)
            if test is None or test(e)
        ]
        version = cluster.store.version
        if query.initial and query.bookmarks:
            lines.append(_bookmark(query, version, end_of_initial=True))
        yield b"".join(lines)
    marked = time.monotonic()
    while (now := time.monotonic()) < ends:
        changes = feed.since(version)
        if changes is None:
            yield _line("ERROR", dumps(expired(version, feed.floor).body()))
            return
        if changes:
            version = changes[-1].version
            if lines := [line for change in changes if (line := _event(query, change, test))]:
                yield b"".join(lines)
            continue
        if query.bookmarks and now - marked >= BOOKMARK_SECONDS:
            marked, version = now, max(version, cluster.store.version)
            yield _bookmark(query, version)
        await _more(feed.waiters, min(ends, marked + BOOKMARK_SECONDS) - now)


async def _more(waiters: set[asyncio.Future[None]], seconds: float) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiters.add(future)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(future, max(seconds, 0.01))
    waiters.discard(future)

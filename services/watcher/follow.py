"""Following one kind of one cluster for ever: everything once, then every change, whatever the server does."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from anywhere.gateways.errors import Forbidden, GatewayError, Invalid, NotFound, Unauthorized
from anywhere.gateways.stream import ClusterStream
from services.watcher.trim import TRIM, Kept

logger = logging.getLogger(__name__)

PAGE = 500
WATCH_SECONDS = 290
QUIET_SECONDS = 150.0
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
LONGEST_BLIND_WAIT = 300.0
_LIST = "application/json"
_PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
_PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
INITIAL_END = "k8s.io/initial-events-end"


@dataclass(frozen=True)
class Source:
    """Where the objects of a kind are read. `partial`: metadata only."""

    kind: str
    root: str
    plural: str
    query: Mapping[str, str] = field(default_factory=dict)
    partial: bool = False

    def path(self, namespace: str) -> str:
        """Give the URL path for the whole cluster, or one namespace of it."""
        return f"{self.root}/namespaces/{namespace}/{self.plural}" if namespace else f"{self.root}/{self.plural}"


RELEASES = {"labelSelector": "owner=helm,status!=superseded"}
SOURCES = (
    Source("Release", "/api/v1", "secrets", RELEASES, partial=True),
    Source("Deployment", "/apis/apps/v1", "deployments"),
    Source("StatefulSet", "/apis/apps/v1", "statefulsets"),
    Source("DaemonSet", "/apis/apps/v1", "daemonsets"),
    Source("Job", "/apis/batch/v1", "jobs"),
    Source("Pod", "/api/v1", "pods"),
    Source("PersistentVolumeClaim", "/api/v1", "persistentvolumeclaims"),
    Source("Service", "/api/v1", "services"),
    Source("Ingress", "/apis/networking.k8s.io/v1", "ingresses"),
    Source("Event", "/api/v1", "events"),
)


class Sink(Protocol):
    """Who takes what is followed."""

    def cares(self, kind: str, namespace: str) -> bool:
        """Give whether objects of a kind in a namespace are wanted."""
        ...

    def seen(self, kind: str, obj: Kept) -> None:
        """Take an object that is there."""
        ...

    def gone(self, kind: str, namespace: str, name: str) -> None:
        """Take that an object is not there any more."""
        ...

    def complete(self, kind: str, names: set[tuple[str, str]], namespace: str = "") -> None:
        """Take that these are all of a kind (in a namespace, if one is named)."""
        ...

    def blinded(self, kind: str) -> None:
        """Take that the credential may not see a kind."""
        ...


class Follower:
    """Follows one source: list and watch, or one streaming list where the server knows it."""

    def __init__(self, stream: ClusterStream, source: Source, sink: Sink, namespace: str = "") -> None:
        self.stream = stream
        self.source = source
        self.sink = sink
        self.namespace = namespace
        self.version = ""
        self.streams_lists = True
        self._names: set[tuple[str, str]] | None = None

    async def run(self) -> None:
        """Follow until cancelled; errors are waited out, with jitter.

        A refusal may last for ever, or for seconds: an API server that has just started refuses everybody until it has
        read its roles. So it is asked again soon, then more and more rarely.
        """
        wait = blind_wait = FIRST_WAIT
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await self._once()
                lasted = asyncio.get_running_loop().time() - started
                blind_wait = FIRST_WAIT
                wait = FIRST_WAIT if lasted > 5 else min(wait * 2, LONGEST_WAIT)
            except (Forbidden, NotFound):
                self.version = ""
                self.sink.blinded(self.source.kind)
                await asyncio.sleep(blind_wait * random.uniform(0.8, 1.2))
                blind_wait = min(blind_wait * 2, LONGEST_BLIND_WAIT)
                continue
            except Unauthorized:
                raise
            except GatewayError as error:
                if error.code == "cluster.gone" or isinstance(error, Invalid):
                    self.version = ""
                logger.info(
                    "watcher.watch_ended", extra={"kind": self.source.kind, "code": error.code, "detail": error.detail}
                )
                wait = FIRST_WAIT if error.code == "cluster.gone" else min(wait * 2, LONGEST_WAIT)
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))

    async def _once(self) -> None:
        if self.version:
            await self._watch({"resourceVersion": self.version})
        elif self.streams_lists:
            try:
                await self._watch(
                    {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "resourceVersion": ""},
                    initial=True,
                )
            except Invalid:
                self.streams_lists = False
                await self._once()
        else:
            await self._list()
            await self._watch({"resourceVersion": self.version})

    async def _watch(self, query: Mapping[str, str], *, initial: bool = False) -> None:
        self._names = set() if initial else None
        seconds = {"timeoutSeconds": str(WATCH_SECONDS + random.randint(0, 60)), "allowWatchBookmarks": "true"}
        accept = _PARTIAL if self.source.partial else _LIST
        path = self.source.path(self.namespace)
        events = self.stream.watch(
            path, {**self.source.query, **seconds, **query}, accept=accept, quiet_seconds=QUIET_SECONDS
        )
        async for kind, obj in events:
            self._take(kind, obj)

    def _take(self, kind: str, obj: dict[str, Any]) -> None:
        meta = obj.get("metadata") or {}
        version = str(meta.get("resourceVersion") or "")
        if kind == "BOOKMARK":
            if self._names is not None and (meta.get("annotations") or {}).get(INITIAL_END) == "true":
                self.sink.complete(self.source.kind, self._names, self.namespace)
                self._names = None
            if self._names is None:
                self.version = version or self.version
            return
        place = (str(meta.get("namespace") or ""), str(meta.get("name") or ""))
        if self._names is not None and kind == "ADDED":
            if self.sink.cares(self.source.kind, place[0]):
                self._names.add(place)
        else:
            self.version = version or self.version
        self._hand_over(kind, obj, place)

    def _hand_over(self, kind: str, obj: dict[str, Any], place: tuple[str, str]) -> None:
        if not self.sink.cares(self.source.kind, place[0]):
            return
        if kind == "DELETED":
            self.sink.gone(self.source.kind, *place)
        elif kind in ("ADDED", "MODIFIED"):
            self.sink.seen(self.source.kind, TRIM[self.source.kind](obj))

    async def _list(self) -> None:
        self.version = await read_all(self.stream, self.source, self.sink, self.namespace)


async def read_all(stream: ClusterStream, source: Source, sink: Sink, namespace: str) -> str:
    """Give the version of a list that was handed over page by page, whole."""
    names: set[tuple[str, str]] = set()
    token = version = ""
    while True:
        query = {**source.query, "limit": str(PAGE)} | ({"continue": token} if token else {})
        accept = _PARTIAL_LIST if source.partial else _LIST
        page = await stream.get(source.path(namespace), query, accept=accept, seconds=60.0)
        meta = page.get("metadata") or {}
        version = version or str(meta.get("resourceVersion") or "")
        for item in page.get("items") or []:
            place = (str(item["metadata"].get("namespace") or ""), str(item["metadata"].get("name") or ""))
            if sink.cares(source.kind, place[0]):
                names.add(place)
                sink.seen(source.kind, TRIM[source.kind](item))
        token = meta.get("continue") or ""
        await asyncio.sleep(0)
        if not token:
            sink.complete(source.kind, names, namespace)
            return version

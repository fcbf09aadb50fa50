"""Watching one cluster: is it there, what changed, what does that mean for its services."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from anywhere.gateways import helm_storage
from anywhere.gateways.connect import ClusterAccess
from anywhere.gateways.errors import (
    BadResponse,
    Forbidden,
    GatewayError,
    NotFound,
    TlsFailed,
    Unauthorized,
    Unreachable,
)
from anywhere.gateways.stream import ClusterStream
from services.rules.health import UNKNOWN, Health
from services.watcher.follow import SOURCES, Follower, read_all
from services.watcher.holdings import KINDS, Holdings, Manifest, Reference, Wanted
from services.watcher.judge import Finding, Shown, compare, judge
from services.watcher.pace import USUAL, Pace
from services.watcher.trim import Kept
from services.watcher.writer import Heard, Reach

logger = logging.getLogger(__name__)

FETCHES = 4


class Out(Protocol):
    """Where a cluster's news go."""

    def found(self, finding: Finding, manifest: Manifest | None, digest: str) -> None:
        """Take what changed of a service."""
        ...

    def heard(self, heard: Heard) -> None:
        """Take an event about a service."""
        ...

    def reached(self, reach: Reach) -> None:
        """Take whether the cluster can be reached."""
        ...


class ClusterWatch:
    """All that is done for one cluster. It has its own tasks, connections and waits, so it delays no other."""

    def __init__(
        self,
        cluster: UUID,
        access: ClusterAccess,
        out: Out,
        *,
        namespace: str = "",
        seen: tuple[bool | None, datetime | None] = (None, None),
        pace: Pace = USUAL,
    ) -> None:
        self.cluster = cluster
        self.access = access
        self.out = out
        self.namespace = namespace
        self.zones: Mapping[str, str] = {}
        self.holdings = Holdings()
        self.shown: dict[UUID, Shown] = {}
        self.blind: set[str] = set()
        self.synced: set[str] = set()
        self.reachable = seen[0]
        self.pace = pace
        self.since = seen[1] or datetime.now(UTC)
        self.stream: ClusterStream | None = None
        self.changed = asyncio.Event()
        self._late: set[str] = set()  # namespaces to read, as they became ours while everything is being followed
        self._fetching: dict[UUID, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(FETCHES)
        self.judged = 0

    # what is to be watched

    def want(self, services: Mapping[UUID, tuple[Wanted, Shown]]) -> None:
        """Return when these are the services of this cluster; what is known of the others is dropped."""
        new = self.holdings.want([wanted for wanted, _ in services.values()])
        for service, (_, shown) in services.items():
            self.shown.setdefault(service, shown)
        for gone in set(self.shown) - set(services):
            del self.shown[gone]
        self._late |= new
        self.changed.set()

    def recall(self, known: Mapping[UUID, tuple[Manifest, str]]) -> None:
        """Return when what was remembered of services is taken up; the cluster's versions decide if it still holds."""
        for service, (manifest, digest) in known.items():
            if service in self.shown and service not in self.holdings.manifests:
                self.holdings.set_manifest(service, manifest)
                self.shown[service].digest = digest

    # life

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                async with ClusterStream(self.access) as stream:
                    await self._probe(stream)
                    await self._serve(stream)
            except GatewayError as error:
                self._lost(error)
            except ExceptionGroup as group:
                self._lost(_first(group))
            await asyncio.sleep(self.pace.reconnect * random.uniform(0.7, 1.3))

    async def _serve(self, stream: ClusterStream) -> None:
        self.stream = stream
        self.synced.clear()
        self.blind.clear()
        self._late.clear()
        try:
            async with asyncio.TaskGroup() as tasks:
                for source in SOURCES:
                    tasks.create_task(Follower(stream, source, self, self.namespace).run())
                tasks.create_task(self._keep_probing(stream))
                tasks.create_task(self._keep_judging())
        finally:
            self.stream = None
            for task in self._fetching.values():
                task.cancel()
            self._fetching.clear()

    async def _probe(self, stream: ClusterStream) -> None:
        """Return when the server answers and knows the credential; one more look before it counts as away."""
        try:
            await stream.get("/api", seconds=self.pace.patience)
        except Forbidden:
            pass
        except GatewayError:
            await asyncio.sleep(self.pace.second_look)
            await stream.get("/api", seconds=self.pace.patience)
        self._found()

    async def _keep_probing(self, stream: ClusterStream) -> None:
        while True:
            await asyncio.sleep(self.pace.probe * random.uniform(0.9, 1.1))
            await self._probe(stream)

    def _found(self) -> None:
        now = datetime.now(UTC)
        if self.reachable is not True:
            self.reachable, self.since = True, now
            self.holdings.dirty |= set(self.holdings.wanted)
            self.changed.set()
        self.out.reached(Reach(self.cluster, True, self.since, now))

    def _lost(self, error: GatewayError) -> None:
        now = datetime.now(UTC)
        if self.reachable is not False:
            self.reachable, self.since = False, now
        self.out.reached(Reach(self.cluster, False, self.since, now, error.code, error.detail))
        known = error if isinstance(error, Unauthorized | TlsFailed) else Unreachable(error.detail)
        since = f"{self.since:%H:%M} UTC on {self.since.day} {self.since:%B}"
        health = Health(UNKNOWN, known.code, f"{known.title}, since {since}. {known.detail}")
        for service, shown in self.shown.items():
            if (shown.verdict, shown.code) == (health.verdict, health.code):
                continue
            finding = compare(service, shown, health, None, now)
            if finding is not None:
                self.out.found(finding, self.holdings.manifests.get(service), shown.digest)

    # what followers hand over

    def cares(self, kind: str, namespace: str) -> bool:
        """Give whether a namespace is one of ours."""
        return namespace in self.holdings.namespaces

    def seen(self, kind: str, obj: Kept) -> None:
        """Take an object."""
        service = self.holdings.put(kind, obj)
        if service is None:
            return
        self.changed.set()
        if kind == "Event":
            self.out.heard(Heard(service, obj))

    def gone(self, kind: str, namespace: str, name: str) -> None:
        """Take that an object is gone."""
        if self.holdings.remove((kind, namespace, name)) is not None:
            self.changed.set()

    def complete(self, kind: str, names: set[tuple[str, str]], namespace: str = "") -> None:
        """Take that these are all: what is known beyond them is gone."""
        for key in [k for k in self.holdings.objects if k[0] == kind and (not namespace or k[1] == namespace)]:
            if key[1:] not in names:
                self.gone(*key)
        if not namespace or namespace == self.namespace:
            self.synced.add(kind)
        self.blind.discard(kind)
        self.changed.set()

    def blinded(self, kind: str) -> None:
        """Take that a kind cannot be seen."""
        self.blind.add(kind)
        self.synced.add(kind)
        self.changed.set()

    # judging

    @property
    def is_synced(self) -> bool:
        """Give whether everything has been read once on this connection."""
        return self.synced >= set(KINDS)

    async def _keep_judging(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self.changed.wait(), self.pace.restless)
                await asyncio.sleep(self.pace.calm)
            except TimeoutError:
                self.holdings.dirty |= {
                    service for service, shown in self.shown.items() if shown.verdict not in ("healthy", "suspended")
                }
                self.holdings.drop_old_events(datetime.now(UTC))
            self.changed.clear()
            if self.is_synced:
                if self._late:
                    await self._read_late()
                await self._judge_all()

    async def _read_late(self) -> None:
        """Read what was in a namespace before it became ours."""
        assert self.stream is not None
        late, self._late = self._late, set()
        for namespace in sorted(late):
            for source in SOURCES:
                try:
                    await read_all(self.stream, source, self, namespace)
                except (Forbidden, NotFound):
                    continue

    async def _judge_all(self) -> None:
        dirty, self.holdings.dirty = self.holdings.dirty, set()
        now = datetime.now(UTC)
        blind = frozenset(self.blind)
        for count, service in enumerate(dirty):
            shown = self.shown.get(service)
            if shown is None or service not in self.holdings.wanted:
                continue
            if self._needs_manifest(service):
                self._fetch(service)
                continue
            self.judged += 1
            finding = judge(self.holdings, service, shown, now, self.zones, blind)
            if finding is not None:
                self.out.found(finding, self.holdings.manifests.get(service), shown.digest)
            if count % 50 == 49:
                await asyncio.sleep(0)

    # releases

    def _needs_manifest(self, service: UUID) -> bool:
        newest = self.holdings.newest(service)
        if newest is None:
            return False
        known = self.holdings.manifests.get(service)
        return known is None or (known.revision, known.resource_version) != (newest[0], newest[2])

    def _fetch(self, service: UUID) -> None:
        if service not in self._fetching:
            self._fetching[service] = asyncio.create_task(self._fetch_one(service))

    async def _fetch_one(self, service: UUID) -> None:
        wanted = self.holdings.wanted[service]
        newest = self.holdings.newest(service)
        try:
            if newest is None or self.stream is None:
                return
            async with self._slots:
                name = helm_storage.secret_name(wanted.name, newest[0])
                secret = await self.stream.get(f"/api/v1/namespaces/{wanted.namespace}/secrets/{name}")
            version = str((secret.get("metadata") or {}).get("resourceVersion") or "")
            references = _references(helm_storage.manifest_of(helm_storage.decode(secret)), wanted.namespace)
            self.holdings.set_manifest(service, Manifest(newest[0], version, references))
        except GatewayError as error:
            logger.info("watcher.release_unread", extra={"service": str(service), "code": error.code})
            await asyncio.sleep(self.pace.reconnect)
            self.holdings.dirty.add(service)
        finally:
            self._fetching.pop(service, None)
            self.changed.set()


def _first(group: ExceptionGroup) -> GatewayError:
    """Give the error that ended the tasks; what was thrown by an object of an odd shape is a bad answer."""
    matching, rest = group.split(GatewayError)
    if rest is not None:
        odd, unknown = rest.split((TypeError, AttributeError, KeyError, ValueError, IndexError))
        if unknown is not None:
            raise unknown
        logger.error("watcher.odd_answer", exc_info=odd)
        return BadResponse("The portal cannot read what the cluster says.")
    error: BaseException | None = matching
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, GatewayError)
    return error


def _references(objects: list[dict[str, Any]], namespace: str) -> tuple[Reference, ...]:
    found = []
    for obj in objects:
        meta = obj.get("metadata") or {}
        place = str(meta.get("namespace") or namespace)
        found.append(Reference(str(obj.get("apiVersion")), str(obj.get("kind")), place, str(meta.get("name"))))
    return tuple(found)

"""The process: which clusters are watched, and where their news are written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connections

from anywhere.lib.errors import AppError
from services.watcher import records, writer
from services.watcher.cluster import ClusterWatch
from services.watcher.holdings import Manifest
from services.watcher.judge import Finding
from services.watcher.memory import Memory
from services.watcher.pace import USUAL, Pace
from services.watcher.records import Target
from services.watcher.writer import Heard, Reach

logger = logging.getLogger(__name__)
T = TypeVar("T")

BATCH = 500
REACH_SECONDS = 20.0  # an unchanged reachability is written this often


class Watcher:
    """Watches every registered cluster. Database work runs on one thread of its own, never on the loop."""

    def __init__(self, memory: Memory | None = None, pace: Pace = USUAL) -> None:
        self.pace = pace
        self.memory = memory or Memory()
        self.database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self.watches: dict[UUID, ClusterWatch] = {}
        self.tasks: dict[UUID, asyncio.Task[None]] = {}
        self.stamps: dict[UUID, str] = {}
        self._services = ""
        self._findings: dict[UUID, Finding] = {}
        self._memories: dict[UUID, tuple[Manifest, str]] = {}
        self._heard: list[Heard] = []
        self._reach: dict[UUID, Reach] = {}
        self._told: dict[UUID, Reach] = {}
        self._touched = self._alive = self._tidied = 0.0

    async def _db(self, call: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.database, call, *args)

    # news of clusters

    def found(self, finding: Finding, manifest: Manifest | None, digest: str) -> None:
        """Take what changed of a service; a newer finding joins the one that waits."""
        waiting = self._findings.get(finding.service)
        if waiting is not None:
            finding.verdict_changed = finding.verdict_changed or waiting.verdict_changed
            if finding.objects is None:
                finding.objects = waiting.objects
        self._findings[finding.service] = finding
        if manifest is not None:
            self._memories[finding.service] = (manifest, digest)

    def heard(self, heard: Heard) -> None:
        """Take an event about a service."""
        self._heard.append(heard)

    def reached(self, reach: Reach) -> None:
        """Take whether a cluster can be reached; an unchanged answer is written only now and then."""
        told = self._told.get(reach.cluster)
        same = told is not None and (told.reachable, told.code) == (reach.reachable, reach.code)
        if same and told is not None and (reach.at - told.at).total_seconds() < REACH_SECONDS:
            return
        self._told[reach.cluster] = self._reach[reach.cluster] = reach

    # life

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_looking())
                tasks.create_task(self._keep_writing())
        finally:
            for task in self.tasks.values():
                task.cancel()
            await asyncio.gather(*self.tasks.values(), return_exceptions=True)
            await self._write()
            await self._db(connections.close_all)
            self.database.shutdown(wait=True)

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self.look()
            except DatabaseError as error:
                logger.warning("watcher.database_away", extra={"error": type(error).__name__})
            await asyncio.sleep(self.pace.look)

    async def look(self) -> None:
        """Return when the clusters and services that the database names are the ones that are watched."""
        targets = {target.id: target for target in await self._db(records.targets)}
        for gone in (set(self.tasks) | set(self.watches)) - set(targets):
            await self._stop(gone)
        new = [t for t in targets.values() if self.stamps.get(t.id) != t.stamp or not self._is_running(t.id)]
        for target in new:
            await self._prepare(target)
        for id_, watch in self.watches.items():
            if id_ in targets:
                watch.zones = targets[id_].zones
        stamp = await self._db(records.stamp_of_services)
        if stamp != self._services or new:
            await self._assign()
            self._services = stamp
        for id_, watch in self.watches.items():
            if id_ not in self.tasks:
                self.tasks[id_] = asyncio.create_task(watch.run(), name=f"cluster {id_}")
                self.tasks[id_].add_done_callback(_tell_of_crash)

    def _is_running(self, cluster: UUID) -> bool:
        return cluster in self.tasks and not self.tasks[cluster].done()

    async def _prepare(self, target: Target) -> None:
        await self._stop(target.id)
        access = await self._db(records.access_for, target.id)
        self.stamps[target.id] = target.stamp
        if isinstance(access, AppError):
            logger.warning("watcher.no_access", extra={"cluster": str(target.id), "code": access.code})
            self.tasks[target.id] = asyncio.create_task(asyncio.sleep(60))
            return
        seen = (target.reachable, target.reachable_since)
        watch = ClusterWatch(target.id, access, self, namespace=target.namespace, seen=seen, pace=self.pace)
        self.watches[target.id] = watch

    async def _stop(self, cluster: UUID) -> None:
        task = self.tasks.pop(cluster, None)
        self.watches.pop(cluster, None)
        self.stamps.pop(cluster, None)
        self._told.pop(cluster, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _assign(self) -> None:
        found = await self._db(records.services_by_cluster, list(self.watches))
        for cluster, rows in found.items():
            watch = self.watches.get(cluster)
            if watch is None:
                continue
            fresh = [wanted.id for wanted, _ in rows if wanted.id not in watch.shown]
            watch.want({wanted.id: (wanted, shown) for wanted, shown in rows})
            if fresh:
                known = await asyncio.get_running_loop().run_in_executor(self.database, self.memory.recall, fresh)
                watch.recall(known)

    # writing

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(self.pace.write)
            try:
                await self._write()
                await self._chores()
            except DatabaseError as error:
                logger.warning("watcher.not_written", extra={"error": type(error).__name__})
                await asyncio.sleep(self.pace.look)

    async def _write(self) -> None:
        """Write what waits; what could not be written waits on."""
        if self._reach:
            reach = list(self._reach.values())
            await self._db(writer.write, reach, writer.write_reach)
            self._reach = {id_: one for id_, one in self._reach.items() if one not in reach}
        while self._findings:
            some = list(self._findings.values())[:BATCH]
            await self._db(writer.write, some, writer.write_findings)
            for one in some:
                if self._findings.get(one.service) is one:
                    del self._findings[one.service]
            await self._db(self._after, some)
        while self._heard:
            heard = self._heard[:BATCH]
            await self._db(writer.write, heard, writer.write_heard)
            del self._heard[: len(heard)]

    def _after(self, findings: list[Finding]) -> None:
        self.memory.publish({f.service: {"health": _health(f)} for f in findings})
        entries = {f.service: self._memories.pop(f.service) for f in findings if f.service in self._memories}
        self.memory.remember(entries)

    async def _chores(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._alive > self.pace.alive:
            self._alive = now
            await self._db(writer.tell_alive)
        if now - self._touched > self.pace.touch:
            self._touched = now
            well = [id_ for id_, watch in self.watches.items() if watch.reachable and watch.is_synced]
            await self._db(writer.touch, well, datetime.now(UTC))
        if now - self._tidied > self.pace.tidy:
            self._tidied = now
            await self._db(writer.drop_old)


def _health(finding: Finding) -> dict[str, Any]:
    return {
        "verdict": finding.verdict,
        "code": finding.code,
        "reason": finding.reason,
        "since": finding.since,
        "observed_at": finding.at,
        "stale": False,
    }


def _tell_of_crash(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("watcher.cluster_crashed", exc_info=task.exception())

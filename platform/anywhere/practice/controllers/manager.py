"""The queue of one cluster: who must look again, and when."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING

from anywhere.practice import events
from anywhere.practice.controllers import (
    daemonset,
    deployment,
    garbage,
    job,
    namespace,
    network,
    pod,
    replicaset,
    scaling,
    statefulset,
    volumes,
)
from anywhere.practice.controllers.capacity import Capacity
from anywhere.practice.controllers.interests import Interests, Key
from anywhere.practice.status import ApiError
from anywhere.practice.store import Change, Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

logger = logging.getLogger(__name__)
SLICE_SECONDS = 0.01
SWEEP_SECONDS = 60.0
RECONCILERS = {
    "deployments.apps": deployment.reconcile,
    "replicasets.apps": replicaset.reconcile,
    "statefulsets.apps": statefulset.reconcile,
    "daemonsets.apps": daemonset.reconcile,
    "jobs.batch": job.reconcile,
    "cronjobs.batch": job.reconcile_cron,
    "pods": pod.reconcile,
    "persistentvolumeclaims": volumes.reconcile_claim,
    "persistentvolumes": volumes.reconcile_volume,
    "services": network.reconcile_service,
    "ingresses.networking.k8s.io": network.reconcile_ingress,
    "namespaces": namespace.reconcile,
    "resourcequotas": namespace.reconcile_quota,
    "poddisruptionbudgets.policy": scaling.reconcile_budget,
    "horizontalpodautoscalers.autoscaling": scaling.reconcile_autoscaler,
    "customresourcedefinitions.apiextensions.k8s.io": namespace.reconcile_definition,
}
MOMENTS = ("bound", "stopping", "started", "attempt", "crash", "retry")
UNBLOCKING = {"pods", "persistentvolumeclaims", "nodes", "storageclasses.storage.k8s.io"}


class Manager:
    """Runs the reconcilers of one cluster, each key once at a time."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.capacity = Capacity(cluster.store)
        self.moments: dict[tuple[str, str], float] = {}
        self.waiting: set[Key] = set()
        self._dirty: dict[Key, None] = {}
        self._gone: list[Entry] = []
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._interests = Interests(cluster.store)
        self.quiet = False
        cluster.store.listeners.append(self._follow)

    def start(self) -> None:
        """Begin to work, with a look at everything there is."""
        self.look_again()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Work no more."""
        if self._task:
            self._task.cancel()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def look_again(self) -> None:
        """Put everything there is into the queue."""
        for key in RECONCILERS:
            for entry in self.cluster.store.each(key):
                self.mark((key, entry.namespace, entry.name))

    def mark(self, key: Key) -> None:
        """Put one object into the queue."""
        self._dirty[key] = None
        self._wake.set()

    def again(self, entry: Entry, seconds: float) -> None:
        """Look at an object again after some seconds (the earlier of two wishes counts)."""
        key = (entry.key, entry.namespace, entry.name)
        loop = asyncio.get_running_loop()
        due = loop.time() + max(seconds, 0.0)
        if have := self._timers.get(key):
            if have.when() <= due:
                return
            have.cancel()
        self._timers[key] = loop.call_at(due, self._due, key)

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.mark(key)

    def moment(self, uid: str, what: str, otherwise: float | None = None) -> float:
        """When something first happened to an object, to the fraction of a second; now when it is new."""
        return self.moments.setdefault((uid, what), time.time() if otherwise is None else otherwise)

    def now(self) -> float:
        """This moment."""
        return time.time()

    def forget(self, uid: str, what: str) -> None:
        """Let a moment count from the next time on."""
        self.moments.pop((uid, what), None)

    def _follow(self, change: Change) -> None:
        if self.quiet:
            return
        entry = change.entry
        if entry.key in RECONCILERS or entry.terminating:
            self.mark((entry.key, entry.namespace, entry.name))
        for uid in entry.owners:
            owner = self.cluster.store.by_uid(uid)
            if owner and (owner.key in RECONCILERS or owner.terminating):
                self.mark((owner.key, owner.namespace, owner.name))
        if change.type == "DELETED":
            self._gone.append(entry)
            for what in MOMENTS:
                self.forget(entry.uid, what)
        for key in self._interests.of(change):
            self.mark(key)
        if entry.key in UNBLOCKING and (entry.key != "pods" or change.type == "DELETED"):
            self._dirty.update(dict.fromkeys(self.waiting))

    async def _run(self) -> None:
        swept = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP_SECONDS)
            self._wake.clear()
            if time.monotonic() - swept > SWEEP_SECONDS:
                swept = time.monotonic()
                events.sweep(self.cluster)
            began = time.perf_counter()
            while self._dirty or self._gone:
                self._one()
                if time.perf_counter() - began > SLICE_SECONDS:
                    await asyncio.sleep(0)
                    began = time.perf_counter()

    def _one(self) -> None:
        if self._gone:
            garbage.collect(self.cluster, self._gone.pop(0))
            return
        key = next(iter(self._dirty))
        del self._dirty[key]
        self.waiting.discard(key)
        entry = self.cluster.store.get(*key)
        if entry is None:
            return
        try:
            if entry.terminating and garbage.finish(self.cluster, entry):
                return
            if entry.key in RECONCILERS:
                RECONCILERS[entry.key](self.cluster, entry)
        except ApiError as refusal:
            logger.info("practice.reconcile_refused", extra={"key": key, "reason": refusal.message})
            self.again(entry, 1.0)
        except Exception:
            logger.exception("practice.reconcile_failed", extra={"key": key})
            self.again(entry, 5.0)

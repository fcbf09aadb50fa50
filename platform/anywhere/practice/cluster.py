"""One practice cluster: its objects, rules, behaviour and controllers."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from pathlib import Path

from anywhere.practice import bootstrap
from anywhere.practice.access import Access, token_digest
from anywhere.practice.addresses import Addresses
from anywhere.practice.controllers.manager import Manager
from anywhere.practice.counting import Counting
from anywhere.practice.disk import Disk
from anywhere.practice.kinds import Obj, Registry, Resource
from anywhere.practice.settings import Settings
from anywhere.practice.status import ApiError
from anywhere.practice.store import Store

CRDS = "customresourcedefinitions.apiextensions.k8s.io"


class Cluster:
    """Everything one practice cluster is."""

    def __init__(self, store: Store, authority: str = "") -> None:
        self.store, self.id, self.authority = store, store.cluster, authority
        self.settings = Settings().change(store.facts.get("settings") or {})
        self.registry, self.counting = Registry(), Counting()
        self.access, self.addresses = Access(store), Addresses(store)
        for entry in store.each(CRDS):
            self.registry.define(entry.obj())
        self.controllers = Manager(self)
        self.connections: set[asyncio.BaseTransport] = set()

    def configure(self, values: Obj) -> Settings:
        """Change the behaviour and keep it; raises 400 for what is no setting."""
        self.settings = self.settings.change(values)
        self.store.facts["settings"] = self.settings.document()
        self.store.save_facts()
        if self.settings.fail == "unreachable":
            self.cut()
        self.controllers.look_again()
        return self.settings

    def cut(self) -> None:
        """End every stream that is open, without a word."""
        for one in list(self.connections):
            if isinstance(one, asyncio.WriteTransport):
                one.abort()
        self.connections.clear()

    def resource(self, key: str) -> Resource:
        """The resource of a table that is known to be served."""
        found = self.registry.by_key(key)
        if found is None:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        return found

    def remove(self, resource: Resource, namespace: str, name: str) -> None:
        """Take an object away, and what it defined with it."""
        if resource.key == CRDS:
            for gone in self.registry.undefine(name):
                for entry in list(self.store.each(gone.key)):
                    self.store.remove(gone.key, entry.namespace, entry.name)
        self.store.remove(resource.key, namespace, name)

    def defined(self, resource: Resource, obj: Obj) -> None:
        """Serve what a stored custom resource definition names."""
        if resource.key == CRDS:
            self.registry.define(obj)


class World:
    """All practice clusters of one process."""

    def __init__(self, disk: Disk, authority: str = "", ready_seconds: float = 3.0) -> None:
        self._disk, self._authority, self._ready_seconds = disk, authority, ready_seconds
        self.clusters: dict[str, Cluster] = {}
        for cluster, facts, reserved in disk.clusters():
            self.clusters[cluster] = Cluster(Store(cluster, disk, facts, reserved), authority)

    def create(self, settings: Obj | None = None) -> tuple[Cluster, str]:
        """A new cluster and its administrator's token."""
        token = secrets.token_urlsafe(32)
        facts: Obj = {
            "admin_digest": token_digest(token),
            "signing_key": secrets.token_hex(32),
            "created": time.time(),
            "settings": {"ready_seconds": self._ready_seconds} | (settings or {}),
        }
        Settings().change(facts["settings"])
        cluster = Cluster(Store(str(uuid.uuid4()), self._disk, facts), self._authority)
        self.clusters[cluster.id] = cluster
        bootstrap.fill(cluster)
        cluster.controllers.start()
        return cluster, token

    def delete(self, cluster_id: str) -> bool:
        """Forget a cluster and all it held; False when there is none."""
        cluster = self.clusters.pop(cluster_id, None)
        if cluster is None:
            return False
        cluster.controllers.stop()
        cluster.cut()
        self._disk.forget_cluster(cluster_id)
        return True

    def start(self) -> None:
        """Let every cluster's controllers run."""
        for cluster in self.clusters.values():
            cluster.controllers.start()

    def stop(self) -> None:
        """Stop every cluster's controllers and close the disk."""
        for cluster in self.clusters.values():
            cluster.controllers.stop()
        self._disk.close()


def home_folder(home: Path) -> Path:
    """The private folder of the practice clusters under the portal's home."""
    folder = home / "practice"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder

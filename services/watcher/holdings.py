"""What is known of one cluster: trimmed objects, found by name, by owner and by the release they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.rules.health.events import seen_at
from services.rules.health.family import claims_of, owner
from services.watcher.trim import Kept

Key = tuple[str, str, str]  # kind, namespace, name
KINDS = (
    "Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "PersistentVolumeClaim", "Service", "Ingress", "Event",
    "Release",
)  # fmt: skip
OWNED = ("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod")
ADDRESSED = ("Service", "Ingress")
EVENT_SECONDS = 3600.0
TOMBSTONES = 5000


@dataclass(frozen=True)
class Reference:
    """An object a release's manifest names."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def key(self) -> Key:
        """Give (kind, namespace, name)."""
        return self.kind, self.namespace, self.name


@dataclass(frozen=True)
class Wanted:
    """A service as this process has to know it."""

    id: UUID
    namespace: str
    name: str
    applied: bool
    created_at: Any = None


@dataclass
class Manifest:
    """The objects of the newest revision of a release, and which stored version told them."""

    revision: int
    resource_version: str
    references: tuple[Reference, ...]


@dataclass
class Holdings:
    """All of one cluster that has to do with our services."""

    objects: dict[Key, Kept] = field(default_factory=dict)
    children: dict[Key, set[Key]] = field(default_factory=dict)  # owner -> owned
    events: dict[Key, dict[str, Kept]] = field(default_factory=dict)  # what they are about -> by uid
    event_keys: dict[Key, tuple[Key, str]] = field(default_factory=dict)
    releases: dict[tuple[str, str], dict[int, tuple[str, str]]] = field(default_factory=dict)
    manifests: dict[UUID, Manifest] = field(default_factory=dict)
    members: dict[Key, UUID] = field(default_factory=dict)
    wanted: dict[UUID, Wanted] = field(default_factory=dict)
    by_release: dict[tuple[str, str], UUID] = field(default_factory=dict)
    namespaces: set[str] = field(default_factory=set)
    dead: dict[Key, None] = field(default_factory=dict)
    dirty: set[UUID] = field(default_factory=set)

    # services

    def want(self, services: Iterable[Wanted]) -> set[str]:
        """Give the namespaces that were not looked at before, now that these are the services to watch."""
        before = set(self.namespaces)
        self.wanted = {service.id: service for service in services}
        self.by_release = {(service.namespace, service.name): service.id for service in self.wanted.values()}
        self.namespaces = {service.namespace for service in self.wanted.values()}
        for gone in set(self.manifests) - set(self.wanted):
            self.forget(gone)
        for key in [key for key in self.objects if key[1] not in self.namespaces]:
            self.remove(key)
        self.dirty |= set(self.wanted) - set(self.manifests)
        return self.namespaces - before

    def forget(self, service: UUID) -> None:
        """Return when nothing points to a service any more."""
        self.manifests.pop(service, None)
        self.members = {key: owner_id for key, owner_id in self.members.items() if owner_id != service}
        self.dirty.discard(service)

    def set_manifest(self, service: UUID, manifest: Manifest) -> None:
        """Return when the service's objects are those of the manifest."""
        old = self.manifests.get(service)
        if old is not None:
            for reference in old.references:
                self.members.pop(reference.key, None)
        self.manifests[service] = manifest
        for reference in manifest.references:
            self.members[reference.key] = service
        self.dirty.add(service)

    # objects

    def put(self, kind: str, obj: Kept) -> UUID | None:
        """Give the service an object belongs to, once it is stored; None when it belongs to none (yet)."""
        meta = obj["metadata"]
        key = (kind, meta.get("namespace", ""), meta["name"])
        if kind == "Release":
            return self._put_release(key, obj)
        if kind == "Event":
            return self._put_event(key, obj)
        old = self.objects.get(key)
        if old is not None:
            self._unlink(key, old)
        self.objects[key] = obj
        self.dead.pop(key, None)
        if kind in (*OWNED, *ADDRESSED) and meta.get("ownerReferences"):
            self.children.setdefault(self._owner(key, obj), set()).add(key)
        return self._touch(key)

    def _owner(self, key: Key, obj: Kept) -> Key:
        kind, name = owner(obj)
        return kind, key[1], name

    def _unlink(self, key: Key, old: Kept) -> None:
        if old["metadata"].get("ownerReferences"):
            above = self._owner(key, old)
            known = self.children.get(above)
            if known is not None:
                known.discard(key)
                if not known:
                    del self.children[above]

    def remove(self, key: Key) -> UUID | None:
        """Give the service an object belonged to, once it is gone."""
        kind = key[0]
        if kind == "Release":
            return self._remove_release(key)
        if kind == "Event":
            target = self.event_keys.pop(key, None)
            if target is not None:
                known = self.events.get(target[0], {})
                known.pop(target[1], None)
                if not known:
                    self.events.pop(target[0], None)
            return None
        service = self._touch(key)
        old = self.objects.pop(key, None)
        if old is not None:
            self._unlink(key, old)
        self.dead[key] = None
        while len(self.dead) > TOMBSTONES:
            del self.dead[next(iter(self.dead))]
        return service

    def service_of(self, key: Key) -> UUID | None:
        """Give the service an object belongs to, by the manifest or by its owners, at most four steps up."""
        for _ in range(4):
            service = self.members.get(key)
            if service is not None:
                return service
            kind, namespace, name = key
            obj = self.objects.get(key)
            if obj is None or not obj["metadata"].get("ownerReferences"):
                if kind == "ReplicaSet" and "-" in name:
                    key = ("Deployment", namespace, name.rsplit("-", 1)[0])
                    continue
                return self._of_claim(key) if kind == "PersistentVolumeClaim" else None
            key = self._owner(key, obj)
        return None

    def _of_claim(self, key: Key) -> UUID | None:
        """A claim made from a StatefulSet's template is called template-set-number."""
        _, namespace, name = key
        stem, _, number = name.rpartition("-")
        if not number.isdigit():
            return None
        for at in range(len(stem)):
            if stem[at] == "-":
                found = self.members.get(("StatefulSet", namespace, stem[at + 1 :]))
                if found is not None:
                    return found
        return None

    def _touch(self, key: Key) -> UUID | None:
        service = self.service_of(key)
        if service is not None:
            self.dirty.add(service)
        return service

    # events

    def _put_event(self, key: Key, obj: Kept) -> UUID | None:
        target = obj["involvedObject"]
        about = (target.get("kind", ""), key[1], target.get("name", ""))
        uid = obj["metadata"].get("uid") or key[2]
        self.events.setdefault(about, {})[uid] = obj
        self.event_keys[key] = (about, uid)
        return self._touch(about)

    def drop_old_events(self, now: Any) -> None:
        """Return when events nobody will ask for any more are gone."""
        for key, (about, uid) in list(self.event_keys.items()):
            seen = seen_at(self.events.get(about, {}).get(uid, {}))
            if seen is not None and (now - seen).total_seconds() > EVENT_SECONDS:
                self.remove(key)

    # releases

    def _put_release(self, key: Key, obj: Kept) -> UUID | None:
        labels = obj["release"]
        number = str(labels.get("version", ""))
        if not number.isdigit() or not labels.get("name"):
            return None
        known = self.releases.setdefault((key[1], labels["name"]), {})
        known[int(number)] = (labels.get("status", ""), obj["metadata"]["resourceVersion"])
        self.objects[key] = obj
        service = self.by_release.get((key[1], labels["name"]))
        if service is not None:
            self.dirty.add(service)
        return service

    def _remove_release(self, key: Key) -> UUID | None:
        old = self.objects.pop(key, None)
        if old is None:
            return None
        name = (key[1], old["release"].get("name", ""))
        known = self.releases.get(name, {})
        known.pop(int(old["release"]["version"]), None)
        if not known:
            self.releases.pop(name, None)
        service = self.by_release.get(name)
        if service is not None:
            self.dirty.add(service)
        return service

    def newest(self, service: UUID) -> tuple[int, str, str] | None:
        """Give (revision, status, resourceVersion) of a service's release, None when the cluster has none."""
        wanted = self.wanted.get(service)
        known = self.releases.get((wanted.namespace, wanted.name)) if wanted else None
        if not known:
            return None
        number = max(known)
        return number, *known[number]

    # what belongs to a service

    def belongings(self, service: UUID) -> Belongings:
        """Give everything live that belongs to a service."""
        manifest = self.manifests[service]
        found = Belongings()
        waiting: list[Key] = []
        for reference in manifest.references:
            obj = self.objects.get(reference.key)
            if obj is not None:
                found.objects.append(obj)
            elif reference.kind in OWNED or reference.kind == "PersistentVolumeClaim":
                found.missing.append(reference)
            else:
                found.others.append(reference)
            waiting.append(reference.key)
        for key in self._below(waiting):
            obj = self.objects.get(key)
            if obj is not None:
                (found.pods if key[0] == "Pod" else found.objects).append(obj)
        namespace = self.wanted[service].namespace
        listed = {obj["metadata"]["name"] for obj in found.objects if obj["kind"] == "PersistentVolumeClaim"}
        names = {name for pod in found.pods for name in claims_of(pod)} | set(self._templated(found.objects))
        for name in sorted(names - listed):
            claim = self.objects.get(("PersistentVolumeClaim", namespace, name))
            if claim is not None:
                found.claims.append(claim)
        for obj in (*found.objects, *found.pods, *found.claims):
            about = (obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
            found.events += self.events.get(about, {}).values()
        return found

    def _below(self, keys: list[Key]) -> list[Key]:
        found: list[Key] = []
        waiting = list(keys)
        known = set(keys)
        while waiting:
            for child in sorted(self.children.get(waiting.pop(), ())):
                if child not in known:
                    known.add(child)
                    found.append(child)
                    waiting.append(child)
        return found

    def _templated(self, objects: list[Kept]) -> Iterable[str]:
        for obj in objects:
            if obj["kind"] == "StatefulSet":
                for template in obj["spec"].get("volumeClaimTemplates") or ():
                    for number in range(obj["spec"].get("replicas", 1)):
                        yield f"{template['metadata']['name']}-{obj['metadata']['name']}-{number}"


@dataclass
class Belongings:
    """The live objects of one service."""

    objects: list[Kept] = field(default_factory=list)
    pods: list[Kept] = field(default_factory=list)
    claims: list[Kept] = field(default_factory=list)
    events: list[Kept] = field(default_factory=list)
    missing: list[Reference] = field(default_factory=list)
    others: list[Reference] = field(default_factory=list)

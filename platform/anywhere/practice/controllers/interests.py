"""Who must look again when an object changes that is not its own and not owned by it."""

from __future__ import annotations

from collections.abc import Iterator

from anywhere.practice.selectors import selector_matches
from anywhere.practice.store import Change, Entry, Store

Key = tuple[str, str, str]
_SELECTING = ("services", "poddisruptionbudgets.policy")
_SCALED = {"deployments.apps", "statefulsets.apps"}
_COUNTED = {"pods", "services", "persistentvolumeclaims", "secrets", "configmaps"}


def key_of(entry: Entry) -> Key:
    """The key of a stored object."""
    return entry.key, entry.namespace, entry.name


class Interests:
    """Finds them in one cluster's store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._selectors: dict[str, tuple[int, object]] = {}

    def of(self, change: Change) -> Iterator[Key]:
        """The keys of those who must look again."""
        entry = change.entry
        if entry.key == "pods":
            yield from self._of_pod(change)
        if entry.key in _SCALED:
            yield from map(key_of, self._store.each("horizontalpodautoscalers.autoscaling", entry.namespace))
        if entry.key in _COUNTED:
            yield from map(key_of, self._store.each("resourcequotas", entry.namespace))
        if entry.key == "storageclasses.storage.k8s.io":
            yield from map(key_of, self._store.each("persistentvolumeclaims"))
        if entry.key == "nodes":
            yield from map(key_of, self._store.each("daemonsets.apps"))
        if change.type == "DELETED":
            yield from self._of_deletion(entry)

    def _of_pod(self, change: Change) -> Iterator[Key]:
        entry = change.entry
        for table in _SELECTING:
            for one in self._store.each(table, entry.namespace):
                if self._selects(one, entry):
                    yield key_of(one)
        if change.type == "DELETED":
            for claim in self._store.each("persistentvolumeclaims", entry.namespace):
                if claim.terminating:
                    yield key_of(claim)

    def _of_deletion(self, entry: Entry) -> Iterator[Key]:
        if entry.key == "persistentvolumeclaims" and (volume := entry.obj()["spec"].get("volumeName")):
            yield "persistentvolumes", "", volume
        space = self._store.get("namespaces", "", entry.namespace) if entry.namespace else None
        if space and space.terminating:
            yield key_of(space)

    def _selects(self, one: Entry, entry: Entry) -> bool:
        kept = self._selectors.get(one.uid)
        if kept is None or kept[0] != one.version:
            kept = (one.version, (one.obj().get("spec") or {}).get("selector"))
            self._selectors[one.uid] = kept
        selector = kept[1]
        if not isinstance(selector, dict):
            return False
        if one.key == "services":
            return bool(selector) and all(entry.labels.get(k) == v for k, v in selector.items())
        return selector_matches(selector, entry.labels)

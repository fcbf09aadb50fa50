"""The Service addresses and node ports that are taken in a cluster."""

from __future__ import annotations

from anywhere.practice.store import Change, Entry, Store


class Addresses:
    """Counts what the stored Services use."""

    def __init__(self, store: Store) -> None:
        self._held: dict[str, tuple[str, list[int]]] = {}
        for entry in store.each("services"):
            self._hold(entry)
        store.listeners.append(self._follow)

    def _hold(self, entry: Entry) -> None:
        spec = entry.obj().get("spec") or {}
        ports = [p["nodePort"] for p in spec.get("ports") or [] if p.get("nodePort")]
        self._held[entry.uid] = (spec.get("clusterIP", ""), ports)

    def _follow(self, change: Change) -> None:
        if change.entry.key != "services":
            return
        if change.type == "DELETED":
            self._held.pop(change.entry.uid, None)
        else:
            self._hold(change.entry)

    def taken(self) -> set[str]:
        """The addresses in use."""
        return {address for address, _ in self._held.values()}

    def ports(self) -> set[int]:
        """The node ports in use."""
        return {port for _, ports in self._held.values() for port in ports}

"""What the pods bound to each node ask for."""

from __future__ import annotations

from decimal import Decimal

from anywhere.practice import pods
from anywhere.practice.store import Change, Entry, Store

Amounts = dict[str, Decimal]


class Capacity:
    """Kept up to date with every change of a pod."""

    def __init__(self, store: Store) -> None:
        self._pods: dict[str, tuple[str, Amounts]] = {}
        self._nodes: dict[str, Amounts] = {}
        for entry in store.each("pods"):
            self._hold(entry)
        store.listeners.append(self._follow)

    def _follow(self, change: Change) -> None:
        if change.entry.key == "pods":
            self._release(change.entry.uid)
            if change.type != "DELETED":
                self._hold(change.entry)

    def _hold(self, entry: Entry) -> None:
        pod = entry.obj()
        node = pod["spec"].get("nodeName")
        if not node or pods.is_over(pod):
            return
        amounts = pods.asked(pod["spec"]) | {"pods": Decimal(1)}
        self._pods[entry.uid] = (node, amounts)
        total = self._nodes.setdefault(node, {})
        for name, value in amounts.items():
            total[name] = total.get(name, Decimal(0)) + value

    def _release(self, uid: str) -> None:
        node, amounts = self._pods.pop(uid, ("", {}))
        for name, value in amounts.items():
            self._nodes[node][name] -= value

    def used(self, node: str) -> Amounts:
        """What is asked for on a node."""
        return self._nodes.get(node, {})

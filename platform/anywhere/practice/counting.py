"""How many requests and bytes each client used."""

from __future__ import annotations

from anywhere.practice.kinds import Obj


class Counting:
    """Counts per client (the first word of its User-Agent) and per verb and resource."""

    def __init__(self) -> None:
        self._clients: dict[str, Obj] = {}

    def add(self, client: str, what: str, received: int, sent: int) -> None:
        """Count one request."""
        row = self._clients.setdefault(client, {"requests": 0, "received_bytes": 0, "sent_bytes": 0, "calls": {}})
        row["requests"] += 1
        row["received_bytes"] += received
        row["sent_bytes"] += sent
        row["calls"][what] = row["calls"].get(what, 0) + 1

    def more(self, client: str, sent: int) -> None:
        """Count bytes of a stream that goes on."""
        if client in self._clients:
            self._clients[client]["sent_bytes"] += sent

    def document(self) -> Obj:
        """The counts as JSON shows them."""
        rows = self._clients.values()
        return {
            "requests": sum(r["requests"] for r in rows),
            "received_bytes": sum(r["received_bytes"] for r in rows),
            "sent_bytes": sum(r["sent_bytes"] for r in rows),
            "clients": self._clients,
        }

    def clear(self) -> None:
        """Start from zero."""
        self._clients.clear()

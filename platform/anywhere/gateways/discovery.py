"""Which kinds a cluster knows and how they are written in URLs; asked once, kept for some minutes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from anywhere.gateways.errors import GatewayError, NotFound
from anywhere.gateways.resources import BUILT_IN, Resource

KEEP_SECONDS = 600.0
_AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)

Table = dict[tuple[str, str], Resource]
Fetch = Callable[[str, str], Any]

_lock = threading.Lock()
_kept: dict[str, tuple[float, Table]] = {}


class Discovery:
    """The kinds of one cluster. `fetch(path, accept)` gives decoded JSON."""

    def __init__(self, key: str, fetch: Fetch) -> None:
        self.key = key
        self.fetch = fetch
        self._groups: dict[str, Table] = {}

    def resource(self, api_version: str, kind: str) -> Resource:
        """Give how a kind is written; the cluster is asked only for kinds that are not built in. NotFound: unknown."""
        built_in = BUILT_IN.get((api_version, kind))
        if built_in:
            return built_in
        if api_version not in self._groups:
            self._groups[api_version] = self._one_group(api_version)
        found = self._groups[api_version].get((api_version, kind))
        if found is None:
            del self._groups[api_version]
            raise NotFound(f"The cluster does not know {kind} of {api_version}.", code="cluster.unknown_kind")
        return found

    def _one_group(self, api_version: str) -> Table:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            return _read_legacy(api_version, self.fetch(root, "application/json"))
        except NotFound as exc:
            raise NotFound(f"The cluster does not know {api_version}.", code="cluster.unknown_kind") from exc

    def api_versions(self) -> list[str]:
        """Give "group/version" and "group/version/Kind" of everything the cluster knows, sorted."""
        table = self._all()
        return sorted({version for version, _ in table} | {f"{version}/{kind}" for version, kind in table})

    def _all(self) -> Table:
        with _lock:
            kept = _kept.get(self.key)
        if kept and time.monotonic() - kept[0] < KEEP_SECONDS:
            return kept[1]
        table: Table = {}
        for root in ("/api", "/apis"):
            answer = self.fetch(root, _AGGREGATED)
            if isinstance(answer, Mapping) and answer.get("kind") == "APIGroupDiscoveryList":
                table |= _read_aggregated(answer)
            else:
                table |= self._by_group(root, answer)
        with _lock:
            now = time.monotonic()
            for key in [key for key, (since, _) in _kept.items() if now - since >= KEEP_SECONDS]:
                del _kept[key]  # of a former token, for instance
            _kept[self.key] = (now, table)
        return table

    def _by_group(self, root: str, answer: Any) -> Table:
        table: Table = {}
        if root == "/api":
            versions = list(answer.get("versions") or [])
        else:
            versions = [v["groupVersion"] for g in answer.get("groups") or [] for v in g.get("versions") or []]
        for version in versions:
            try:
                table |= _read_legacy(version, self.fetch(f"{root}/{version}", "application/json"))
            except GatewayError as error:
                if error.code == "cluster.unreachable" and not error.detail.startswith("HTTP"):
                    raise
        return table


def _read_legacy(api_version: str, answer: Any) -> Table:
    resources = answer.get("resources") or [] if isinstance(answer, Mapping) else []
    return {
        (api_version, entry["kind"]): Resource(api_version, entry["name"], bool(entry.get("namespaced")))
        for entry in resources
        if "/" not in entry.get("name", "/")
    }


def _read_aggregated(answer: Mapping[str, Any]) -> Table:
    table: Table = {}
    for group in answer.get("items") or []:
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or []:
            api_version = f"{name}/{version['version']}" if name else version["version"]
            for entry in version.get("resources") or []:
                kind = (entry.get("responseKind") or {}).get("kind") or ""
                if kind:
                    resource = Resource(api_version, entry["resource"], entry.get("scope") == "Namespaced")
                    table.setdefault((api_version, kind), resource)
    return table

"""The nodes of a service as they say they are: asked in their containers when somebody looks, in a few seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from anywhere.clusters.connection import access_of
from anywhere.gateways.connect import Gateways, open_cluster
from anywhere.gateways.errors import CommandTimedOut, Forbidden, GatewayError
from anywhere.gateways.kubernetes import Object
from anywhere.lib import redact
from services.models import Service
from services.operations import commands
from services.rules.commands import workloads

SECONDS = 4.0  # for one answer of one node
ALTOGETHER = 10.0  # for all of them
AT_ONCE = 8
MOST = 64  # nodes that are asked; more are listed only


def look(service: Service) -> list[dict[str, Any]]:
    """Give [{name, component, title, ready, node, zone, role, lag, problem}]; empty for packages without nodes.

    `role` and `lag` ({value, unit}) are None where the package does not ask, or the node does not answer: `problem`.
    """
    entries = service.version.definition.get("nodes") or []
    if not entries:
        return []
    known = {w.component: w for w in workloads(service.version.definition, service.name)}
    zones = {n["name"]: n.get("zone") or "" for n in (service.cluster.inventory or {}).get("nodes") or []}
    ends = time.monotonic() + ALTOGETHER
    most = 0 if service.cluster.is_practice else MOST  # there are no containers to ask
    secrets = [str(s) for s in (service.secrets or {}).values() if s]
    with open_cluster(access_of(service.cluster)) as gateways, ThreadPoolExecutor(AT_ONCE) as pool:
        found = [
            (entry, pod)
            for entry in entries
            for pod in commands.pods_of(gateways.kubernetes, service.namespace, known[entry["component"]].name)
        ]
        asked = [
            pool.submit(_ask, gateways, service.namespace, pod, entry, secrets, ends) if number < most else None
            for number, (entry, pod) in enumerate(found)
        ]
        return [
            {**_row(entry, pod, zones), **(answer.result() if answer else _nothing())}
            for (entry, pod), answer in zip(found, asked, strict=True)
        ]


def _row(entry: Mapping[str, Any], pod: Object, zones: Mapping[str, str]) -> dict[str, Any]:
    node = str((pod.get("spec") or {}).get("nodeName") or "")
    return {
        "name": pod["metadata"]["name"], "component": entry["component"], "title": entry["title"],
        "ready": commands.is_ready(pod), "node": node, "zone": zones.get(node, ""),
    }  # fmt: skip


def _nothing(problem: str = "") -> dict[str, Any]:
    return {"role": None, "lag": None, "problem": problem}


def _ask(
    gateways: Gateways, namespace: str, pod: Object, entry: Mapping[str, Any], secrets: list[str], ends: float
) -> dict[str, Any]:
    container = commands.container_of(pod, str(entry.get("container") or ""))
    if not commands.is_running(pod, container):
        return _nothing("It does not run.")
    answer = _nothing()
    for what in ("role", "lag"):
        if not (asked := entry.get(what)):
            continue
        seconds = min(SECONDS, ends - time.monotonic())
        if seconds <= 0:
            return {**answer, "problem": "There was no time to ask it."}
        try:
            ran = gateways.kubernetes.run(
                namespace, pod["metadata"]["name"], asked["command"], container=container, seconds=seconds
            )
        except CommandTimedOut:
            return {**answer, "problem": f"It did not tell its {what} within {seconds:.0f} seconds."}
        except Forbidden:
            return {**answer, "problem": commands.MAY_NOT}
        except GatewayError as exc:
            return {**answer, "problem": redact.text(exc.detail, secrets, 200)}
        said = redact.text(ran.output, secrets).split()
        if ran.exit_code or not said:
            return {**answer, "problem": f"It did not tell its {what}: {' '.join(said)[-200:] or 'no output'}"}
        answer[what] = said[0][:40] if what == "role" else _lag(said[0], asked["unit"])
    return answer


def _lag(said: str, unit: str) -> dict[str, Any] | None:
    try:
        return {"value": float(said), "unit": unit}
    except ValueError:
        return None

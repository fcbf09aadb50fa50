"""What is read from running pods: their logs, and how much of a node they use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from anywhere.practice import images, pods
from anywhere.practice.clock import micro_stamp, quantity, seconds, stamp
from anywhere.practice.kinds import Obj
from anywhere.practice.selectors import label_test
from anywhere.practice.status import ApiError, bad_request

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_SHARE = Decimal("0.35")


def log_text(pod: Obj, query: Mapping[str, str]) -> str:
    """What a container printed; raises 400 when it never ran."""
    name = query.get("container", "")
    everyone = [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or [])]
    meta = pod["metadata"]
    if not name and len(pod["spec"]["containers"]) > 1:
        names = " ".join(c["name"] for c in pod["spec"]["containers"])
        raise bad_request(f"a container name must be specified for pod {meta['name']}, choose one of: [{names}]")
    one = next((c for c in everyone if c["name"] == (name or everyone[0]["name"])), None)
    if one is None:
        raise bad_request(f"container {name} is not valid for pod {meta['name']}")
    status = pod.get("status") or {}
    rows = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    row: Obj = next((r for r in rows if r["name"] == one["name"]), {})
    began = _began(row, query.get("previous") == "true")
    if began is None:
        if query.get("previous") == "true":
            raise bad_request(f'previous terminated container "{one["name"]}" in pod "{meta["name"]}" not found')
        why = ((row.get("state") or {}).get("waiting") or {}).get("reason", "ContainerCreating")
        words = {"ErrImagePull": "image can't be pulled", "ImagePullBackOff": "trying and failing to pull image"}
        raise bad_request(
            f'container "{one["name"]}" in pod "{meta["name"]}" is waiting to start: {words.get(why, why)}'
        )
    return _shown(one, row, began, query)


def command_of(pod: Obj, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, ...]:
    """The command to run in a container; raises 400 when it cannot be run there, or not over this connection."""
    if headers.get("Upgrade", "").lower() != "websocket":
        raise bad_request("Upgrade request required: a practice cluster runs commands over WebSocket only")
    words = tuple(value for key, value in query.items() if key == "command")
    if not words:
        raise bad_request("you must specify at least 1 command for the container")
    name, meta = query.get("container", ""), pod["metadata"]
    names = [one["name"] for one in pod["spec"]["containers"]]
    if name and name not in names:
        raise bad_request(f"container {name} is not valid for pod {meta['name']}")
    name = name or names[0]
    rows = (pod.get("status") or {}).get("containerStatuses") or []
    if not any(row["name"] == name and "running" in (row.get("state") or {}) for row in rows):
        raise ApiError(500, "InternalError", f'unable to upgrade connection: container not found ("{name}")')
    return words


def _began(row: Obj, previous: bool) -> float | None:
    states = [row.get("lastState") or {}] if previous else [row.get("state") or {}, row.get("lastState") or {}]
    for state in states:
        for kind in ("running", "terminated"):
            if kind in state:
                return seconds(state[kind].get("startedAt")) or 0.0
    return None


def _shown(one: Obj, row: Obj, began: float, query: Mapping[str, str]) -> str:
    ended = (row.get("state") or {}).get("terminated") or (row.get("lastState") or {}).get("terminated") or {}
    lines = [*images.log_lines(one["image"], bool(ended.get("exitCode")), "terminated" in (row.get("state") or {}))]
    shown = [f"{stamp(began + at)} {text}" for at, text in enumerate(lines)]
    if query.get("timestamps") == "true":
        shown = [f"{micro_stamp(began + at)} {text}" for at, text in enumerate(shown)]
    if (tail := query.get("tailLines", "")).isdigit():
        shown = shown[len(shown) - min(int(tail), len(shown)) :]
    text = "".join(line + "\n" for line in shown)
    limit = query.get("limitBytes", "")
    return text[: int(limit)] if limit.isdigit() else text


async def follow(cluster: Cluster, namespace: str, name: str, first: str) -> AsyncIterator[bytes]:
    """A log that goes on until its pod ends."""
    yield first.encode()
    while entry := cluster.store.get("pods", namespace, name):
        pod = entry.obj()
        if pods.is_over(pod) or entry.terminating:
            return
        await asyncio.sleep(1.0)


def _usage(requests: Mapping[str, Decimal]) -> dict[str, str]:
    cpu = requests.get("cpu", Decimal("0.01")) * _SHARE * 1000
    memory = requests.get("memory", quantity("32Mi")) * _SHARE / 1024
    return {"cpu": f"{max(int(cpu), 1)}m", "memory": f"{int(memory)}Ki"}


def metrics(cluster: Cluster, plural: str, namespace: str | None, name: str, labels: str) -> Obj | None:
    """The metrics of nodes or pods, one when it is named; None when that one is not there."""
    test = label_test(labels)
    rows: list[Obj] = []
    for entry in cluster.store.each(plural, namespace if plural == "pods" else ""):
        if (name and entry.name != name) or (test and not test(entry.labels)):
            continue
        meta: Obj = {"name": entry.name, "labels": entry.labels, "creationTimestamp": stamp()}
        row: Obj = {"metadata": meta, "timestamp": stamp(), "window": "20s"}
        if plural == "nodes":
            row |= {"kind": "NodeMetrics", "usage": _usage(cluster.controllers.capacity.used(entry.name))}
        else:
            pod = entry.obj()
            if (pod.get("status") or {}).get("phase") != "Running":
                continue
            meta["namespace"] = entry.namespace
            row |= {
                "kind": "PodMetrics",
                "containers": [
                    {"name": c["name"], "usage": _usage(pods.asked({"containers": [c]}))}
                    for c in pod["spec"]["containers"]
                ],
            }
        rows.append({"apiVersion": "metrics.k8s.io/v1beta1", **row})
    if name:
        return rows[0] if rows else None
    kind = "NodeMetricsList" if plural == "nodes" else "PodMetricsList"
    return {"kind": kind, "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": rows}

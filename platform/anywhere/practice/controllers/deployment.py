"""Deployments: one ReplicaSet for each template, and the roll from one to the next."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from anywhere.practice import events, pods
from anywhere.practice.clock import seconds, stamp
from anywhere.practice.controllers.templates import dumps_copy, same_template, template_hash
from anywhere.practice.deletion import delete
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import create, edit
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

REVISION = "deployment.kubernetes.io/revision"
SETS = "replicasets.apps"
_BY = "deployment-controller"


def reconcile(cluster: Cluster, entry: Entry) -> None:
    """Bring the ReplicaSets to what the Deployment asks for, and write its status."""
    deployment = entry.obj()
    sets = [e.obj() for e in cluster.store.owned(entry.uid, SETS) if not e.terminating]
    if not entry.terminating and deployment["spec"].get("paused"):
        _pause(cluster, entry, deployment, sets)
        return
    if not entry.terminating:
        current, sets = _current(cluster, deployment, sets)
        old = [s for s in sets if s["metadata"]["uid"] != current["metadata"]["uid"]]
        if deployment["spec"]["strategy"]["type"] == "Recreate":
            _recreate(cluster, deployment, current, old)
        else:
            _roll(cluster, deployment, current, old)
        _tidy(cluster, deployment, old)
        _note_revision(cluster, deployment, current)
    _write_status(cluster, entry)


def _current(cluster: Cluster, deployment: Obj, sets: list[Obj]) -> tuple[Obj, list[Obj]]:
    template = deployment["spec"]["template"]
    current = next((s for s in sets if same_template(s["spec"]["template"], template)), None)
    newest = max((int(_revision(s)) for s in sets), default=0)
    if current is None:
        current = _new_set(cluster, deployment, newest + 1)
        return current, [*sets, current]
    if int(_revision(current)) < newest:
        _annotate(cluster, current, str(newest + 1))
    return current, sets


def _revision(one: Obj) -> str:
    return (one["metadata"].get("annotations") or {}).get(REVISION, "0")


def _annotate(cluster: Cluster, one: Obj, revision: str) -> None:
    one["metadata"].setdefault("annotations", {})[REVISION] = revision
    entry = cluster.store.get(SETS, one["metadata"]["namespace"], one["metadata"]["name"])
    if entry:
        edit(
            cluster,
            cluster.resource(SETS),
            entry,
            lambda obj: obj["metadata"].setdefault("annotations", {}).update({REVISION: revision}),
        )


def _new_set(cluster: Cluster, deployment: Obj, revision: int) -> Obj:
    meta, spec = deployment["metadata"], deployment["spec"]
    template = dumps_copy(spec["template"])
    mark = template_hash(template)
    selector = dumps_copy(spec["selector"])
    selector.setdefault("matchLabels", {})["pod-template-hash"] = mark
    template["metadata"]["labels"] = {**(template["metadata"].get("labels") or {}), "pod-template-hash": mark}
    return create(
        cluster,
        cluster.resource(SETS),
        meta["namespace"],
        {
            "metadata": {
                "name": f"{meta['name']}-{mark}",
                "labels": dict(template["metadata"]["labels"]),
                "annotations": {REVISION: str(revision)},
                "ownerReferences": [pods.owner_reference("apps/v1", "Deployment", deployment)],
            },
            "spec": {"replicas": 0, "selector": selector, "template": template},
        },
    )


def _resize(cluster: Cluster, deployment: Obj, one: Obj, replicas: int) -> None:
    was = one["spec"]["replicas"]
    if was == replicas:
        return
    entry = cluster.store.get(SETS, one["metadata"]["namespace"], one["metadata"]["name"])
    if entry is None:
        return
    edit(cluster, cluster.resource(SETS), entry, lambda obj: obj["spec"].update(replicas=replicas))
    one["spec"]["replicas"] = replicas
    events.tell(
        cluster,
        deployment,
        "Normal",
        "ScalingReplicaSet",
        f"Scaled {'up' if replicas > was else 'down'} replica set {one['metadata']['name']} from {was} to {replicas}",
        _BY,
    )


def _share(value: int | str | None, whole: int, up: bool) -> int:
    if isinstance(value, str) and value.endswith("%"):
        part = int(value[:-1]) * whole / 100
        return math.ceil(part) if up else math.floor(part)
    return int(value or 0)


def _roll(cluster: Cluster, deployment: Obj, current: Obj, old: list[Obj]) -> None:
    wanted = deployment["spec"]["replicas"]
    rolling = deployment["spec"]["strategy"].get("rollingUpdate") or {}
    surge = _share(rolling.get("maxSurge", "25%"), wanted, up=True)
    missing = _share(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    if not surge and not missing:
        missing = 1
    total_old = sum(s["spec"]["replicas"] for s in old)
    if not total_old:
        _resize(cluster, deployment, current, wanted)
        return
    have = current["spec"]["replicas"]
    if have < wanted:
        room = wanted + surge - (have + total_old)
        _resize(cluster, deployment, current, min(wanted, have + max(room, 0)))
    elif have > wanted:
        _resize(cluster, deployment, current, wanted)
    _shrink_old(cluster, deployment, current, old, wanted - missing)


def _shrink_old(cluster: Cluster, deployment: Obj, current: Obj, old: list[Obj], least: int) -> None:
    def ready(one: Obj) -> int:
        return (one.get("status") or {}).get("readyReplicas", 0)

    fresh_unready = current["spec"]["replicas"] - ready(current)
    total = current["spec"]["replicas"] + sum(s["spec"]["replicas"] for s in old)
    spare = total - least - fresh_unready
    for one in sorted(old, key=lambda s: s["metadata"]["creationTimestamp"]):
        unready = max(one["spec"]["replicas"] - ready(one), 0)
        cut = min(unready, max(spare, 0))
        if cut:
            spare -= cut
            _resize(cluster, deployment, one, one["spec"]["replicas"] - cut)
    available = sum(ready(s) for s in [current, *old])
    for one in sorted(old, key=lambda s: s["metadata"]["creationTimestamp"]):
        cut = min(one["spec"]["replicas"], max(available - least, 0), max(spare, 0))
        if cut:
            available, spare = available - cut, spare - cut
            _resize(cluster, deployment, one, one["spec"]["replicas"] - cut)


def _recreate(cluster: Cluster, deployment: Obj, current: Obj, old: list[Obj]) -> None:
    for one in old:
        _resize(cluster, deployment, one, 0)
    if not any(cluster.store.owned(one["metadata"]["uid"], "pods") for one in old):
        _resize(cluster, deployment, current, deployment["spec"]["replicas"])


def _tidy(cluster: Cluster, deployment: Obj, old: list[Obj]) -> None:
    empty = [s for s in old if not s["spec"]["replicas"] and not (s.get("status") or {}).get("replicas")]
    surplus = len(empty) - deployment["spec"].get("revisionHistoryLimit", 10)
    for one in sorted(empty, key=lambda s: int(_revision(s)))[: max(surplus, 0)]:
        if entry := cluster.store.get(SETS, one["metadata"]["namespace"], one["metadata"]["name"]):
            delete(cluster, cluster.resource(SETS), entry, {})


def _note_revision(cluster: Cluster, deployment: Obj, current: Obj) -> None:
    meta = deployment["metadata"]
    entry = cluster.store.get("deployments.apps", meta["namespace"], meta["name"])
    if entry and (meta.get("annotations") or {}).get(REVISION) != _revision(current):
        edit(
            cluster,
            cluster.resource("deployments.apps"),
            entry,
            lambda obj: obj["metadata"].setdefault("annotations", {}).update({REVISION: _revision(current)}),
        )


def _pause(cluster: Cluster, entry: Entry, deployment: Obj, sets: list[Obj]) -> None:
    active = [s for s in sets if s["spec"]["replicas"]]
    if len(active) == 1:
        _resize(cluster, deployment, active[0], deployment["spec"]["replicas"])
    _write_status(cluster, entry)


def _write_status(cluster: Cluster, entry: Entry) -> None:
    fresh = cluster.store.get(entry.key, entry.namespace, entry.name)
    if fresh is None:
        return
    sets = [e.obj() for e in cluster.store.owned(entry.uid, SETS) if not e.terminating]

    def write(obj: Obj) -> None:
        obj["status"] = _status(cluster, obj, sets)

    edited = edit(cluster, cluster.resource(entry.key), fresh, write, "status")
    deadline = edited["spec"].get("progressDeadlineSeconds", 600)
    progress = pods.condition(edited, "Progressing")
    if progress.get("reason") in ("ReplicaSetUpdated", "NewReplicaSetCreated"):
        cluster.controllers.again(fresh, max(seconds(progress.get("lastUpdateTime")) + deadline - time.time(), 1.0))


def _status(cluster: Cluster, obj: Obj, sets: list[Obj]) -> Obj:
    spec, was, now = obj["spec"], obj.get("status") or {}, stamp()
    current = next((s for s in sets if same_template(s["spec"]["template"], spec["template"])), None)
    counts = [s.get("status") or {} for s in sets]
    total, ready = sum(c.get("replicas", 0) for c in counts), sum(c.get("readyReplicas", 0) for c in counts)
    fresh = (current or {}).get("status") or {}
    updated = fresh.get("replicas", 0)
    missing = max(spec["replicas"] - ready, 0)
    status: Obj = {
        k: v
        for k, v in (
            ("replicas", total),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", ready),
            ("unavailableReplicas", missing),
        )
        if v
    }
    status |= {"observedGeneration": obj["metadata"]["generation"], "conditions": list(was.get("conditions") or [])}
    rolling = spec["strategy"].get("rollingUpdate") or {}
    least = spec["replicas"] - _share(rolling.get("maxUnavailable", 0), spec["replicas"], up=False)
    if ready >= least:
        pods.set_condition(
            status, "Available", "True", now, "MinimumReplicasAvailable", "Deployment has minimum availability."
        )
    else:
        pods.set_condition(
            status,
            "Available",
            "False",
            now,
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        )
    done = updated == spec["replicas"] == total == fresh.get("readyReplicas", 0) and current is not None
    _progress(status, was, obj, current, done, now)
    failure = next(
        (c for s in sets for c in (s.get("status") or {}).get("conditions") or [] if c["type"] == "ReplicaFailure"),
        None,
    )
    status["conditions"] = [c for c in status["conditions"] if c["type"] != "ReplicaFailure"]
    if failure:
        pods.set_condition(status, "ReplicaFailure", "True", now, failure["reason"], failure["message"])
    for one in status["conditions"]:
        one.setdefault("lastUpdateTime", now)
    return status


def _progress(status: Obj, was: Obj, obj: Obj, current: Obj | None, done: bool, now: str) -> None:
    name = (current or {}).get("metadata", {}).get("name", "")
    before = pods.condition({"status": was}, "Progressing")
    if obj["spec"].get("paused"):
        pods.set_condition(status, "Progressing", "Unknown", now, "DeploymentPaused", "Deployment is paused")
        return
    if done:
        pods.set_condition(
            status,
            "Progressing",
            "True",
            now,
            "NewReplicaSetAvailable",
            f'ReplicaSet "{name}" has successfully progressed.',
        )
        return
    moved = any(was.get(k, 0) != status.get(k, 0) for k in ("updatedReplicas", "readyReplicas", "replicas"))
    moved = moved or was.get("observedGeneration") != status["observedGeneration"]
    begun = seconds(before.get("lastUpdateTime")) if before else time.time()
    late = time.time() - begun > obj["spec"].get("progressDeadlineSeconds", 600)
    if before.get("reason") == "NewReplicaSetAvailable" and not moved:
        return
    if not moved and (late or before.get("reason") == "ProgressDeadlineExceeded"):
        pods.set_condition(
            status,
            "Progressing",
            "False",
            now,
            "ProgressDeadlineExceeded",
            f'ReplicaSet "{name}" has timed out progressing.',
        )
        return
    pods.set_condition(status, "Progressing", "True", now, "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
    if moved:
        next(c for c in status["conditions"] if c["type"] == "Progressing")["lastUpdateTime"] = now

"""DaemonSets: one pod for every node it may run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice import pods
from anywhere.practice.controllers.replicaset import RETRY_SECONDS
from anywhere.practice.controllers.scheduler import node_refusal
from anywhere.practice.controllers.templates import dumps_copy, make_pod, template_hash
from anywhere.practice.deletion import delete
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import edit
from anywhere.practice.status import ApiError
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

REVISION = "controller-revision-hash"
_BY = "daemonset-controller"


def _target(pod: Obj) -> str:
    terms = (
        ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
            "requiredDuringSchedulingIgnoredDuringExecution"
        )
        or {}
    ).get("nodeSelectorTerms") or [{}]
    fields = terms[0].get("matchFields") or [{}]
    return pod["spec"].get("nodeName") or (fields[0].get("values") or [""])[0]


def reconcile(cluster: Cluster, entry: Entry) -> None:
    """Make the missing pods, replace one outdated one at a time, and write the status."""
    owner = entry.obj()
    template, mark = owner["spec"]["template"], template_hash(owner["spec"]["template"])
    nodes = [e.obj() for e in cluster.store.each("nodes")]
    wanted = [n["metadata"]["name"] for n in nodes if not node_refusal(template["spec"], n)]
    have: dict[str, tuple[Entry, Obj]] = {}
    for one in cluster.store.owned(entry.uid, "pods"):
        pod = one.obj()
        have[_target(pod)] = (one, pod)
    if not entry.terminating:
        try:
            _make_missing(cluster, owner, [n for n in wanted if n not in have], mark)
        except ApiError:
            cluster.controllers.again(entry, RETRY_SECONDS)
        _replace(cluster, owner, have, mark)
        for node, (one, _) in have.items():
            if node not in wanted and not one.terminating:
                delete(cluster, cluster.resource("pods"), one, {})
    _write_status(cluster, entry, wanted, mark)


def _make_missing(cluster: Cluster, owner: Obj, nodes: list[str], mark: str) -> None:
    for node in nodes:
        template = dumps_copy(owner["spec"]["template"])
        affinity = template["spec"].setdefault("affinity", {}).setdefault("nodeAffinity", {})
        affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {
            "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]
        }
        make_pod(
            cluster, owner, pods.owner_reference("apps/v1", "DaemonSet", owner), template, "", {REVISION: mark}, _BY
        )


def _replace(cluster: Cluster, owner: Obj, have: dict[str, tuple[Entry, Obj]], mark: str) -> None:
    if owner["spec"]["updateStrategy"].get("type") == "OnDelete":
        return
    if any(one.terminating for one, _ in have.values()):
        return
    old = [(one, pod) for one, pod in have.values() if (pod["metadata"].get("labels") or {}).get(REVISION) != mark]
    fresh = [pod for _, pod in have.values() if (pod["metadata"].get("labels") or {}).get(REVISION) == mark]
    broken = [one for one, pod in old if not pods.is_ready(pod)]
    if broken or (old and all(map(pods.is_ready, fresh))):
        delete(cluster, cluster.resource("pods"), (broken or [old[0][0]])[0], {})


def _write_status(cluster: Cluster, entry: Entry, wanted: list[str], mark: str) -> None:
    fresh = cluster.store.get(entry.key, entry.namespace, entry.name)
    if fresh is None:
        return
    living = [p for e in cluster.store.owned(entry.uid, "pods") if pods.is_active(p := e.obj())]
    ready = sum(map(pods.is_ready, living))
    updated = sum((p["metadata"].get("labels") or {}).get(REVISION) == mark for p in living)

    def write(obj: Obj) -> None:
        obj["status"] = {
            "currentNumberScheduled": len(living),
            "desiredNumberScheduled": len(wanted),
            "numberMisscheduled": 0,
            "numberReady": ready,
            "numberAvailable": ready,
            "numberUnavailable": max(len(wanted) - ready, 0),
            "updatedNumberScheduled": updated,
            "observedGeneration": obj["metadata"]["generation"],
        }

    edit(cluster, cluster.resource(entry.key), fresh, write, "status")

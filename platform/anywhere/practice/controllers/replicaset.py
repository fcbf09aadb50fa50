"""ReplicaSets: as many pods as asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice import events, pods
from anywhere.practice.clock import stamp
from anywhere.practice.controllers.templates import make_pod
from anywhere.practice.deletion import delete
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import edit
from anywhere.practice.selectors import selector_matches
from anywhere.practice.status import ApiError
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

RETRY_SECONDS = 5.0
AT_ONCE = 50


def adopt(cluster: Cluster, owner: Obj, selector: Obj, reference: Obj) -> None:
    """Take in the pods that match a selector and have no controller."""
    for entry in list(cluster.store.each("pods", owner["metadata"]["namespace"])):
        if entry.owners or entry.terminating or not selector_matches(selector, entry.labels):
            continue
        pod = entry.obj()
        pod["metadata"]["ownerReferences"] = [reference]
        cluster.store.put("pods", pod)


def rank(pod: Obj) -> tuple[int, int, int]:
    """The order in which surplus pods go: unscheduled, then not ready, then the youngest."""
    created = pod["metadata"].get("creationTimestamp", "")
    return (
        1 if pod["spec"].get("nodeName") else 0,
        1 if pods.is_ready(pod) else 0,
        -int("".join(c for c in created if c.isdigit()) or 0),
    )


def reconcile(cluster: Cluster, entry: Entry) -> None:
    """Make or remove pods until there are as many as asked for, and write the status."""
    owner = entry.obj()
    spec, refusal = owner["spec"], None
    reference = pods.owner_reference("apps/v1", "ReplicaSet", owner)
    if not entry.terminating:
        adopt(cluster, owner, spec["selector"], reference)
        have = [(e, pod) for e in cluster.store.owned(entry.uid, "pods") if pods.is_active(pod := e.obj())]
        missing = spec["replicas"] - len(have)
        refusal = _grow(cluster, owner, reference, missing) if missing > 0 else None
        for one, pod in sorted(have, key=lambda pair: rank(pair[1]))[: max(-missing, 0)]:
            delete(cluster, cluster.resource("pods"), one, {})
            events.tell(
                cluster,
                owner,
                "Normal",
                "SuccessfulDelete",
                f"Deleted pod: {pod['metadata']['name']}",
                "replicaset-controller",
            )
        if refusal:
            cluster.controllers.again(entry, RETRY_SECONDS)
    _write_status(cluster, owner, refusal)


def _grow(cluster: Cluster, owner: Obj, reference: Obj, missing: int) -> ApiError | None:
    for _ in range(min(missing, AT_ONCE)):
        try:
            make_pod(cluster, owner, reference, owner["spec"]["template"])
        except ApiError as refusal:
            return refusal
    return None


def _write_status(cluster: Cluster, owner: Obj, refusal: ApiError | None) -> None:
    meta = owner["metadata"]
    entry = cluster.store.get("replicasets.apps", meta["namespace"], meta["name"])
    if entry is None:
        return
    living = [p for e in cluster.store.owned(entry.uid, "pods") if pods.is_active(p := e.obj())]
    ready = sum(map(pods.is_ready, living))

    def count(obj: Obj) -> None:
        status = {
            "replicas": len(living),
            "fullyLabeledReplicas": len(living),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "observedGeneration": obj["metadata"].get("generation", 1),
        }
        status = {k: v for k, v in status.items() if v or k == "replicas"}
        if refusal:
            status["conditions"] = list((obj.get("status") or {}).get("conditions") or [])
            pods.set_condition(status, "ReplicaFailure", "True", stamp(), "FailedCreate", refusal.message)
        obj["status"] = status

    edit(cluster, cluster.resource("replicasets.apps"), entry, count, "status")

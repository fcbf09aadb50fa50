"""Clearing the way of a StatefulSet: it never replaces a broken pod of a former revision by itself.

Source: the Kubernetes documentation on StatefulSets, "Forced rollback": with ordered pod management a set waits for a
broken pod to become ready, which it never does, even after its template was mended; the pod has to be deleted by hand.
"""

from __future__ import annotations

from anywhere.gateways.connect import Gateways
from anywhere.gateways.kubernetes import Object, Ref
from anywhere.operations.run import Run
from services.operations.observe import Seen

BROKEN = {
    "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "CrashLoopBackOff", "CreateContainerConfigError",
    "CreateContainerError", "RunContainerError",
}  # fmt: skip


def clear_the_way(run: Run, gateways: Gateways, seen: Seen) -> None:
    """Delete pods that are broken, of a former revision, and so in the way of the new one; their volumes stay."""
    for one in seen.objects:
        if one.get("kind") != "StatefulSet" or not _is_ordered(one):
            continue
        wanted = (one.get("status") or {}).get("updateRevision")
        observed = (one.get("status") or {}).get("observedGeneration", 0)
        if not wanted or observed < one["metadata"].get("generation", 0):
            continue
        for pod in seen.pods:
            if _is_of(pod, one) and _revision(pod) not in ("", wanted) and _is_broken(pod):
                meta = pod["metadata"]
                ref = Ref("v1", "Pod", meta["name"], meta["namespace"])
                if gateways.kubernetes.delete(ref, uid=meta["uid"]):
                    run.log(f"Pod {meta['name']} of the former revision is broken; a new one takes its place.")


def start_again(run: Run, gateways: Gateways, seen: Seen) -> None:
    """Delete pods that are broken, so that they start anew at once instead of waiting out their back-off."""
    for pod in seen.pods:
        meta = pod["metadata"]
        if meta.get("ownerReferences") and "deletionTimestamp" not in meta and _is_broken(pod):
            if gateways.kubernetes.delete(Ref("v1", "Pod", meta["name"], meta["namespace"]), uid=meta["uid"]):
                run.log(f"Pod {meta['name']} starts again.")


def _is_ordered(stateful_set: Object) -> bool:
    spec = stateful_set.get("spec") or {}
    strategy = (spec.get("updateStrategy") or {}).get("type", "RollingUpdate")
    return spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady" and strategy == "RollingUpdate"


def _is_of(pod: Object, owner: Object) -> bool:
    meta = pod["metadata"]
    references = meta.get("ownerReferences") or []
    return "deletionTimestamp" not in meta and any(r.get("uid") == owner["metadata"]["uid"] for r in references)


def _revision(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get("controller-revision-hash") or "")


def _is_broken(pod: Object) -> bool:
    status = pod.get("status") or {}
    ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or [])
    if ready:
        return False
    unschedulable = any(
        c.get("type") == "PodScheduled" and c.get("reason") == "Unschedulable" for c in status.get("conditions") or []
    )
    containers = (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])
    reasons = {((c.get("state") or {}).get("waiting") or {}).get("reason") for c in containers}
    return unschedulable or bool(reasons & BROKEN)

"""StatefulSets: numbered pods with their own claims, made and replaced one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice import events, pods
from anywhere.practice.controllers.replicaset import RETRY_SECONDS, adopt
from anywhere.practice.controllers.templates import dumps_copy, make_pod, template_hash
from anywhere.practice.deletion import delete
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import create, edit
from anywhere.practice.status import ApiError
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

REVISION = "controller-revision-hash"
_BY = "statefulset-controller"
_NAME = "statefulset.kubernetes.io/pod-name"
_INDEX = "apps.kubernetes.io/pod-index"
Pods = dict[int, tuple[Entry, Obj]]


def reconcile(cluster: Cluster, entry: Entry) -> None:
    """Make, replace or remove one pod at a time (all at once when parallel), and write the status."""
    owner = entry.obj()
    revision = f"{owner['metadata']['name']}-{template_hash(owner['spec']['template'])}"
    if not entry.terminating:
        adopt(cluster, owner, owner["spec"]["selector"], pods.owner_reference("apps/v1", "StatefulSet", owner))
        _keep_revision(cluster, owner, revision)
        try:
            _step(cluster, owner, revision)
        except ApiError:
            cluster.controllers.again(entry, RETRY_SECONDS)
    _write_status(cluster, entry, revision)


def numbered(cluster: Cluster, owner: Obj) -> Pods:
    """The pods of a set by their number."""
    found: Pods = {}
    stem = owner["metadata"]["name"] + "-"
    for entry in cluster.store.owned(owner["metadata"]["uid"], "pods"):
        number = entry.name.removeprefix(stem)
        if number.isdigit():
            found[int(number)] = (entry, entry.obj())
    return found


def _wanted(owner: Obj) -> range:
    start = (owner["spec"].get("ordinals") or {}).get("start", 0)
    return range(start, start + owner["spec"]["replicas"])


def _step(cluster: Cluster, owner: Obj, revision: str) -> None:
    have, wanted = numbered(cluster, owner), _wanted(owner)
    parallel = owner["spec"].get("podManagementPolicy") == "Parallel"
    for number in wanted:
        entry, pod = have.get(number, (None, None))
        if pod is not None and entry is not None and pods.is_over(pod) and not entry.terminating:
            delete(cluster, cluster.resource("pods"), entry, {"gracePeriodSeconds": 0})
            return
        if pod is None:
            _make(cluster, owner, number, _revision_for(owner, number, wanted, revision))
        if not parallel and (pod is None or not pods.is_ready(pod) or not pods.is_active(pod)):
            return
    for number in sorted((n for n in have if n not in wanted), reverse=True):
        entry, pod = have[number]
        if not entry.terminating:
            _remove(cluster, owner, entry)
        if not parallel:
            return
    _roll(cluster, owner, have, wanted, revision)


def _partition(owner: Obj) -> int:
    return (owner["spec"]["updateStrategy"].get("rollingUpdate") or {}).get("partition") or 0


def _revision_for(owner: Obj, number: int, wanted: range, revision: str) -> str:
    status, partition = owner.get("status") or {}, _partition(owner)
    current = status.get("currentRevision") or revision
    kept = number < partition if partition else number < wanted.start + status.get("currentReplicas", 0)
    return current if kept else revision


def _template(cluster: Cluster, owner: Obj, revision: str) -> Obj:
    entry = cluster.store.get("controllerrevisions.apps", owner["metadata"]["namespace"], revision)
    return dumps_copy(entry.obj()["data"]["spec"]["template"] if entry else owner["spec"]["template"])


def _roll(cluster: Cluster, owner: Obj, have: Pods, wanted: range, revision: str) -> None:
    if owner["spec"]["updateStrategy"]["type"] != "RollingUpdate":
        return
    for number in reversed(wanted):
        if number not in have or number < _partition(owner):
            continue
        entry, pod = have[number]
        if entry.terminating:
            return
        if (pod["metadata"].get("labels") or {}).get(REVISION) != revision:
            _remove(cluster, owner, entry)
            return
        if not pods.is_ready(pod):
            return


def _remove(cluster: Cluster, owner: Obj, entry: Entry) -> None:
    delete(cluster, cluster.resource("pods"), entry, {})
    events.tell(
        cluster,
        owner,
        "Normal",
        "SuccessfulDelete",
        f"delete Pod {entry.name} in StatefulSet {owner['metadata']['name']} successful",
        _BY,
    )


def _make(cluster: Cluster, owner: Obj, number: int, revision: str) -> None:
    meta, spec = owner["metadata"], owner["spec"]
    name = f"{meta['name']}-{number}"
    template = _template(cluster, owner, revision)
    volumes = template["spec"].setdefault("volumes", [])
    for claim in spec.get("volumeClaimTemplates") or []:
        claim_name = f"{claim['metadata']['name']}-{name}"
        _claim(cluster, owner, claim, claim_name)
        volumes[:] = [v for v in volumes if v["name"] != claim["metadata"]["name"]]
        volumes.append({"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim_name}})
    template["spec"]["hostname"] = name
    if spec.get("serviceName"):
        template["spec"]["subdomain"] = spec["serviceName"]
    make_pod(
        cluster,
        owner,
        pods.owner_reference("apps/v1", "StatefulSet", owner),
        template,
        name,
        {REVISION: revision, _NAME: name, _INDEX: str(number)},
        _BY,
    )


def _claim(cluster: Cluster, owner: Obj, template: Obj, name: str) -> None:
    meta = owner["metadata"]
    pod = name.removeprefix(template["metadata"]["name"] + "-")
    if cluster.store.get("persistentvolumeclaims", meta["namespace"], name):
        return
    labels = {**(template["metadata"].get("labels") or {}), **(owner["spec"]["selector"].get("matchLabels") or {})}
    claim: Obj = {"metadata": {"name": name, "labels": labels}, "spec": dumps_copy(template["spec"])}
    if template["metadata"].get("annotations"):
        claim["metadata"]["annotations"] = dict(template["metadata"]["annotations"])
    if (owner["spec"].get("persistentVolumeClaimRetentionPolicy") or {}).get("whenDeleted") == "Delete":
        claim["metadata"]["ownerReferences"] = [pods.owner_reference("apps/v1", "StatefulSet", owner)]
    try:
        create(cluster, cluster.resource("persistentvolumeclaims"), meta["namespace"], claim)
    except ApiError as refusal:
        events.tell(
            cluster,
            owner,
            "Warning",
            "FailedCreate",
            f"create Claim {name} for Pod {pod} in StatefulSet {meta['name']} failed error: {refusal.message}",
            _BY,
        )
        raise
    events.tell(
        cluster,
        owner,
        "Normal",
        "SuccessfulCreate",
        f"create Claim {name} Pod "
        f"{name.removeprefix(template['metadata']['name'] + '-')} in StatefulSet {meta['name']} success",
        _BY,
    )


def _keep_revision(cluster: Cluster, owner: Obj, revision: str) -> None:
    meta, key = owner["metadata"], "controllerrevisions.apps"
    if cluster.store.get(key, meta["namespace"], revision):
        return
    number = len(cluster.store.owned(meta["uid"], key)) + 1
    create(
        cluster,
        cluster.resource(key),
        meta["namespace"],
        {
            "metadata": {
                "name": revision,
                "labels": {REVISION: revision.rsplit("-", 1)[-1]},
                "ownerReferences": [pods.owner_reference("apps/v1", owner["kind"], owner)],
            },
            "data": {"spec": {"template": owner["spec"]["template"]}},
            "revision": number,
        },
    )


def _write_status(cluster: Cluster, entry: Entry, revision: str) -> None:
    fresh = cluster.store.get(entry.key, entry.namespace, entry.name)
    if fresh is None:
        return
    living = [pod for _, pod in numbered(cluster, fresh.obj()).values()]
    ready = sum(pods.is_ready(p) for p in living if pods.is_active(p))
    updated = sum((p["metadata"].get("labels") or {}).get(REVISION) == revision for p in living if pods.is_active(p))

    def write(obj: Obj) -> None:
        was = obj.get("status") or {}
        current = was.get("currentRevision") or revision
        if updated == len(living) == obj["spec"]["replicas"] and ready == updated:
            current = revision
        on_current = sum(
            (p["metadata"].get("labels") or {}).get(REVISION) == current for p in living if pods.is_active(p)
        )
        obj["status"] = {
            "observedGeneration": obj["metadata"]["generation"],
            "replicas": len(living),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": on_current,
            "updatedReplicas": updated,
            "currentRevision": current,
            "updateRevision": revision,
            "collisionCount": 0,
        }

    edit(cluster, cluster.resource(entry.key), fresh, write, "status")

"""The garbage collector: what goes when its owner goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice.deletion import FOREGROUND, delete
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster


def collect(cluster: Cluster, gone: Entry) -> None:
    """Delete what only a removed object owned; take its reference from the rest."""
    for one in cluster.store.owned(gone.uid):
        if one.terminating:
            continue
        living = [uid for uid in one.owners if cluster.store.by_uid(uid)]
        if living:
            obj = one.obj()
            obj["metadata"]["ownerReferences"] = [o for o in obj["metadata"]["ownerReferences"] if o["uid"] in living]
            cluster.store.put(one.key, obj)
        else:
            delete(cluster, cluster.resource(one.key), one, {})


def finish(cluster: Cluster, entry: Entry) -> bool:
    """Carry on a deletion that waits for its dependents; True when the object is gone or waits on."""
    obj = entry.obj()
    finalizers = obj["metadata"].get("finalizers") or []
    if FOREGROUND not in finalizers:
        return False
    for one in cluster.store.owned(entry.uid):
        if not one.terminating:
            delete(cluster, cluster.resource(one.key), one, {"propagationPolicy": "Foreground"})
    if any(
        o.get("blockOwnerDeletion")
        for one in cluster.store.owned(entry.uid)
        for o in one.obj()["metadata"]["ownerReferences"]
        if o["uid"] == entry.uid
    ):
        return True
    rest = [f for f in finalizers if f != FOREGROUND]
    if rest:
        obj["metadata"]["finalizers"] = rest
        cluster.store.put(entry.key, obj)
        return False
    cluster.remove(cluster.resource(entry.key), entry.namespace, entry.name)
    return True

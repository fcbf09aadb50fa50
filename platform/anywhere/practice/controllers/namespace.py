"""Namespaces with what every one holds, their quotas' usage, and custom resource definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice import pods, quota
from anywhere.practice.clock import quantity_text, stamp
from anywhere.practice.deletion import delete
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import create, edit
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_ORDER = (
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "replicasets.apps",
    "cronjobs.batch",
    "jobs.batch",
    "pods",
)


def reconcile(cluster: Cluster, entry: Entry) -> None:
    """Give a namespace its service account and root certificate, or empty it when it ends."""
    if entry.terminating:
        _empty(cluster, entry)
        return
    if cluster.store.get("serviceaccounts", entry.name, "default") is None:
        create(cluster, cluster.resource("serviceaccounts"), entry.name, {"metadata": {"name": "default"}})
    if cluster.store.get("configmaps", entry.name, "kube-root-ca.crt") is None:
        create(
            cluster,
            cluster.resource("configmaps"),
            entry.name,
            {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": cluster.authority}},
        )


def _empty(cluster: Cluster, entry: Entry) -> None:
    keys = cluster.store.keys()
    for key in sorted(keys, key=lambda k: _ORDER.index(k) if k in _ORDER else len(_ORDER)):
        for one in list(cluster.store.each(key, entry.name)):
            if not one.terminating and cluster.store.by_uid(one.uid):
                delete(cluster, cluster.resource(key), one, {})
    if any(cluster.store.count(key, entry.name) for key in keys if key != "events"):
        cluster.controllers.again(entry, 0.5)
        return
    obj = entry.obj()
    if not obj["metadata"].get("finalizers"):
        cluster.remove(cluster.resource("namespaces"), "", entry.name)


def reconcile_quota(cluster: Cluster, entry: Entry) -> None:
    """Write what a namespace uses of its quota."""
    hard = entry.obj()["spec"].get("hard") or {}
    used = quota.used(cluster.store, entry.namespace, set(hard))

    def count(obj: Obj) -> None:
        obj["status"] = {"hard": hard, "used": {name: quantity_text(used[name], name) for name in sorted(hard)}}

    edit(cluster, cluster.resource("resourcequotas"), entry, count, "status")


def reconcile_definition(cluster: Cluster, entry: Entry) -> None:
    """Accept the names of a custom resource definition and call it established."""

    def accept(obj: Obj) -> None:
        status, now, spec = obj.setdefault("status", {}), stamp(), obj["spec"]
        pods.set_condition(status, "NamesAccepted", "True", now, "NoConflicts", "no conflicts found")
        pods.set_condition(
            status, "Established", "True", now, "InitialNamesAccepted", "the initial names have been accepted"
        )
        status["acceptedNames"] = spec["names"]
        status["storedVersions"] = [v["name"] for v in spec["versions"] if v.get("storage")]

    edit(cluster, cluster.resource(entry.key), entry, accept, "status")

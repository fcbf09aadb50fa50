"""Claims and volumes: provisioning, growing, protection while in use, and going with the claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice import events, pods
from anywhere.practice.clock import quantity, stamp
from anywhere.practice.controllers.scheduler import SELECTED_NODE
from anywhere.practice.deletion import delete
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import create, edit
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

PROTECTION = "kubernetes.io/pvc-protection"
RETRY_SECONDS = 15.0
_BY = "persistentvolume-controller"
_CLASSES = "storageclasses.storage.k8s.io"


def reconcile_claim(cluster: Cluster, entry: Entry) -> None:
    """Bind a pending claim, grow a bound one, let an unused one go."""
    claim = entry.obj()
    if entry.terminating:
        _let_go(cluster, entry, claim)
    elif (claim.get("status") or {}).get("phase") != "Bound":
        _bind(cluster, entry, claim)
    else:
        _grow(cluster, entry, claim)


def _let_go(cluster: Cluster, entry: Entry, claim: Obj) -> None:
    for one in cluster.store.each("pods", entry.namespace):
        pod = one.obj()
        if not pods.is_over(pod) and entry.name in pods.claims(pod):
            return
    finalizers = [f for f in claim["metadata"].get("finalizers") or [] if f != PROTECTION]
    if finalizers != claim["metadata"].get("finalizers"):
        edit(cluster, cluster.resource(entry.key), entry, lambda obj: obj["metadata"].update(finalizers=finalizers))


def _bind(cluster: Cluster, entry: Entry, claim: Obj) -> None:
    name = claim["spec"].get("storageClassName") or ""
    kind = cluster.store.get(_CLASSES, "", name)
    if kind is None:
        if volume := _free_volume(cluster, claim, name):
            _take(cluster, entry, volume)
            return
        if name:
            events.tell(
                cluster, claim, "Warning", "ProvisioningFailed", f'storageclass.storage.k8s.io "{name}" not found', _BY
            )
        else:
            events.tell(
                cluster,
                claim,
                "Normal",
                "FailedBinding",
                "no persistent volumes available for this claim and no storage class is set",
                _BY,
            )
        cluster.controllers.again(entry, RETRY_SECONDS)
        return
    storage = kind.obj()
    chosen = (claim["metadata"].get("annotations") or {}).get(SELECTED_NODE)
    if storage.get("volumeBindingMode") == "WaitForFirstConsumer" and not chosen:
        events.tell(
            cluster,
            claim,
            "Normal",
            "WaitForFirstConsumer",
            "waiting for first consumer to be created before binding",
            _BY,
        )
        return
    began = cluster.controllers.moment(entry.uid, "bound")
    left = began + cluster.settings.ready_seconds * 0.3 - cluster.controllers.now()
    if left > 0:
        events.tell(
            cluster,
            claim,
            "Normal",
            "ExternalProvisioning",
            "Waiting for a volume to be created either by the "
            f"external provisioner '{storage['provisioner']}' or manually by the system administrator. If volume "
            "creation is delayed, please verify that the provisioner is running and correctly registered.",
            _BY,
        )
        cluster.controllers.again(entry, left)
        return
    _provision(cluster, entry, claim, storage)


def _free_volume(cluster: Cluster, claim: Obj, name: str) -> Entry | None:
    size = quantity(claim["spec"]["resources"]["requests"]["storage"])
    for entry in cluster.store.each("persistentvolumes"):
        volume = entry.obj()
        if (
            (volume.get("status") or {}).get("phase") == "Available"
            and (volume["spec"].get("storageClassName") or "") == name
            and quantity(volume["spec"]["capacity"]["storage"]) >= size
        ):
            return entry
    return None


def _take(cluster: Cluster, entry: Entry, volume: Entry) -> None:
    def claimed(obj: Obj) -> None:
        obj["spec"]["claimRef"] = _reference(entry)
        obj["status"] = {"phase": "Bound"}

    obj = volume.obj()
    claimed(obj)
    cluster.store.put("persistentvolumes", obj)
    _bound(cluster, entry, volume.name, obj["spec"]["capacity"]["storage"])


def _reference(entry: Entry) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": entry.namespace,
        "name": entry.name,
        "uid": entry.uid,
    }


def _provision(cluster: Cluster, entry: Entry, claim: Obj, storage: Obj) -> None:
    name, size = f"pvc-{entry.uid}", claim["spec"]["resources"]["requests"]["storage"]
    if cluster.store.get("persistentvolumes", "", name) is None:
        create(
            cluster,
            cluster.resource("persistentvolumes"),
            "",
            {
                "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": storage["provisioner"]}},
                "spec": {
                    "capacity": {"storage": size},
                    "accessModes": claim["spec"]["accessModes"],
                    "volumeMode": claim["spec"]["volumeMode"],
                    "claimRef": _reference(entry),
                    "storageClassName": storage["metadata"]["name"],
                    "persistentVolumeReclaimPolicy": storage.get("reclaimPolicy", "Delete"),
                    "csi": {"driver": storage["provisioner"], "volumeHandle": name},
                },
            },
        )
        volume = cluster.store.get("persistentvolumes", "", name)
        if volume:
            edit(
                cluster,
                cluster.resource("persistentvolumes"),
                volume,
                lambda obj: obj.update(status={"phase": "Bound"}),
                "status",
            )
    events.tell(
        cluster,
        claim,
        "Normal",
        "ProvisioningSucceeded",
        f"Successfully provisioned volume {name}",
        storage["provisioner"],
    )
    _bound(cluster, entry, name, size)


def _bound(cluster: Cluster, entry: Entry, volume: str, size: str) -> None:
    claim = entry.obj()
    claim["spec"]["volumeName"] = volume
    claim["metadata"].setdefault("annotations", {}).update(
        {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}
    )
    claim["status"] = {"phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": {"storage": size}}
    cluster.store.put("persistentvolumeclaims", claim)


def _grow(cluster: Cluster, entry: Entry, claim: Obj) -> None:
    wanted = claim["spec"]["resources"]["requests"]["storage"]
    have = (claim["status"].get("capacity") or {}).get("storage", "0")
    if quantity(wanted) <= quantity(have):
        return
    manager = cluster.controllers
    left = manager.moment(entry.uid, f"grow {wanted}") + cluster.settings.ready_seconds - manager.now()
    resource = cluster.resource(entry.key)
    if left > 0:

        def resizing(obj: Obj) -> None:
            pods.set_condition(obj["status"], "Resizing", "True", stamp())

        edit(cluster, resource, entry, resizing, "status")
        manager.again(entry, left)
        return

    def grown(obj: Obj) -> None:
        obj["status"]["capacity"] = {"storage": wanted}
        obj["status"].pop("conditions", None)

    edit(cluster, resource, entry, grown, "status")
    if volume := cluster.store.get("persistentvolumes", "", claim["spec"]["volumeName"]):
        edit(
            cluster,
            cluster.resource("persistentvolumes"),
            volume,
            lambda obj: obj["spec"].update(capacity={"storage": wanted}),
        )
    events.tell(
        cluster,
        claim,
        "Normal",
        "FileSystemResizeSuccessful",
        f'MountVolume.NodeExpandVolume succeeded for volume "{claim["spec"]["volumeName"]}"',
        "kubelet",
    )


def reconcile_volume(cluster: Cluster, entry: Entry) -> None:
    """Delete or release a volume whose claim is gone."""
    volume = entry.obj()
    claim = volume["spec"].get("claimRef")
    phase = (volume.get("status") or {}).get("phase")
    if entry.terminating or not claim or phase == "Released":
        return
    holder = cluster.store.get("persistentvolumeclaims", claim.get("namespace", ""), claim.get("name", ""))
    if holder and holder.uid == claim.get("uid"):
        return
    if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
        delete(cluster, cluster.resource("persistentvolumes"), entry, {})
    else:
        edit(
            cluster,
            cluster.resource("persistentvolumes"),
            entry,
            lambda obj: obj.update(status={"phase": "Released"}),
            "status",
        )

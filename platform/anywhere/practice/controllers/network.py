"""Services and Ingresses: endpoints from ready pods, and addresses."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from anywhere.practice import events, pods
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import create, edit
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_SLICES = "discovery.k8s.io"


def public_address(uid: str) -> str:
    """An address of the range for documentation that stays with an object."""
    return f"203.0.113.{hashlib.sha256(uid.encode()).digest()[0] % 250 + 2}"


def reconcile_service(cluster: Cluster, entry: Entry) -> None:
    """Write the endpoints of a Service, and give a load balancer its address."""
    service = entry.obj()
    spec = service["spec"]
    if entry.terminating:
        return
    if selector := spec.get("selector"):
        members = []
        for one in cluster.store.each("pods", entry.namespace):
            if all(one.labels.get(k) == v for k, v in selector.items()):
                pod = one.obj()
                if pods.is_active(pod) and (pod.get("status") or {}).get("podIP"):
                    members.append(pod)
        _write_endpoints(cluster, service, members)
    if spec.get("type") == "LoadBalancer" and not ((service.get("status") or {}).get("loadBalancer") or {}).get(
        "ingress"
    ):
        if not cluster.settings.load_balancer:
            return
        if _early(cluster, entry):
            events.tell(
                cluster, service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer", "service-controller"
            )
            return
        row = {"ip": public_address(entry.uid), "ipMode": "VIP"}
        edit(
            cluster,
            cluster.resource("services"),
            entry,
            lambda obj: obj.update(status={"loadBalancer": {"ingress": [row]}}),
            "status",
        )
        events.tell(cluster, service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer", "service-controller")


def _early(cluster: Cluster, entry: Entry) -> bool:
    manager = cluster.controllers
    left = manager.moment(entry.uid, "bound") + cluster.settings.ready_seconds - manager.now()
    if left > 0:
        manager.again(entry, left)
    return left > 0


def _port_number(port: Obj, pod: Obj | None) -> int:
    target = port.get("targetPort", port.get("port"))
    if isinstance(target, int):
        return target
    for container in (pod or {}).get("spec", {}).get("containers") or []:
        for one in container.get("ports") or []:
            if one.get("name") == target:
                return one["containerPort"]
    return port["port"]


def _target(pod: Obj) -> Obj:
    return {
        "kind": "Pod",
        "namespace": pod["metadata"]["namespace"],
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
    }


def _write_endpoints(cluster: Cluster, service: Obj, members: list[Obj]) -> None:
    meta, spec = service["metadata"], service["spec"]
    first = members[0] if members else None
    ports = [
        {k: v for k, v in (("name", p.get("name")), ("port", _port_number(p, first)), ("protocol", p["protocol"])) if v}
        for p in spec.get("ports") or []
    ]
    everyone = spec.get("publishNotReadyAddresses", False)

    def rows(ready: bool) -> list[Obj]:
        return [
            {"ip": p["status"]["podIP"], "nodeName": p["spec"]["nodeName"], "targetRef": _target(p)}
            for p in members
            if (pods.is_ready(p) or everyone) is ready
        ]

    subset: Obj = {"addresses": rows(True), "notReadyAddresses": rows(False), "ports": ports}
    subset = {k: v for k, v in subset.items() if v}
    _keep(
        cluster,
        "endpoints",
        meta,
        {
            "metadata": {"name": meta["name"], "labels": dict(meta.get("labels") or {})},
            "subsets": [subset] if members else [],
        },
    )
    _keep(
        cluster,
        f"endpointslices.{_SLICES}",
        meta,
        {
            "metadata": {
                "name": f"{meta['name']}-{hashlib.sha256(meta['uid'].encode()).hexdigest()[:5]}",
                "labels": {
                    **(meta.get("labels") or {}),
                    "kubernetes.io/service-name": meta["name"],
                    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
                },
                "ownerReferences": [pods.owner_reference("v1", "Service", service)],
            },
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [
                {
                    "addresses": [p["status"]["podIP"]],
                    "nodeName": p["spec"]["nodeName"],
                    "targetRef": _target(p),
                    "conditions": {
                        "ready": pods.is_ready(p) or everyone,
                        "serving": pods.is_ready(p),
                        "terminating": False,
                    },
                }
                for p in members
            ],
        },
    )


def _keep(cluster: Cluster, key: str, meta: Obj, wanted: Obj) -> None:
    if key == "endpoints":
        wanted["metadata"]["ownerReferences"] = [
            {"apiVersion": "v1", "kind": "Service", "name": meta["name"], "uid": meta["uid"]}
        ]
    entry = cluster.store.get(key, meta["namespace"], wanted["metadata"]["name"])
    if entry is None:
        create(cluster, cluster.resource(key), meta["namespace"], wanted)
        return

    def write(obj: Obj) -> None:
        obj.update({k: v for k, v in wanted.items() if k != "metadata"})
        obj["metadata"].update(wanted["metadata"])

    edit(cluster, cluster.resource(key), entry, write)


def reconcile_ingress(cluster: Cluster, entry: Entry) -> None:
    """Give an Ingress of a known class its address."""
    ingress = entry.obj()
    name = ingress["spec"].get("ingressClassName") or (ingress["metadata"].get("annotations") or {}).get(
        "kubernetes.io/ingress.class", ""
    )
    if ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or entry.terminating:
        return
    if cluster.store.get("ingressclasses.networking.k8s.io", "", name) is None or _early(cluster, entry):
        return
    row = {"ip": public_address(cluster.id)}
    edit(
        cluster,
        cluster.resource(entry.key),
        entry,
        lambda obj: obj.update(status={"loadBalancer": {"ingress": [row]}}),
        "status",
    )
    events.tell(cluster, ingress, "Normal", "Sync", "Scheduled for sync", "ingress-controller")

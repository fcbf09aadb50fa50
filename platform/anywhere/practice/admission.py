"""What the API adds to a new object or refuses it for, before it is stored."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from anywhere.practice import quota, security
from anywhere.practice.clock import quantity
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.status import forbidden, invalid

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
DEFAULT_INGRESS = "ingressclass.kubernetes.io/is-default-class"
SERVICE_RANGE = ipaddress.ip_network("10.96.0.0/16")
NODE_PORTS = range(30000, 32768)


def admit_create(cluster: Cluster, resource: Resource, obj: Obj) -> None:
    """Complete a new object in place; raises 403 or 422 when it may not be."""
    key = resource.key
    if key == "pods":
        _pod(cluster, resource, obj)
    elif key == "persistentvolumeclaims":
        _claim(cluster, obj)
    elif key == "services":
        _service(cluster, resource, obj)
    elif key == "ingresses.networking.k8s.io" and not obj["spec"].get("ingressClassName"):
        if name := _default(cluster, "ingressclasses.networking.k8s.io", DEFAULT_INGRESS):
            obj["spec"]["ingressClassName"] = name
    if resource.namespaced:
        quota.check(cluster.store, resource, obj)


def admit_update(cluster: Cluster, resource: Resource, old: Obj, new: Obj) -> None:
    """Complete a changed object in place; raises 403 when it may not be."""
    if resource.key == "persistentvolumeclaims":
        _grown_claim(cluster, resource, old, new)
        quota.check(cluster.store, resource, new, old)
    elif resource.key == "services":
        spec, was = new["spec"], old["spec"]
        for field in ("clusterIP", "clusterIPs"):
            if spec.get("type") != "ExternalName" and spec.get(field) is None and field in was:
                spec[field] = was[field]
        _node_ports(
            cluster, spec, {(p.get("port"), p.get("protocol")): p.get("nodePort") for p in was.get("ports") or []}
        )


def _default(cluster: Cluster, key: str, annotation: str) -> str | None:
    for entry in cluster.store.each(key):
        if (entry.obj()["metadata"].get("annotations") or {}).get(annotation) == "true":
            return entry.name
    return None


def _pod(cluster: Cluster, resource: Resource, pod: Obj) -> None:
    meta, spec = pod["metadata"], pod["spec"]
    space = meta["namespace"]
    if cluster.store.get("serviceaccounts", space, spec["serviceAccountName"]) is None:
        account = spec["serviceAccountName"]
        raise forbidden(
            resource,
            meta["name"],
            f'error looking up service account {space}/{account}: serviceaccount "{account}" not found',
        )
    if priority := spec.get("priorityClassName"):
        entry = cluster.store.get("priorityclasses.scheduling.k8s.io", "", priority)
        if entry is None:
            raise forbidden(resource, meta["name"], f"no PriorityClass with name {priority} was found")
        spec["priority"] = entry.obj().get("value", 0)
    quota.limit(cluster.store, resource, pod)
    labels = getattr(cluster.store.get("namespaces", "", space), "labels", {})
    level = labels.get(security.LABEL, "privileged")
    if why := security.violations(spec, level):
        version = labels.get(f"{security.LABEL}-version", "latest")
        raise forbidden(resource, meta["name"], f'violates PodSecurity "{level}:{version}": {why}')


def _claim(cluster: Cluster, claim: Obj) -> None:
    spec = claim["spec"]
    if spec.get("storageClassName") is None and (
        name := _default(cluster, "storageclasses.storage.k8s.io", DEFAULT_CLASS)
    ):
        spec["storageClassName"] = name
    claim["metadata"]["finalizers"] = [*(claim["metadata"].get("finalizers") or []), "kubernetes.io/pvc-protection"]


def _grown_claim(cluster: Cluster, resource: Resource, old: Obj, new: Obj) -> None:
    was, now = (quantity(o["spec"]["resources"]["requests"]["storage"]) for o in (old, new))
    if now <= was:
        return
    name = new["metadata"]["name"]
    entry = cluster.store.get("storageclasses.storage.k8s.io", "", new["spec"].get("storageClassName") or "")
    if not (entry and entry.obj().get("allowVolumeExpansion")):
        raise forbidden(
            resource,
            name,
            "only dynamically provisioned pvc can be resized and the storageclass that "
            "provisions the pvc must support resize",
        )
    if old.get("status", {}).get("phase") != "Bound":
        raise forbidden(resource, name, "spec is immutable after creation except resources.requests for bound claims")


def _service(cluster: Cluster, resource: Resource, service: Obj) -> None:
    spec = service["spec"]
    if spec["type"] == "ExternalName":
        return
    if not spec.get("clusterIP"):
        spec["clusterIP"] = _address(cluster)
    elif spec["clusterIP"] != "None" and spec["clusterIP"] in _addresses(cluster):
        raise invalid(
            resource,
            service["metadata"]["name"],
            [
                (
                    "spec.clusterIPs",
                    "FieldValueInvalid",
                    f'Invalid value: ["{spec["clusterIP"]}"]: failed to allocate IP '
                    f"{spec['clusterIP']}: provided IP is already allocated",
                )
            ],
        )
    spec["clusterIPs"] = [spec["clusterIP"]]
    _node_ports(cluster, spec, {})


def _addresses(cluster: Cluster) -> set[str]:
    return cluster.addresses.taken()


def _address(cluster: Cluster) -> str:
    taken = _addresses(cluster)
    offset = 10 + len(taken)
    for step in range(SERVICE_RANGE.num_addresses - 20):
        address = str(SERVICE_RANGE[10 + (offset + step) % (SERVICE_RANGE.num_addresses - 20)])
        if address not in taken:
            return address
    raise RuntimeError("no service address is left")


def _node_ports(cluster: Cluster, spec: Obj, before: dict[tuple[object, object], int | None]) -> None:
    if spec.get("type") not in ("NodePort", "LoadBalancer"):
        return
    taken = cluster.addresses.ports()
    for port in spec.get("ports") or []:
        if not port.get("nodePort"):
            kept = before.get((port.get("port"), port.get("protocol")))
            port["nodePort"] = kept or next(p for p in NODE_PORTS if p not in taken)
        taken.add(port["nodePort"])

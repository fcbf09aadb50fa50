"""Reads what a cluster has; lists the credential may not see are left out and named."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from anywhere.clusters.models import Cluster
from anywhere.clusters.rules import inventory as rules
from anywhere.gateways.errors import Forbidden, NotFound
from anywhere.gateways.kubernetes import KubernetesGateway, Ref

EVERY_SECONDS = 300
METRICS, SNAPSHOTS = "metrics.k8s.io/", "snapshot.storage.k8s.io/"
Objects = list[dict[str, Any]]


class Reader:
    """Lists objects through one gateway and notes what could not be seen."""

    def __init__(self, kubernetes: KubernetesGateway, namespace: str) -> None:
        self.kubernetes, self.namespace = kubernetes, namespace
        self.unseen: list[str] = []

    def everywhere(self, resource: str, name: str) -> Objects | None:
        """Give all objects of a cluster-wide resource, or None when they may not be seen."""
        try:
            return self.kubernetes.list(resource)
        except (Forbidden, NotFound):
            self.unseen.append(name)
            return None

    def inside(self, resource: str, name: str) -> Objects | None:
        """Give the objects of a namespaced resource: of all namespaces, or of the one the access is restricted to."""
        try:
            return self.kubernetes.list(resource, self.namespace or None)
        except (Forbidden, NotFound):
            self.unseen.append(name)
            return None


def read(kubernetes: KubernetesGateway, namespace: str = "") -> dict[str, Any]:
    """Give the inventory document; `namespace` restricts it to what is seen from one namespace.

    Parts that may not be seen are None, and their names are under `unseen`.
    """
    reader = Reader(kubernetes, namespace)
    version = kubernetes.version().git_version
    raw_nodes = reader.everywhere("v1/nodes", "nodes")
    raw_pods = reader.inside("v1/pods", "pods")
    if namespace:  # the pods of one namespace say nothing about the room on nodes
        raw_pods = None
        reader.unseen.append("pods")
    nodes = None if raw_nodes is None else rules.nodes(raw_nodes, raw_pods)
    storage = reader.everywhere("storage.k8s.io/v1/storageclasses", "storage_classes")
    ingress = reader.everywhere("networking.k8s.io/v1/ingressclasses", "ingress_classes")
    known = _versions(kubernetes)
    return {
        "version": version.lstrip("v"),
        "platform": rules.platform(raw_nodes or [], version),
        "nodes": nodes,
        "totals": None if nodes is None else rules.totals(nodes),
        "largest_pod": None if nodes is None else rules.largest_pod(nodes),
        "storage_classes": None if storage is None else rules.storage_classes(storage),
        "ingress_classes": None if ingress is None else rules.ingress_classes(ingress),
        "load_balancer": rules.load_balancer(reader.inside("v1/services", "services") or []),
        "metrics_api": None if known is None else any(one.startswith(METRICS) for one in known),
        "snapshots": None if known is None else any(one.startswith(SNAPSHOTS) for one in known),
        "namespaces": _namespaces(reader),
        "quotas": rules.quotas(reader.inside("v1/resourcequotas", "quotas") or []),
        "limit_ranges": rules.limit_ranges(reader.inside("v1/limitranges", "limit_ranges") or []),
        "unseen": reader.unseen,
    }


def _versions(kubernetes: KubernetesGateway) -> list[str] | None:
    try:
        return list(kubernetes.api_versions())
    except (Forbidden, NotFound):
        return None


def _namespaces(reader: Reader) -> list[dict[str, Any]]:
    if not reader.namespace:
        return rules.namespaces(reader.everywhere("v1/namespaces", "namespaces") or [])
    try:
        return rules.namespaces([reader.kubernetes.get(Ref("v1", "Namespace", reader.namespace))])
    except (Forbidden, NotFound):
        reader.unseen.append("namespaces")
        return [{"name": reader.namespace, "pod_security": "", "terminating": False}]


def keep(cluster: Cluster, document: dict[str, Any], now: datetime | None = None) -> None:
    """Write the document as the cluster's last known facts, dated now."""
    now = now or timezone.now()
    Cluster.objects.filter(pk=cluster.pk).update(
        inventory=document, inventory_at=now, inventory_due_at=now + timedelta(seconds=EVERY_SECONDS)
    )

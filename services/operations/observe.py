"""Reading what is there of a release: its objects as they live, their pods, claims and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anywhere.gateways.errors import Forbidden, NotFound
from anywhere.gateways.kubernetes import KubernetesGateway, Object, Ref

# The kinds whose state says whether a release works; the rest is there or Helm would have failed.
TELLING = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job", "PersistentVolumeClaim"}
TELLING_SERVICES = {"LoadBalancer"}
PLAIN = {
    "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding",
    "NetworkPolicy", "PodDisruptionBudget", "CronJob", "Service", "Ingress", "HorizontalPodAutoscaler",
    "LimitRange", "ResourceQuota", "Namespace", "PriorityClass", "StorageClass", "IngressClass",
}  # fmt: skip


@dataclass
class Seen:
    """What was read just now. `missing` are objects of the manifest that are not there."""

    objects: list[Object] = field(default_factory=list)
    pods: list[Object] = field(default_factory=list)
    claims: list[Object] = field(default_factory=list)
    events: list[Object] = field(default_factory=list)
    missing: list[Ref] = field(default_factory=list)


def look(
    kubernetes: KubernetesGateway, manifest: Sequence[Mapping[str, Any]], namespace: str, *, events: bool = True
) -> Seen:
    """Give the telling objects of a manifest as they are now, with the pods and claims that belong to them."""
    seen = Seen()
    for obj in manifest:
        kind = obj.get("kind")
        if kind in PLAIN and not (kind == "Service" and (obj.get("spec") or {}).get("type") in TELLING_SERVICES):
            continue
        ref = Ref.of(obj, namespace)
        live = kubernetes.find(ref)
        if live is None:
            seen.missing.append(ref)
        else:
            seen.objects.append(live)
    if not any(o.get("kind") in TELLING for o in seen.objects):
        return seen
    owners = {o["metadata"]["uid"] for o in seen.objects}
    replica_sets = []
    if any(o.get("kind") == "Deployment" for o in seen.objects):
        replica_sets = _owned(_list(kubernetes, "apps/v1/replicasets", namespace), owners)
        owners |= {r["metadata"]["uid"] for r in replica_sets}
    seen.pods = _owned(_list(kubernetes, "v1/pods", namespace), owners)
    seen.objects += [r for r in replica_sets if (r.get("spec") or {}).get("replicas")]
    names = claim_names(seen.pods)
    seen.claims = [
        c for c in _list(kubernetes, "v1/persistentvolumeclaims", namespace) if c["metadata"]["name"] in names
    ]
    if events:
        ours = {o["metadata"]["uid"] for o in (*seen.objects, *seen.pods, *seen.claims)} | owners
        all_events = _list(kubernetes, "v1/events", namespace)
        seen.events = [e for e in all_events if (e.get("involvedObject") or {}).get("uid") in ours]
    return seen


def claim_names(pods: Sequence[Object]) -> set[str]:
    """Give the names of the claims that pods mount."""
    volumes = (v for p in pods for v in (p.get("spec") or {}).get("volumes") or [])
    return {v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim")}


def _list(kubernetes: KubernetesGateway, resource: str, namespace: str) -> list[Object]:
    try:
        return kubernetes.list(resource, namespace)
    except (NotFound, Forbidden):
        return []


def _owned(objects: Sequence[Object], owners: set[str]) -> list[Object]:
    return [
        o
        for o in objects
        if o["metadata"]["uid"] in owners
        or any(r.get("uid") in owners for r in o["metadata"].get("ownerReferences") or [])
    ]

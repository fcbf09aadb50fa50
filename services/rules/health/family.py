"""Which pods and claims belong to which workload, by owner references and never by labels alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.rules.health.pods import is_on_lost_node
from services.rules.health.words import Raw, entries, kind_of, name_of, namespace_of, part, words

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController")
RUNNERS = (*WORKLOADS, "Job")


@dataclass
class Family:
    """A workload with its pods."""

    workload: Raw
    pods: list[Raw] = field(default_factory=list)

    @property
    def living(self) -> list[Raw]:
        """Give the pods that are not being removed (or cannot be, on a silent node) and have not ended well."""
        return [
            pod
            for pod in self.pods
            if is_on_lost_node(pod)
            or (not part(pod, "metadata", "deletionTimestamp") and words(pod, "status", "phase") != "Succeeded")
        ]


def owner(obj: Raw) -> tuple[str, str]:
    """Give (kind, name) of the controlling owner; for a Deployment's pod the Deployment, its ReplicaSet left out."""
    owners = entries(obj, "metadata", "ownerReferences")
    found = next((entry for entry in owners if entry.get("controller") is True), owners[0] if owners else {})
    kind, name = words(found, "kind"), words(found, "name")
    hashed = words(obj, "metadata", "labels", "pod-template-hash")
    if kind == "ReplicaSet" and hashed and name.endswith(f"-{hashed}"):
        return "Deployment", name.removesuffix(f"-{hashed}")
    return kind, name


def gather(objects: Sequence[Raw], pods: Sequence[Raw]) -> tuple[list[Family], list[Raw]]:
    """Give the workloads with their pods, and the pods that belong to none of them (made by an operator)."""
    families = [Family(obj) for obj in objects if kind_of(obj) in RUNNERS and not is_inner(obj)]
    index = {(kind_of(f.workload), namespace_of(f.workload), name_of(f.workload)): f for f in families}
    loose: list[Raw] = []
    for pod in pods:
        kind, name = owner(pod)
        family = index.get((kind, namespace_of(pod), name))
        if family is None and kind == "Job":
            continue
        if family is None:
            loose.append(pod)
        else:
            family.pods.append(pod)
    return families, loose


def is_inner(obj: Raw) -> bool:
    """Give whether an object is a Deployment's own ReplicaSet, whose state the Deployment tells already."""
    return kind_of(obj) == "ReplicaSet" and owner(obj)[0] == "Deployment"


def claims_of(pod: Raw) -> set[str]:
    """Give the names of the claims a pod mounts."""
    return {words(volume, "persistentVolumeClaim", "claimName") for volume in entries(pod, "spec", "volumes")} - {""}

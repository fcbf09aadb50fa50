"""What rendered objects ask of a cluster: requests for CPU and memory, pods, volumes, kinds, rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anywhere.lib import quantities
from catalog.rules.requests import at_least, autoscaled

Object = Mapping[str, Any]
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"}


@dataclass(frozen=True)
class PodDemand:
    """One kind of pod of a workload: what one asks for, and how many there will be."""

    kind: str
    name: str
    count: int
    cpu: float
    memory: float
    gpu: float


@dataclass
class Demands:
    """All that a set of rendered objects asks for. Sizes in cores and bytes."""

    pods: list[PodDemand] = field(default_factory=list)
    storage: float = 0.0
    claims: list[tuple[str, str | None, float]] = field(default_factory=list)  # (name, storage class, bytes)
    ingress_classes: list[str] = field(default_factory=list)
    load_balancers: list[str] = field(default_factory=list)
    kinds: list[tuple[str, str]] = field(default_factory=list)  # (apiVersion, kind)

    @property
    def totals(self) -> dict[str, float]:
        """Give {cpu, memory, storage, pods} of the whole."""
        return {
            "cpu": round(sum(p.cpu * p.count for p in self.pods), 3),
            "memory": sum(p.memory * p.count for p in self.pods),
            "storage": self.storage,
            "pods": sum(p.count for p in self.pods),
        }


def pod_template(obj: Object) -> Mapping[str, Any] | None:
    """Give the pod template's spec of a workload, or None for other objects."""
    spec = obj.get("spec") or {}
    kind = obj.get("kind")
    if kind == "Pod":
        return spec
    if kind == "CronJob":
        spec = ((spec.get("jobTemplate") or {}).get("spec")) or {}
    if kind in WORKLOADS:
        return (spec.get("template") or {}).get("spec") or {}
    return None


def mounted_secrets(objects: Sequence[Object]) -> set[str]:
    """Give the names of the Secrets without which a pod of the objects does not start, for it mounts them."""
    volumes = [volume for obj in objects for volume in (pod_template(obj) or {}).get("volumes") or []]
    secrets = [volume.get("secret") or {} for volume in volumes]
    return {str(secret["secretName"]) for secret in secrets if secret.get("secretName") and not secret.get("optional")}


def replicas(obj: Object) -> int:
    """Give how many pods a workload asks for (a DaemonSet counts as one)."""
    spec = obj.get("spec") or {}
    if obj.get("kind") in {"Deployment", "StatefulSet", "ReplicaSet"}:
        value = spec.get("replicas")
        return 1 if value is None else int(value)
    if obj.get("kind") == "Job":
        return int(spec.get("parallelism") or 1)
    return 0 if obj.get("kind") == "CronJob" else 1


def is_hook(obj: Object) -> bool:
    """Give whether Helm treats the object as a hook."""
    return "helm.sh/hook" in ((obj.get("metadata") or {}).get("annotations") or {})


def of(objects: Sequence[Object]) -> Demands:
    """Give what the objects ask for; hooks do not count to the sums, but their kinds do."""
    demands = Demands()
    least = autoscaled(objects)
    for obj in objects:
        pair = (str(obj.get("apiVersion")), str(obj.get("kind")))
        if pair not in demands.kinds:
            demands.kinds.append(pair)
        if is_hook(obj):
            continue
        template = pod_template(obj)
        if template is not None:
            demands.pods.append(_pod(obj, template, at_least(obj, replicas(obj), least)))
        _others(obj, demands)
    return demands


def _pod(obj: Object, template: Mapping[str, Any], count: int) -> PodDemand:
    main = [_requests(c) for c in template.get("containers") or []]
    sidecars = [_requests(c) for c in template.get("initContainers") or [] if c.get("restartPolicy") == "Always"]
    starters = [_requests(c) for c in template.get("initContainers") or [] if c.get("restartPolicy") != "Always"]
    running = [sum(column) for column in zip(*(main + sidecars), strict=True)] or [0.0, 0.0, 0.0]
    # An init container runs alone, so the pod asks for the larger of the two (Kubernetes: effective pod request).
    need = [max([total] + [starter[i] for starter in starters]) for i, total in enumerate(running)]
    return PodDemand(obj["kind"], obj["metadata"]["name"], count, *need)


def _requests(container: Mapping[str, Any]) -> tuple[float, float, float]:
    resources = container.get("resources") or {}
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    asked = {**limits, **requests}
    gpus = sum(quantities.number(v) for k, v in asked.items() if k.endswith("/gpu"))
    return quantities.number(asked.get("cpu")), quantities.number(asked.get("memory")), gpus


def _others(obj: Object, demands: Demands) -> None:
    spec = obj.get("spec") or {}
    kind, name = obj.get("kind"), obj["metadata"]["name"]
    if kind == "StatefulSet":
        for claim in spec.get("volumeClaimTemplates") or []:
            for _ in range(replicas(obj)):
                _claim(claim, f"{claim['metadata']['name']}-{name}", demands)
    elif kind == "PersistentVolumeClaim":
        _claim(obj, name, demands)
    elif kind == "Ingress":
        demands.ingress_classes.append(spec.get("ingressClassName") or "")
    elif kind == "Service" and spec.get("type") == "LoadBalancer":
        demands.load_balancers.append(name)


def _claim(claim: Object, name: str, demands: Demands) -> None:
    spec = claim.get("spec") or {}
    size = quantities.number(((spec.get("resources") or {}).get("requests") or {}).get("storage"))
    demands.storage += size
    demands.claims.append((name, spec.get("storageClassName"), size))


def containers(objects: Sequence[Object]) -> Iterator[tuple[Object, Mapping[str, Any], Mapping[str, Any]]]:
    """Give (object, pod spec, container) for every container of every workload, hooks too."""
    for obj in objects:
        template = pod_template(obj)
        for key in ("initContainers", "containers"):
            for container in (template or {}).get(key) or []:
                yield obj, template or {}, container

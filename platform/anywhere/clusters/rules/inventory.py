"""What a cluster has: pure sums over raw nodes, pods and classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from anywhere.lib.quantities import number

Object = Mapping[str, Any]
ROLE_LABEL = "node-role.kubernetes.io/"
ZONE_LABELS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
DEFAULT_INGRESS = "ingressclass.kubernetes.io/is-default-class"
GPU_SUFFIX = "/gpu"
SECURITY_LABEL = "pod-security.kubernetes.io/enforce"


def room(cpu: float = 0.0, memory: int = 0, pods: int = 0, gpu: int = 0) -> dict[str, Any]:
    """Give an amount: cores, bytes, pieces."""
    return {"cpu": round(cpu, 3), "memory": int(memory), "pods": int(pods), "gpu": int(gpu)}


def amount(resources: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give an amount of a raw resource list; what cannot be read counts as 0."""
    given = resources or {}
    gpus = sum(_number(value) for name, value in given.items() if name.endswith(GPU_SUFFIX))
    return room(
        _number(given.get("cpu")), int(_number(given.get("memory"))), int(_number(given.get("pods"))), int(gpus)
    )


def pod_request(pod: Object) -> dict[str, Any]:
    """Give what the scheduler counts for a pod: containers and sidecars summed, or the largest init container if more.

    A sidecar (an init container that restarts always) counts beside everything that starts after it.
    """
    spec = pod.get("spec") or {}
    running = _request(spec.get("containers"))
    beside: dict[str, float] = {}
    largest: dict[str, float] = {}
    for container in spec.get("initContainers") or []:
        wanted = _request([container])
        if container.get("restartPolicy") == "Always":
            beside = _plus(beside, wanted)
        else:
            largest = _most(largest, _plus(beside, wanted))
    total = _most(_plus(running, beside), largest)
    declared = _resources((spec.get("resources") or {}).get("requests"))
    total = {**total, **declared}
    total = _plus(total, _resources(spec.get("overhead")))
    return room(total.get("cpu", 0), int(total.get("memory", 0)), 1, int(total.get("gpu", 0)))


def is_counted(pod: Object) -> bool:
    """Tell whether a pod takes room: it has a node and has not ended."""
    phase = (pod.get("status") or {}).get("phase")
    return bool((pod.get("spec") or {}).get("nodeName")) and phase not in {"Succeeded", "Failed"}


def nodes(raw_nodes: Sequence[Object], raw_pods: Iterable[Object] | None) -> list[dict[str, Any]]:
    """Give the nodes with what they offer and what their pods ask for; `requested` is None when pods are not seen."""
    asked: dict[str, dict[str, Any]] = {}
    for pod in raw_pods or ():
        if is_counted(pod):
            name = pod["spec"]["nodeName"]
            asked[name] = add(asked.get(name, room()), pod_request(pod))
    return [
        {
            "name": name_of(node),
            "zone": next((labels(node)[key] for key in ZONE_LABELS if key in labels(node)), ""),
            "ready": is_ready(node),
            "roles": sorted(key.removeprefix(ROLE_LABEL) for key in labels(node) if key.startswith(ROLE_LABEL)),
            "unschedulable": keeps_away(node),
            "taints": [_taint(taint) for taint in (node.get("spec") or {}).get("taints") or []][:20],
            "allocatable": amount((node.get("status") or {}).get("allocatable")),
            "requested": None if raw_pods is None else asked.get(name_of(node), room()),
        }
        for node in raw_nodes
    ]


def keeps_away(node: Object) -> bool:
    """Tell whether an ordinary pod is kept off a node: it is cordoned, or a taint says so."""
    spec = node.get("spec") or {}
    tainted = any(taint.get("effect") in {"NoSchedule", "NoExecute"} for taint in spec.get("taints") or [])
    return bool(spec.get("unschedulable")) or tainted


def is_usable(node: Mapping[str, Any]) -> bool:
    """Tell whether ordinary pods may be put on a node of `nodes`."""
    return bool(node["ready"]) and not node["unschedulable"]


def is_ready(node: Object) -> bool:
    """Tell whether a raw node says it is ready."""
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def totals(shown: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the sums over nodes that ordinary pods may use; `requested` is None when pods are not seen."""
    usable = [node for node in shown if is_usable(node)]
    seen = all(node["requested"] is not None for node in usable)
    return {
        "allocatable": total(node["allocatable"] for node in usable),
        "requested": total(node["requested"] for node in usable) if seen else None,
    }


def free(node: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is left on a node, never less than nothing."""
    offered, asked = node["allocatable"], node["requested"] or room()
    return room(
        max(0.0, offered["cpu"] - asked["cpu"]),
        max(0, offered["memory"] - asked["memory"]),
        max(0, offered["pods"] - asked["pods"]),
        max(0, offered["gpu"] - asked["gpu"]),
    )


def largest_pod(shown: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Give the largest single pod that fits now, with its node; None when no node can be used or pods are not seen."""
    usable = [node for node in shown if is_usable(node) and node["requested"] is not None]
    left = [(free(node), node["name"]) for node in usable]
    left = [(space, name) for space, name in left if space["pods"] > 0]
    if not left:
        return None
    largest_cpu = max(space["cpu"] for space, _ in left) or 1
    largest_memory = max(space["memory"] for space, _ in left) or 1
    space, name = max(left, key=lambda one: one[0]["cpu"] / largest_cpu + one[0]["memory"] / largest_memory)
    return {"cpu": space["cpu"], "memory": space["memory"], "node": name}


def storage_classes(raw: Iterable[Object]) -> list[dict[str, Any]]:
    """Give the storage classes; at most one is the default (the newest of several, as the cluster chooses)."""
    found = [
        {
            "name": name_of(one),
            "is_default": any(notes_of(one).get(key) == "true" for key in DEFAULT_CLASS),
            "expandable": bool(one.get("allowVolumeExpansion")),
            "provisioner": one.get("provisioner", ""),
            "binding": one.get("volumeBindingMode") or "Immediate",
            "_made": (one.get("metadata") or {}).get("creationTimestamp") or "",
        }
        for one in raw
    ]
    default = max((one for one in found if one["is_default"]), key=lambda one: one["_made"], default=None)
    for one in found:
        one["is_default"] = one is default
        del one["_made"]
    return sorted(found, key=lambda one: (not one["is_default"], one["name"]))


def ingress_classes(raw: Iterable[Object]) -> list[dict[str, Any]]:
    """Give the ingress classes, the default first."""
    found = [{"name": name_of(one), "is_default": notes_of(one).get(DEFAULT_INGRESS) == "true"} for one in raw]
    return sorted(found, key=lambda one: (not one["is_default"], one["name"]))


def load_balancer(services: Iterable[Object]) -> dict[str, Any]:
    """Give whether LoadBalancer services get an address, as seen: None when none has been tried."""
    with_address: list[str] = []
    without: list[str] = []
    for service in services:
        if (service.get("spec") or {}).get("type") != "LoadBalancer":
            continue
        ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress")
        (with_address if ingress else without).append(f"{namespace_of(service)}/{name_of(service)}")
    if with_address:
        return {"supported": True, "evidence": f"{with_address[0]} has an address."}
    if without:
        return {"supported": False, "evidence": f"{without[0]} waits for an address."}
    return {"supported": None, "evidence": "No service of type LoadBalancer has been seen."}


def namespaces(raw: Iterable[Object]) -> list[dict[str, Any]]:
    """Give the namespaces with the Pod Security level they enforce ("" for none)."""
    found = [
        {
            "name": name_of(one),
            "pod_security": labels(one).get(SECURITY_LABEL, ""),
            "terminating": (one.get("status") or {}).get("phase") == "Terminating",
        }
        for one in raw
    ]
    return sorted(found, key=lambda one: str(one["name"]))


def quotas(raw: Iterable[Object]) -> list[dict[str, Any]]:
    """Give the quotas: what is allowed and what is used, as the cluster writes it."""
    return [
        {
            "namespace": namespace_of(one),
            "name": name_of(one),
            "hard": dict((one.get("status") or {}).get("hard") or (one.get("spec") or {}).get("hard") or {}),
            "used": dict((one.get("status") or {}).get("used") or {}),
            "scoped": bool((one.get("spec") or {}).get("scopes") or (one.get("spec") or {}).get("scopeSelector")),
        }
        for one in raw
    ]


def limit_ranges(raw: Iterable[Object]) -> list[dict[str, Any]]:
    """Give the limit ranges of each namespace, as the cluster writes them."""
    return [
        {
            "namespace": namespace_of(one),
            "name": name_of(one),
            "limits": list((one.get("spec") or {}).get("limits") or []),
        }
        for one in raw
    ]


def platform(raw_nodes: Sequence[Object], git_version: str) -> str:
    """Give the kind of cluster as far as its version and its nodes tell: EKS, GKE, AKS, k3s…, or ""."""
    marks = {"-eks-": "EKS", "-gke.": "GKE", "+k3s": "k3s", "+rke2": "RKE2", "+k0s": "k0s", "-aks": "AKS"}
    for mark, name in marks.items():
        if mark in git_version:
            return name
    providers = {"aws": "AWS", "gce": "Google Cloud", "azure": "Azure", "openstack": "OpenStack", "kind": "kind"}
    known = {**providers, "digitalocean": "DigitalOcean", "hcloud": "Hetzner", "vsphere": "vSphere"}
    for node in raw_nodes:
        if any(key.startswith("kubernetes.azure.com/") for key in labels(node)):
            return "AKS"
        provider = str((node.get("spec") or {}).get("providerID") or "").split(":", 1)[0]
        if provider in known:
            return known[provider]
    return ""


def add(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Give the sum of two amounts."""
    return room(*(one[key] + other[key] for key in ("cpu", "memory", "pods", "gpu")))


def total(amounts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the sum of amounts."""
    found = room()
    for one in amounts:
        found = add(found, one)
    return found


def name_of(obj: Object) -> str:
    """Give an object's name."""
    return str((obj.get("metadata") or {}).get("name") or "")


def namespace_of(obj: Object) -> str:
    """Give an object's namespace, "" for none."""
    return str((obj.get("metadata") or {}).get("namespace") or "")


def labels(obj: Object) -> Mapping[str, str]:
    """Give an object's labels."""
    return (obj.get("metadata") or {}).get("labels") or {}


def notes_of(obj: Object) -> Mapping[str, str]:
    """Give an object's annotations."""
    return (obj.get("metadata") or {}).get("annotations") or {}


def _taint(taint: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(taint.get(key) or "") for key in ("key", "value", "effect")}


def _number(value: Any) -> float:
    try:
        return number(value)
    except (ValueError, TypeError, AttributeError):
        return 0.0


def _resources(given: Mapping[str, Any] | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in (given or {}).items():
        key = "gpu" if name.endswith(GPU_SUFFIX) else name
        if key in {"cpu", "memory", "gpu"}:
            found[key] = found.get(key, 0.0) + _number(value)
    return found


def _request(containers: Sequence[Object] | None) -> dict[str, float]:
    found: dict[str, float] = {}
    for container in containers or []:
        resources = container.get("resources") or {}
        found = _plus(found, {**_resources(resources.get("limits")), **_resources(resources.get("requests"))})
    return found


def _plus(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {key: one.get(key, 0.0) + other.get(key, 0.0) for key in {*one, *other}}


def _most(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {key: max(one.get(key, 0.0), other.get(key, 0.0)) for key in {*one, *other}}

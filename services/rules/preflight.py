"""Whether a set of rendered objects fits a cluster, and if not, why and what to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from anywhere.clusters.rules.findings import Finding
from anywhere.lib import quantities
from services.rules import demands
from services.rules.pod_security import violations

Object = Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """What is known of a cluster and the namespace: from the inventory, and asked just now.

    `inventory` is the cluster's inventory document (None: never seen); `kinds` the served (apiVersion, kind) pairs
    (None: not known); `denied` the (verb, resource) pairs the credential may not do; `quotas` and `limit_ranges` are
    the namespace's raw objects; `unbound` the Secrets of other services that are asked for and not there.
    """

    inventory: Mapping[str, Any] | None
    kinds: frozenset[tuple[str, str]] | None = None
    denied: Sequence[tuple[str, str]] = ()
    quotas: Sequence[Object] = ()
    limit_ranges: Sequence[Object] = ()
    namespace_exists: bool = False
    namespace_terminating: bool = False
    may_create_namespace: bool = True
    pod_security: str = ""
    name_taken_by: str = ""
    only_namespace: str = ""
    namespace: str = ""
    unbound: Sequence[str] = ()


def verdict(findings: Sequence[Finding]) -> str:
    """Give "no" when there is an error, "risk" when there is a warning, else "fits"."""
    levels = {finding.level for finding in findings}
    return "no" if "error" in levels else "risk" if "warning" in levels else "fits"


def as_documents(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Give the findings as JSON, worst first."""
    order = ["error", "warning", "note"]
    return [finding.as_dict() for finding in sorted(findings, key=lambda f: order.index(f.level))]


def assess(
    objects: Sequence[Object], facts: Facts, requires: Mapping[str, Any], upgrade: bool = False
) -> list[Finding]:
    """Give everything that stands against installing the objects (or, with upgrade, against changing to them)."""
    asked = demands.of(objects)
    found = [*_names(facts, upgrade), *_bindings(facts), *_rights(facts), *_kinds(asked, facts)]
    found += _policy(objects, facts)
    if facts.inventory is None:
        found.append(
            Finding(
                "warning",
                "preflight.inventory_missing",
                "The cluster's room is not known yet",
                "Its nodes and storage have not been read.",
                "Refresh the cluster, then check again.",
            )  # fmt: skip
        )
        return found
    found += _version(facts, requires)
    found += _storage(asked, facts) + _ingress(asked, facts)
    if not upgrade:
        found += _room(asked, facts) + _quota(asked, facts)
    found += _limits(objects, facts)
    return found


@dataclass(frozen=True)
class Part:
    """One of several services that are to be installed side by side in one namespace."""

    title: str
    objects: Sequence[Object]
    requires: Mapping[str, Any]
    name_taken_by: str = ""


def assess_together(parts: Sequence[Part], facts: Facts) -> list[Finding]:
    """Give everything that stands against installing all parts: against each of them, then against their sum."""
    said: dict[Finding, list[str]] = {}
    for part in parts:
        for finding in assess(part.objects, replace(facts, name_taken_by=part.name_taken_by), part.requires):
            said.setdefault(finding, []).append(part.title)
    found = [
        finding if len(titles) == len(parts) else replace(finding, title=f"{', '.join(titles)}: {finding.title}")
        for finding, titles in said.items()
    ]
    codes = {finding.code for finding in said}
    if facts.inventory is not None:
        everything = demands.of([obj for part in parts for obj in part.objects])
        if not codes & {"preflight.no_room", "preflight.pod_too_large"}:
            found += _room(everything, facts)
        if "preflight.quota" not in codes:
            found += _quota(everything, facts)
    return found


def _names(facts: Facts, upgrade: bool) -> list[Finding]:
    found = []
    if facts.name_taken_by and not upgrade:
        found.append(Finding("error", "preflight.name_taken", "The name is taken", facts.name_taken_by,
                             "Choose another name.", "name"))  # fmt: skip
    if facts.namespace_terminating:
        found.append(Finding("error", "preflight.namespace_terminating", "The namespace is being deleted",
                             f"{facts.namespace} is going away.", "Wait until it is gone, or choose another.",
                             "namespace"))  # fmt: skip
    if facts.only_namespace and facts.namespace != facts.only_namespace:
        found.append(Finding("error", "preflight.namespace_not_allowed", "Only one namespace may be used",
                             f"The access to this cluster is restricted to {facts.only_namespace}.",
                             f"Choose the namespace {facts.only_namespace}.", "namespace"))  # fmt: skip
    elif not facts.namespace_exists and not facts.may_create_namespace:
        found.append(Finding("error", "preflight.namespace_missing", "The namespace does not exist",
                             f"{facts.namespace} is not there and the credential may not create it.",
                             "Choose one that exists, or ask an administrator to create it.", "namespace"))  # fmt: skip
    return found


def _bindings(facts: Facts) -> list[Finding]:
    return [
        Finding("error", "preflight.binding_missing", f"There is no Secret {name}",
                f"It is not in {facts.namespace}, and the service is to be bound with it.",
                "Choose a service of this namespace, install it there first, or leave the value empty.")
        for name in facts.unbound
    ]  # fmt: skip


def _rights(facts: Facts) -> list[Finding]:
    if not facts.denied:
        return []
    what = ", ".join(f"{verb} {resource}" for verb, resource in facts.denied[:5])
    return [
        Finding("error", "preflight.forbidden", "Permissions are missing", f"The credential may not {what}.",
                "Replace the credential by one that may, or ask the cluster's administrator for these rights.")
    ]  # fmt: skip


def _kinds(asked: demands.Demands, facts: Facts) -> list[Finding]:
    if facts.kinds is None:
        return []
    missing = [f"{kind} ({version})" for version, kind in asked.kinds if (version, kind) not in facts.kinds]
    if not missing:
        return []
    return [
        Finding("error", "preflight.kind_missing", "The cluster does not know some objects", ", ".join(missing),
                "Install what defines them (an operator, for example) on the cluster first.")
    ]  # fmt: skip


def _version(facts: Facts, requires: Mapping[str, Any]) -> list[Finding]:
    wanted = str(requires.get("kubernetes") or "")
    minimum = tuple(int(p) for p in wanted.lstrip(">=~^v ").split("-")[0].split(".")[:2] if p.isdigit())
    seen = str((facts.inventory or {}).get("version") or "").lstrip("v").split(".")
    have = tuple(int("".join(c for c in p if c.isdigit()) or 0) for p in seen[:2])
    if wanted.startswith(">=") and len(minimum) == 2 and len(have) == 2 and have < minimum:
        return [
            Finding("error", "preflight.version", "The cluster is too old",
                    f"It runs Kubernetes {'.'.join(seen[:2])}; at least {'.'.join(map(str, minimum))} is needed.",
                    "Upgrade the cluster or choose another.", "cluster")
        ]  # fmt: skip
    return []


def _storage(asked: demands.Demands, facts: Facts) -> list[Finding]:
    classes = {c["name"]: c for c in (facts.inventory or {}).get("storage_classes") or []}
    if not asked.claims:
        return []
    found = []
    for wanted in sorted({name for _, name, _ in asked.claims if name}):
        if classes and wanted not in classes:
            have = ", ".join(sorted(classes))
            found.append(Finding("error", "preflight.storage_class_missing", f"There is no storage class {wanted}",
                                 f"The cluster has: {have}.", "Choose one of these.", "storageClass"))  # fmt: skip
    has_default = any(c.get("is_default") for c in classes.values())
    if any(name is None for _, name, _ in asked.claims) and not has_default:
        if classes:
            found.append(Finding("error", "preflight.no_default_storage_class", "There is no default storage class",
                                 "The volumes name none, and the cluster has no default.",
                                 f"Choose one: {', '.join(sorted(classes))}.", "storageClass"))  # fmt: skip
        elif (facts.inventory or {}).get("storage_classes") is not None:
            found.append(Finding("error", "preflight.no_storage", "The cluster offers no volumes",
                                 "It has no storage class.", "Add one to the cluster, or turn the volume off.",
                                 "storageClass"))  # fmt: skip
    return found


def _ingress(asked: demands.Demands, facts: Facts) -> list[Finding]:
    inventory = facts.inventory or {}
    classes = {c["name"]: c for c in inventory.get("ingress_classes") or []}
    found = []
    for wanted in asked.ingress_classes:
        if wanted and wanted not in classes:
            found.append(Finding("error", "preflight.ingress_class_missing", f"There is no ingress class {wanted}",
                                 f"The cluster has: {', '.join(sorted(classes)) or 'none'}.", "Choose another.",
                                 "ingressClass"))  # fmt: skip
        elif not classes:
            found.append(Finding("warning", "preflight.no_ingress", "Nothing serves ingresses here",
                                 "The cluster has no ingress class, so the address will not answer.",
                                 "Install an ingress controller, or connect from inside the cluster."))  # fmt: skip
    if asked.load_balancers and (inventory.get("load_balancer") or {}).get("supported") is False:
        found.append(Finding("warning", "preflight.no_load_balancer", "Load balancers get no address here",
                             str((inventory.get("load_balancer") or {}).get("evidence") or ""),
                             "Connect from inside the cluster or by port-forward."))  # fmt: skip
    return found


def _room(asked: demands.Demands, facts: Facts) -> list[Finding]:
    nodes = [n for n in (facts.inventory or {}).get("nodes") or [] if n.get("ready") and not n.get("unschedulable")]
    if not nodes or not asked.pods:
        return []
    free = [{k: _free(n, k) for k in ("cpu", "memory", "pods", "gpu")} for n in nodes]
    for pod in asked.pods:
        if pod.count and not any(_fits(pod, room) for room in free):
            return [_too_large(pod, nodes, free)]
    if _place(asked.pods, free):
        return []
    totals = asked.totals
    left = {k: sum(max(room[k], 0) for room in free) for k in ("cpu", "memory")}
    return [
        Finding("error", "preflight.no_room", "There is not enough room",
                f"It asks for {quantities.cores(totals['cpu'])} and {quantities.size(totals['memory'])} in "
                f"{totals['pods']:.0f} pods; {quantities.cores(left['cpu'])} and {quantities.size(left['memory'])} are "
                f"free on {len(nodes)} nodes, and they do not fit beside what runs there.",
                "Choose a smaller plan, fewer replicas, or a cluster with more room.", "plan")
    ]  # fmt: skip


def _free(node: Mapping[str, Any], key: str) -> float:
    have = float((node.get("allocatable") or {}).get(key) or 0)
    return have - float((node.get("requested") or {}).get(key) or 0)


def _fits(pod: demands.PodDemand, room: Mapping[str, float]) -> bool:
    return pod.cpu <= room["cpu"] and pod.memory <= room["memory"] and pod.gpu <= room["gpu"] and room["pods"] >= 1


def _too_large(pod: demands.PodDemand, nodes: Sequence[Any], free: Sequence[Mapping[str, float]]) -> Finding:
    largest = {k: max(room[k] for room in free) for k in ("cpu", "memory", "gpu")}
    lacks = []
    if pod.memory > largest["memory"]:
        lacks.append(f"0/{len(nodes)} nodes have {quantities.size(pod.memory)} free; the most is "
                     f"{quantities.size(max(largest['memory'], 0))}")  # fmt: skip
    if pod.cpu > largest["cpu"]:
        lacks.append(f"0/{len(nodes)} nodes have {quantities.cores(pod.cpu)} free; the most is "
                     f"{quantities.cores(max(largest['cpu'], 0))}")  # fmt: skip
    if pod.gpu > largest["gpu"]:
        lacks.append(f"0/{len(nodes)} nodes have {pod.gpu:.0f} GPUs free")
    return Finding(
        "error", "preflight.pod_too_large", f"No node has room for {pod.name}",
        ("; ".join(lacks) or "No single node has enough CPU and memory at once") + ".",
        "Choose a smaller plan or a cluster with larger nodes.", "plan",
    )  # fmt: skip


def _place(pods: Sequence[demands.PodDemand], free: Sequence[dict[str, float]]) -> bool:
    """Give whether all pods find a node, largest first, each on the emptiest node."""
    rooms = [dict(room) for room in free]
    single = [pod for pod in pods for _ in range(pod.count)]
    for pod in sorted(single, key=lambda p: (p.memory, p.cpu), reverse=True):
        fitting = [room for room in rooms if _fits(pod, room)]
        if not fitting:
            return False
        room = max(fitting, key=lambda r: (r["memory"], r["cpu"]))
        room["cpu"] -= pod.cpu
        room["memory"] -= pod.memory
        room["gpu"] -= pod.gpu
        room["pods"] -= 1
    return True


def _quota(asked: demands.Demands, facts: Facts) -> list[Finding]:
    totals = asked.totals
    needs = {
        "cpu": totals["cpu"], "requests.cpu": totals["cpu"], "memory": totals["memory"],
        "requests.memory": totals["memory"], "requests.storage": totals["storage"], "pods": totals["pods"],
        "persistentvolumeclaims": len(asked.claims),
    }  # fmt: skip
    found = []
    for quota in facts.quotas:
        status = quota.get("status") or {}
        hard = status.get("hard") or (quota.get("spec") or {}).get("hard") or {}
        for key, limit in hard.items():
            left = quantities.number(limit) - quantities.number((status.get("used") or {}).get(key))
            need = needs.get(key, 0)
            if need > left + 1e-9:
                found.append(Finding("error", "preflight.quota", "The namespace's quota leaves no room",
                                     f"{quota['metadata']['name']} leaves {_amount(key, max(left, 0))} of {key}; "
                                     f"{_amount(key, need)} are asked for.",
                                     "Choose a smaller plan or another namespace, or ask for a larger quota.",
                                     "namespace"))  # fmt: skip
    return found


def _amount(key: str, value: float) -> str:
    if "memory" in key or "storage" in key:
        return quantities.size(value)
    return quantities.cores(value) if "cpu" in key else f"{value:.0f}"


def _limits(objects: Sequence[Object], facts: Facts) -> list[Finding]:
    found = []
    rules = [r for lr in facts.limit_ranges for r in (lr.get("spec") or {}).get("limits") or []]
    for rule in (r for r in rules if r.get("type") == "Container"):
        for obj, _, container in demands.containers(objects):
            resources = container.get("resources") or {}
            for key, ceiling in (rule.get("max") or {}).items():
                asked = (resources.get("limits") or {}).get(key) or (resources.get("requests") or {}).get(key)
                if asked is not None and quantities.number(asked) > quantities.number(ceiling):
                    found.append(_beyond(obj, container, f"{key} {asked} is above the namespace's maximum {ceiling}"))
            for key, floor in (rule.get("min") or {}).items():
                asked = (resources.get("requests") or {}).get(key)
                if asked is not None and quantities.number(asked) < quantities.number(floor):
                    found.append(_beyond(obj, container, f"{key} {asked} is below the namespace's minimum {floor}"))
    return found


def _beyond(obj: Object, container: Mapping[str, Any], what: str) -> Finding:
    return Finding("error", "preflight.limit_range", "The namespace limits what a container may ask for",
                   f"{obj['metadata']['name']}/{container.get('name')}: {what}.",
                   "Choose another plan or namespace.", "plan")  # fmt: skip


def _policy(objects: Sequence[Object], facts: Facts) -> list[Finding]:
    if facts.pod_security not in {"baseline", "restricted"}:
        return []
    broken = violations(objects, facts.pod_security)
    if not broken:
        return []
    return [
        Finding("error", "preflight.pod_security", f"The namespace enforces {facts.pod_security} Pod Security",
                "; ".join(broken[:5]) + ".", "Choose another namespace, or ask the package's provider.", "namespace")
    ]  # fmt: skip

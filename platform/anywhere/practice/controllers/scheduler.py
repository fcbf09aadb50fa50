"""The scheduler: which node a pod fits on, or why none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from anywhere.practice import events, pods
from anywhere.practice.clock import quantity, stamp
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import edit
from anywhere.practice.selectors import expressions_match, selector_matches
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

RETRY_SECONDS = 20.0
SELECTED_NODE = "volume.kubernetes.io/selected-node"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_NOT_HELPFUL = "Preemption is not helpful for scheduling"


def node_refusal(spec: Obj, node: Obj) -> str:
    """Why a node refuses a pod by its labels and taints, empty when it does not."""
    labels = node["metadata"].get("labels") or {}
    taints = [*(node.get("spec", {}).get("taints") or [])]
    if node.get("spec", {}).get("unschedulable"):
        taints.append({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
    for taint in taints:
        if taint.get("effect") in ("NoSchedule", "NoExecute") and not any(
            _tolerates(t, taint) for t in spec.get("tolerations") or []
        ):
            return (
                "node(s) were unschedulable"
                if taint["key"].endswith("/unschedulable")
                else ("node(s) had untolerated taint(s)")
            )
    if any(labels.get(k) != v for k, v in (spec.get("nodeSelector") or {}).items()):
        return "node(s) didn't match Pod's node affinity/selector"
    terms = (((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(_REQUIRED) or {}).get("nodeSelectorTerms")
    if terms and not any(_term_matches(term, node, labels) for term in terms):
        return "node(s) didn't match Pod's node affinity/selector"
    return ""


def _term_matches(term: Obj, node: Obj, labels: dict[str, str]) -> bool:
    fields = {"metadata.name": node["metadata"]["name"]}
    return expressions_match(term.get("matchExpressions") or [], labels) and expressions_match(
        term.get("matchFields") or [], fields
    )


def _tolerates(toleration: Obj, taint: Obj) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("operator") == "Exists":
        return not toleration.get("key") or toleration["key"] == taint["key"]
    return toleration.get("key") == taint["key"] and (toleration.get("value") or "") == (taint.get("value") or "")


def _neighbours(cluster: Cluster, pod: Obj) -> list[Obj]:
    spec = pod["spec"]
    affinity = spec.get("affinity") or {}
    if not (affinity.get("podAntiAffinity") or affinity.get("podAffinity") or spec.get("topologySpreadConstraints")):
        return []
    found = (e.obj() for e in cluster.store.each("pods", pod["metadata"]["namespace"]))
    return [p for p in found if p["spec"].get("nodeName") and pods.is_active(p)]


def _spread_refusal(pod: Obj, node: Obj, nodes: dict[str, Obj], neighbours: list[Obj]) -> str:
    labels = node["metadata"].get("labels") or {}

    def domain(neighbour: Obj, key: str) -> str | None:
        other = nodes.get(neighbour["spec"]["nodeName"])
        return ((other or {}).get("metadata", {}).get("labels") or {}).get(key)

    affinity = pod["spec"].get("affinity") or {}
    for kind, together in (("podAntiAffinity", False), ("podAffinity", True)):
        for term in (affinity.get(kind) or {}).get(_REQUIRED) or []:
            matching = [
                p for p in neighbours if selector_matches(term.get("labelSelector"), p["metadata"].get("labels") or {})
            ]
            here = any(domain(p, term["topologyKey"]) == labels.get(term["topologyKey"]) for p in matching)
            own = selector_matches(term.get("labelSelector"), pod["metadata"].get("labels") or {})
            if not together and here:
                return "node(s) didn't match pod anti-affinity rules"
            if together and not here and not (own and not matching):
                return "node(s) didn't match pod affinity rules"
    for rule in pod["spec"].get("topologySpreadConstraints") or []:
        if rule.get("whenUnsatisfiable", "DoNotSchedule") != "DoNotSchedule":
            continue
        key = rule["topologyKey"]
        counts = Counter({(n["metadata"].get("labels") or {}).get(key): 0 for n in nodes.values()})
        counts.update(
            domain(p, key)
            for p in neighbours
            if selector_matches(rule.get("labelSelector"), p["metadata"].get("labels") or {})
        )
        if counts[labels.get(key)] + 1 - min(counts.values()) > rule.get("maxSkew", 1):
            return "node(s) didn't match pod topology spread constraints"
    return ""


def _lacks(cluster: Cluster, pod: Obj, node: Obj) -> tuple[list[str], bool]:
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    used = cluster.controllers.capacity.used(node["metadata"]["name"])
    found, never = [], False
    if used.get("pods", Decimal(0)) + 1 > quantity(allocatable.get("pods", 110)):
        found.append("Too many pods")
    for name, value in pods.asked(pod["spec"]).items():
        total = quantity(allocatable.get(name))
        if value and used.get(name, Decimal(0)) + value > total:
            found.append(f"Insufficient {name}")
            never = never or value > total
    return found, never


def place(cluster: Cluster, pod: Obj) -> tuple[str, str]:
    """The node for a pod and nothing, or nothing and the scheduler's words why there is none."""
    nodes = {e.name: e.obj() for e in cluster.store.each("nodes")}
    neighbours = _neighbours(cluster, pod)
    reasons: Counter[str] = Counter()
    after: Counter[str] = Counter()
    free: list[str] = []
    for name, node in nodes.items():
        why = node_refusal(pod["spec"], node) or _spread_refusal(pod, node, nodes, neighbours)
        lacks, never = ([why], "anti-affinity" not in why) if why else _lacks(cluster, pod, node)
        reasons.update(lacks)
        if lacks:
            after[_NOT_HELPFUL if never else "No preemption victims found for incoming pod"] += 1
        else:
            free.append(name)
    if free:
        return _choose(cluster, pod, free), ""
    return "", unschedulable(len(nodes), ", ".join(sorted(f"{n} {why}" for why, n in reasons.items())), after)


def unschedulable(nodes: int, why: str, after: Counter[str]) -> str:
    """The scheduler's sentence for a pod that fits on no node."""
    helps = ", ".join(sorted(f"{n} {text}" for text, n in after.items()))
    return (
        f"0/{nodes} nodes are available: {why}. no new claims to deallocate, "
        f"preemption: 0/{nodes} nodes are available: {helps}."
    )


def unbindable(cluster: Cluster, why: str) -> str:
    """The scheduler's sentence for a pod whose volumes keep it from every node (its odd end is the real one's)."""
    return f"0/{cluster.store.count('nodes')} nodes are available: {why}. not found"


def _choose(cluster: Cluster, pod: Obj, free: list[str]) -> str:
    owner = pods.controller_of(pod).get("uid", "")
    siblings = (
        Counter(e.obj()["spec"].get("nodeName") for e in cluster.store.owned(owner, "pods")) if owner else Counter()
    )

    def load(name: str) -> tuple[int, Decimal, Decimal, str]:
        used = cluster.controllers.capacity.used(name)
        return siblings[name], used.get("pods", Decimal(0)), used.get("cpu", Decimal(0)), name

    return min(free, key=load)


def _volumes_refuse(cluster: Cluster, pod: Obj) -> tuple[str, list[Entry]]:
    unbound: list[Entry] = []
    for name in pods.claims(pod):
        entry = cluster.store.get("persistentvolumeclaims", pod["metadata"]["namespace"], name)
        if entry is None:
            return f'persistentvolumeclaim "{name}" not found', []
        claim = entry.obj()
        if entry.terminating:
            return f'persistentvolumeclaim "{name}" is being deleted', []
        if (claim.get("status") or {}).get("phase") == "Bound":
            continue
        kind = cluster.store.get("storageclasses.storage.k8s.io", "", claim["spec"].get("storageClassName") or "")
        if kind is None or kind.obj().get("volumeBindingMode") != "WaitForFirstConsumer":
            return "pod has unbound immediate PersistentVolumeClaims", []
        unbound.append(entry)
    return "", unbound


def schedule(cluster: Cluster, entry: Entry, bind: Callable[[Obj, str], None]) -> None:
    """Bind a pod to a node, ask for its volumes there first, or say why it cannot run."""
    pod = entry.obj()
    why, unbound = _volumes_refuse(cluster, pod)
    node, sentence = ("", unbindable(cluster, why)) if why else place(cluster, pod)
    if not node:
        _refuse(cluster, entry, pod, sentence)
        return
    if unbound:
        for claim in unbound:
            if SELECTED_NODE not in (claim.obj()["metadata"].get("annotations") or {}):
                edit(
                    cluster,
                    cluster.resource("persistentvolumeclaims"),
                    claim,
                    lambda obj: obj["metadata"].setdefault("annotations", {}).update({SELECTED_NODE: node}),
                )
        cluster.controllers.waiting.add((entry.key, entry.namespace, entry.name))
        return
    events.tell(
        cluster,
        pod,
        "Normal",
        "Scheduled",
        f"Successfully assigned {entry.namespace}/{entry.name} to {node}",
        "default-scheduler",
    )
    bind(pod, node)


def _refuse(cluster: Cluster, entry: Entry, pod: Obj, sentence: str) -> None:
    had = pods.condition(pod, "PodScheduled")
    if had.get("message") != sentence:
        pods.set_condition(pod.setdefault("status", {}), "PodScheduled", "False", stamp(), "Unschedulable", sentence)
        cluster.store.put("pods", pod)
        events.tell(cluster, pod, "Warning", "FailedScheduling", sentence, "default-scheduler")
    cluster.controllers.waiting.add((entry.key, entry.namespace, entry.name))
    cluster.controllers.again(entry, RETRY_SECONDS)

"""Why no node takes a pod, from the scheduler's sentence and the pod's own requests."""

from __future__ import annotations

import re
from datetime import datetime

from services.rules.health.words import Cause, Raw, age, entries, name_of, namespace_of, sentence, shorten, table, words

PATIENCE = 8.0
CHANGE = {"action": "change", "title": "Ask for less", "detail": "Choose a smaller plan or lower requests."}
RETRY = {"action": "retry", "title": "Try again", "detail": "After the cluster has room."}

_NODES = re.compile(r"(\d+)/(\d+) nodes? (?:are|is) available")
_SHORT = re.compile(r"(\d+) Insufficient ([\w./-]+)")
_CLAIM = re.compile(r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim \"[^\"]*\" not found", re.I)
_VOLUME = re.compile(r"volume node affinity conflict|didn't find available persistent volumes", re.I)
_PASSING = re.compile(
    r"node\.kubernetes\.io/(not-ready|unreachable)|were unschedulable|network-unavailable|uninitialized"
)
_TAINT = re.compile(r"untolerated taint(?:\(s\))?(?: \{([^}]*)\})?")

_UNITS = {
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "m": 0.001,
}


def amount(text: object) -> float:
    """Give a Kubernetes quantity as a number, 0 when it cannot be read."""
    found = re.fullmatch(r"([0-9.]+)(?:e(\d+))?([A-Za-z]*)", str(text).strip())
    if not found:
        return 0.0
    try:
        return float(found[1]) * 10 ** int(found[2] or 0) * _UNITS.get(found[3], 1)
    except ValueError:
        return 0.0


def requests(pod: Raw, resource: str) -> float:
    """Give what a pod asks of a resource: the sum of its containers, or its largest init container."""
    running = sum(
        amount(table(c, "resources", "requests").get(resource, 0)) for c in entries(pod, "spec", "containers")
    )
    first = [amount(table(c, "resources", "requests").get(resource, 0)) for c in entries(pod, "spec", "initContainers")]
    return max([running, *first])


def size(count: float, resource: str) -> str:
    """Give "8 GiB of memory", "500 millicores of CPU" or "2 nvidia.com/gpu"."""
    if resource in ("memory", "ephemeral-storage"):
        what = "memory" if resource == "memory" else "local disk"
        for unit, factor in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20)):
            if count >= factor:
                return f"{count / factor:.3g} {unit} of {what}"
        return f"{count:g} bytes of {what}"
    if resource == "cpu":
        return f"{count:.3g} {'core' if count == 1 else 'cores'}"
    return f"{count:g} {resource}"


def cause(pod: Raw, message: str, since: datetime | None, now: datetime | None) -> Cause:
    """Give the cause of a pod without a node; certain when the scheduler's reason does not pass by itself."""
    nodes = _NODES.search(message)
    total = nodes[2] if nodes else ""
    waited = age(now, since) >= PATIENCE
    lacks = sorted(((int(count), what.rstrip(".")) for count, what in _SHORT.findall(message)), reverse=True)
    code, title, rank = _reading(pod, message, lacks, total)
    passing = bool(_CLAIM.search(message)) or bool(_PASSING.search(message)) and not lacks
    said = shorten(message)
    return Cause(
        code=code,
        title=title,
        detail=sentence(f"The scheduler says: {said}") if said else sentence(title),
        whose="cluster",
        kind="Pod",
        name=name_of(pod),
        namespace=namespace_of(pod),
        next=(CHANGE, RETRY) if lacks else (RETRY,),
        certain=waited and not passing,
        message=said,
        reason="Unschedulable",
        rank=rank,
    )


def _reading(pod: Raw, message: str, lacks: list[tuple[int, str]], total: str) -> tuple[str, str, int]:
    name = name_of(pod)
    if _CLAIM.search(message):
        return "storage.claim_pending", f"Pod {name} waits for its volume", 28
    if lacks:
        what = lacks[0][1]
        wanted = requests(pod, what)
        free = size(wanted, what) if wanted else what
        known = {"memory": "capacity.memory", "cpu": "capacity.cpu", "ephemeral-storage": "capacity.disk"}
        return known.get(what, "capacity.resource"), f"0/{total} nodes have {free} free", 16
    if "Too many pods" in message:
        return "capacity.pods", f"0/{total} nodes take one more pod", 16
    if _VOLUME.search(message):
        return "placement.volume_elsewhere", f"0/{total} nodes can reach the volume of pod {name}", 17
    if "affinity" in message or "node selector" in message or "topology spread" in message:
        return "placement.rules", f"0/{total} nodes match the placement rules of pod {name}", 17
    taint = _TAINT.search(message)
    if taint:
        which = f" ({taint[1]})" if taint[1] else ""
        return "placement.taint", f"0/{total} nodes take pod {name}: they are tainted{which}", 17
    if total:
        return "placement.no_node", f"0/{total} nodes take pod {name}", 18
    return "placement.no_node", f"No node takes pod {name}" if name else words(pod, "kind"), 18

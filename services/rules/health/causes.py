"""The one cause that matters of a release that is not healthy, out of statuses, pods, claims and events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from services.rules.health import events as told
from services.rules.health import pods as pod_rules
from services.rules.health.family import WORKLOADS, Family, claims_of, gather
from services.rules.health.jobs import job
from services.rules.health.words import (
    FAILED,
    Cause,
    Raw,
    condition,
    is_behind,
    is_true,
    kind_of,
    moment,
    name_of,
    namespace_of,
    number,
    part,
    sentence,
    words,
)
from services.rules.health.workloads import counts

PATIENT_WITH_OTHERS = 5  # restarts granted while another part of the release is still coming up
ROLLBACK = {"action": "rollback", "title": "Roll back", "detail": "To the revision that worked."}
_NAMED_SET = re.compile(r'replica ?set "([^"]+)"', re.IGNORECASE)
_CRASHES = frozenset({"container.exited", "container.out_of_memory"})


def cause(
    objects: Sequence[Raw],
    pods: Sequence[Raw],
    events: Sequence[Raw] = (),
    claims: Sequence[Raw] = (),
    now: datetime | None = None,
) -> Cause | None:
    """Give the cause that matters most among those that do not pass by waiting, None while there is none.

    `objects` are the live managed objects, `pods` and `claims` what belongs to them. Without `now`, every wait counts
    as over. An install that sees a cause may stop waiting.
    """
    certain = [one for one in all_causes(objects, pods, events, claims, now) if one.certain]
    return min(certain, key=lambda one: one.rank, default=None)


def trouble(
    objects: Sequence[Raw],
    pods: Sequence[Raw],
    events: Sequence[Raw] = (),
    claims: Sequence[Raw] = (),
    now: datetime | None = None,
) -> Cause | None:
    """Give the cause that matters most, those that may pass by themselves too."""
    found = all_causes(objects, pods, events, claims, now)
    return min(found, key=lambda one: (not one.certain and one.rank > 30, one.rank, not one.certain), default=None)


def all_causes(
    objects: Sequence[Raw],
    pods: Sequence[Raw],
    events: Sequence[Raw] = (),
    claims: Sequence[Raw] = (),
    now: datetime | None = None,
) -> list[Cause]:
    """Give everything that stands in the way, in the order it was found."""
    families, loose = gather(objects, pods)
    return list(_all(objects, families, loose, events, [*claims, *_waited_for(pods, claims)], now))


def _waited_for(pods: Sequence[Raw], claims: Sequence[Raw]) -> list[Raw]:
    """Give stand-ins for claims that pods without a node wait for and nobody listed: their events tell the reason."""
    known = {name_of(claim) for claim in claims}
    found = {}
    for pod in pods:
        blocked = pod_rules.cause(pod)
        if blocked is not None and blocked.code == "storage.claim_pending":
            for name in claims_of(pod) - known:
                meta = {"name": name, "namespace": namespace_of(pod)}
                found[name] = {"kind": "PersistentVolumeClaim", "metadata": meta, "status": {"phase": "Pending"}}
    return list(found.values())


def of_family(
    family: Family, events: Sequence[Raw], claims: Sequence[Raw], now: datetime | None, *, others_starting: bool = False
) -> list[Cause]:
    """Give every cause found at one workload and its pods."""
    return list(_of_family(family, events, claims, now, others_starting))


def _all(
    objects: Sequence[Raw],
    families: Sequence[Family],
    loose: Sequence[Raw],
    events: Sequence[Raw],
    claims: Sequence[Raw],
    now: datetime | None,
) -> Iterator[Cause]:
    for family in families:
        others = any(_is_starting(other) for other in families if other is not family)
        yield from _of_family(family, events, claims, now, others)
    for obj in objects:
        if kind_of(obj) == "Pod":
            yield from _of_pod(obj, events, now, False)
    for pod in loose:
        yield from _of_pod(pod, events, now, False)
    used = {name for family in families for pod in family.pods for name in claims_of(pod)}
    wanted = [c for c in [*claims, *(o for o in objects if kind_of(o) == "PersistentVolumeClaim")]]
    seen: set[str] = set()
    for claim in wanted:
        if name_of(claim) in seen:
            continue
        seen.add(name_of(claim))
        yield from _of_claim(claim, events, now, name_of(claim) in used)


def _is_starting(family: Family) -> bool:
    """Give whether a workload is on its way without anything wrong."""
    if kind_of(family.workload) not in WORKLOADS:
        return False
    seen = counts(family.workload)
    return seen.ready < seen.desired and not any(pod_rules.cause(pod) for pod in family.living)


def _of_claim(claim: Raw, events: Sequence[Raw], now: datetime | None, used: bool) -> Iterator[Cause]:
    phase = words(claim, "status", "phase")
    if phase == "Lost":
        title = f"The volume of claim {name_of(claim)} is gone"
        detail = "The claim is Lost: the volume it was bound to does not exist any more."
        yield Cause(
            "storage.claim_lost", title, detail, "cluster", kind_of(claim), name_of(claim), certain=True, rank=3
        )
    elif phase == "Pending" or not phase:
        found = told.of_claim(events, claim, now)
        if found is not None:
            yield found


def _of_family(
    family: Family, events: Sequence[Raw], claims: Sequence[Raw], now: datetime | None, others: bool
) -> Iterator[Cause]:
    workload, kind, name = family.workload, kind_of(family.workload), name_of(family.workload)
    if part(workload, "metadata", "deletionTimestamp"):
        return
    if kind == "Job":
        yield from _of_job(family, events, now)
        return
    seen = counts(workload)
    namespace = namespace_of(workload)
    if is_true(workload, "ReplicaFailure"):
        yield told.refused_pods(words(condition(workload, "ReplicaFailure"), "message"), kind, name, namespace)
    elif kind != "Deployment" and len(family.living) < seen.desired:
        refused = told.of_workload(events, kind, name, namespace, words(workload, "metadata", "uid"), now)
        if refused is not None:
            yield refused
    if seen.ready >= seen.desired and not _newest(family)[1]:
        return
    current, old = _newest(family)
    for pod in current:
        yield from _of_pod(pod, events, now, others)
    if old and kind == "StatefulSet":
        yield from _blocked(family, old, now)
    if not current and condition(workload, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        said = words(condition(workload, "Progressing"), "message")
        title = f"{kind} {name} made no progress within its deadline"
        yield Cause("workload.deadline_exceeded", title, sentence(said), "package", kind, name, certain=True, rank=45)


def _newest(family: Family) -> tuple[list[Raw], list[Raw]]:
    """Give the pods made from the newest template, and the older ones; before the controller looked, all are old."""
    workload, pods = family.workload, family.living
    if is_behind(workload):
        return [], pods
    if kind_of(workload) == "StatefulSet":
        newest = words(workload, "status", "updateRevision")
        if not newest or newest == words(workload, "status", "currentRevision"):
            return pods, []
        return _split(pods, "controller-revision-hash", newest)
    if kind_of(workload) == "Deployment":
        updated, total = number(workload, "status", "updatedReplicas"), number(workload, "status", "replicas")
        if total <= updated or not pods:
            return pods, []
        if updated == 0:
            return [], pods
        return _split(pods, "pod-template-hash", _newest_hash(workload, pods))
    return pods, []


def _newest_hash(deployment: Raw, pods: Sequence[Raw]) -> str:
    """The newest template's hash: of the set the Deployment names, else of the pod made last (to the second)."""
    named = _NAMED_SET.search(words(condition(deployment, "Progressing"), "message"))
    prefix = f"{name_of(deployment)}-"
    if named and named[1].startswith(prefix):
        return named[1].removeprefix(prefix)
    last = max(pods, key=lambda pod: words(pod, "metadata", "creationTimestamp"))
    return words(last, "metadata", "labels", "pod-template-hash")


def _split(pods: Sequence[Raw], label: str, value: str) -> tuple[list[Raw], list[Raw]]:
    new = [pod for pod in pods if words(pod, "metadata", "labels", label) == value]
    return new, [pod for pod in pods if words(pod, "metadata", "labels", label) != value]


def _blocked(family: Family, old: Sequence[Raw], now: datetime | None) -> Iterator[Cause]:
    """A StatefulSet waits for ever for a broken pod of its earlier template."""
    for pod in old:
        found = pod_rules.cause(pod, now)
        if found is not None:
            title = f"Pod {name_of(pod)} of the earlier version does not become ready, and the rollout waits for it"
            yield replace(found, code="workload.blocked_by_old_pod", title=title, certain=False, rank=35, next=())


def _of_pod(pod: Raw, events: Sequence[Raw], now: datetime | None, others: bool) -> Iterator[Cause]:
    found = pod_rules.cause(pod, now)
    if found is None:
        if not is_true(pod, "Ready") and not part(pod, "metadata", "deletionTimestamp"):
            heard = told.of_pod(events, pod, now)
            if heard is not None:
                yield heard
        return
    if found.certain and found.code in _CRASHES and others and _restarts(pod) < PATIENT_WITH_OTHERS:
        found = replace(found, certain=False)
    if found.certain and found.reason == "Unschedulable" and _is_growing(events, pod, now):
        found = replace(found, certain=False, detail=f"{found.detail} The cluster is adding a node.")
    yield found


def _is_growing(events: Sequence[Raw], pod: Raw, now: datetime | None) -> bool:
    heard = told.of(events, "Pod", name_of(pod), words(pod, "metadata", "uid"), now)
    return any(words(event, "reason") in ("TriggeredScaleUp", "Nominated") for event in heard)


def _restarts(pod: Raw) -> int:
    both = ("initContainerStatuses", "containerStatuses")
    return max((number(s, "restartCount") for key in both for s in part(pod, "status", key) or []), default=0)


def _of_job(family: Family, events: Sequence[Raw], now: datetime | None) -> Iterator[Cause]:
    workload, name = family.workload, name_of(family.workload)
    seen = job(workload, now)
    if seen.code == "job.complete":
        return
    inner = [found for pod in family.living for found in _of_pod(pod, events, now, False)]
    if seen.verdict == FAILED:
        last = min(inner, key=lambda one: one.rank, default=None)
        tail = f" {last.title}." if last else ""
        container = last.container if last else ""
        yield Cause(
            "job.failed",
            f"Job {name} failed",
            sentence(f"{seen.reason}{tail}"),
            "package",
            "Job",
            name,
            container,
            next=({"action": "change", "title": "Change the values", "detail": ""}, ROLLBACK),
            certain=True,
            rank=21,
            message=seen.reason,
            reason=words(condition(workload, "Failed"), "reason"),
            namespace=namespace_of(workload),
        )
        return
    yield from inner
    if not family.living and moment(words(workload, "status", "startTime")) is not None:
        uid = words(workload, "metadata", "uid")
        refused = told.of_workload(events, "Job", name, namespace_of(workload), uid, now)
        if refused is not None:
            yield refused

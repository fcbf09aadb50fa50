"""One verdict for a whole service, with the one reason that matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.rules.health import events as told
from services.rules.health import extensions, jobs, network, pods, policies, storage, workloads
from services.rules.health.causes import trouble
from services.rules.health.family import RUNNERS, WORKLOADS, claims_of, gather, is_inner
from services.rules.health.words import (
    DEGRADED,
    FAILED,
    HEALTHY,
    PROGRESSING,
    SUSPENDED,
    UNKNOWN,
    Cause,
    Health,
    Raw,
    age,
    kind_of,
    listing,
    name_of,
    namespace_of,
    part,
    plural,
    sentence,
    shorten,
    words,
    worst,
)

Rule = Callable[..., Health]
BUDGET_SECONDS = 600.0  # how long "on its way" is believed
GRACE_SECONDS = 20.0  # how long a trouble that may pass leaves a starting service "on its way"

RULES: dict[tuple[str, str], Rule] = {
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("", "ReplicationController"): workloads.replica_set,
    ("", "Pod"): pods.pod,
    ("batch", "Job"): jobs.job,
    ("batch", "CronJob"): jobs.cron_job,
    ("", "PersistentVolumeClaim"): storage.claim,
    ("", "Service"): network.service,
    ("networking.k8s.io", "Ingress"): network.ingress,
    ("autoscaling", "HorizontalPodAutoscaler"): policies.autoscaler,
    ("policy", "PodDisruptionBudget"): policies.disruption_budget,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): extensions.definition,
    ("apiregistration.k8s.io", "APIService"): extensions.api_service,
}


def assess(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of one object by its own content; one being removed is on its way, whatever else it says."""
    if part(obj, "metadata", "deletionTimestamp"):
        return Health(PROGRESSING, "object.deleting", "It is being removed.")
    version = words(obj, "apiVersion")
    group = version.split("/", 1)[0] if "/" in version else ""
    return RULES.get((group, kind_of(obj)), extensions.generic)(obj, now)


def service_health(
    objects: Sequence[Raw],
    pods: Sequence[Raw],
    claims: Sequence[Raw] = (),
    events: Sequence[Raw] = (),
    now: datetime | None = None,
    *,
    missing: Sequence[Mapping[str, Any]] = (),
    progressing_since: datetime | None = None,
) -> Health:
    """Give the verdict of a release with its one reason.

    `objects` are the live managed objects, `missing` what the release names and the cluster does not have
    ({kind, name}), `progressing_since` when the service began to be on its way.
    """
    objects = [obj for obj in objects if not is_inner(obj)]
    runners = [obj for obj in objects if kind_of(obj) in RUNNERS]
    gone = [f"{entry['kind']} {entry['name']}" for entry in missing]
    if not objects and gone:
        return Health(FAILED, "objects.missing", f"Nothing of the release is left in the cluster: {listing(gone)}.")
    found = trouble(objects, pods, events, claims, now)
    healths = {id(obj): assess(obj, now) for obj in objects}
    _settle_claims(objects, pods, events, now, healths)
    lost = [
        f"{entry['kind']} {entry['name']}" for entry in missing if entry["kind"] in (*RUNNERS, "PersistentVolumeClaim")
    ]
    rolled = _roll(objects, runners, healths, found)
    if lost and rolled.verdict != FAILED:
        verdict = DEGRADED if _serving(objects, pods) else FAILED
        return Health(verdict, "objects.missing", f"{listing(lost)} {'is' if len(lost) == 1 else 'are'} gone.")
    if found is not None and rolled.verdict in (PROGRESSING, DEGRADED, FAILED):
        return _with_cause(rolled, found, _serving(objects, pods), age(now, progressing_since), progressing_since)
    late = now is not None and progressing_since is not None and age(now, progressing_since) > BUDGET_SECONDS
    if rolled.verdict == PROGRESSING and late:
        minutes = int(age(now, progressing_since) // 60)
        verdict = DEGRADED if _serving(objects, pods) else FAILED
        return Health(verdict, "workload.no_progress", f"No progress for {minutes} minutes. {rolled.reason}")
    return rolled


def _settle_claims(
    objects: Sequence[Raw],
    pods: Sequence[Raw],
    events: Sequence[Raw],
    now: datetime | None,
    healths: dict[int, Health],
) -> None:
    """A Pending claim no pod uses yet, of a class that waits for its first pod, is asleep and not on its way."""
    used = {(namespace_of(pod), name) for pod in pods for name in claims_of(pod)}
    for claim in (obj for obj in objects if healths[id(obj)].code == "storage.claim_pending"):
        if (namespace_of(claim), name_of(claim)) not in used and told.waits_for_its_first_pod(events, claim, now):
            healths[id(claim)] = storage.unused(claim)


def _serving(objects: Sequence[Raw], pods: Sequence[Raw]) -> bool:
    families, loose = gather(objects, pods)
    if any(workloads.counts(f.workload).ready > 0 for f in families if kind_of(f.workload) in WORKLOADS):
        return True
    alone = [*loose, *(obj for obj in objects if kind_of(obj) == "Pod")]
    return any(assess(pod).verdict == HEALTHY and words(pod, "status", "phase") == "Running" for pod in alone)


def _roll(objects: Sequence[Raw], runners: Sequence[Raw], healths: Mapping[int, Health], found: Cause | None) -> Health:
    """Join the objects' healths; parts that are asleep do not make a service asleep while others run."""
    awake = [obj for obj in objects if healths[id(obj)].verdict != SUSPENDED]
    sleeping = [obj for obj in runners if healths[id(obj)].verdict == SUSPENDED]
    lasting = [obj for obj in runners if kind_of(obj) in WORKLOADS]
    if lasting and all(healths[id(obj)].verdict == SUSPENDED for obj in lasting):
        first = healths[id(sleeping[0])]
        if all(healths[id(obj)].verdict in (HEALTHY, SUSPENDED) for obj in objects):
            return Health(SUSPENDED, first.code, first.reason)
    bad = worst(healths[id(obj)] for obj in awake)
    if bad.verdict == HEALTHY:
        notes = [healths[id(obj)] for obj in awake if healths[id(obj)].code.startswith(("network.", "cronjob."))]
        return Health(HEALTHY, notes[0].code, notes[0].reason) if notes else _all_well(lasting)
    source = next(obj for obj in awake if healths[id(obj)] is bad)
    lasting_ready = any(workloads.counts(obj).ready > 0 for obj in lasting)
    verdict = DEGRADED if bad.verdict == FAILED and lasting_ready else bad.verdict
    reason = shorten(f"{kind_of(source)} {name_of(source)}: {_lower(bad.reason)}")
    return Health(verdict, bad.code, reason, bad.since, cause=bad.cause)


def _all_well(lasting: Sequence[Raw]) -> Health:
    ready = sum(workloads.counts(obj).ready for obj in lasting)
    return Health(HEALTHY, "", f"{plural(ready, 'pod')} ready." if ready else "")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _with_cause(rolled: Health, found: Cause, serving: bool, going: float, since: datetime | None) -> Health:
    """Join the verdict with its cause: a trouble that may pass leaves a service that only just started on its way."""
    if rolled.verdict == PROGRESSING and not found.certain and since is not None and going < GRACE_SECONDS:
        return Health(PROGRESSING, found.code, sentence(found.title), cause=found)
    if rolled.verdict == PROGRESSING and found.code in ("container.not_ready", "workload.blocked_by_old_pod"):
        return Health(PROGRESSING, found.code, sentence(found.title), fix=_fix(found), cause=found)
    verdict = DEGRADED if serving else FAILED
    return Health(verdict, found.code, sentence(found.title), rolled.since, _fix(found), found)


def _fix(found: Cause) -> Mapping[str, str] | None:
    return found.next[0] if found.next else None


__all__ = ["RULES", "UNKNOWN", "assess", "service_health"]

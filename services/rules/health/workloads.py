"""Health of Deployment, StatefulSet, DaemonSet and ReplicaSet by what their own status says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.rules.health.words import (
    DEGRADED,
    FAILED,
    HEALTHY,
    PROGRESSING,
    SUSPENDED,
    Health,
    Raw,
    condition,
    is_behind,
    is_true,
    moment,
    number,
    part,
    plural,
    sentence,
    words,
)


@dataclass(frozen=True)
class Counts:
    """How many pods a workload wants and how many serve."""

    ready: int
    desired: int


def counts(obj: Raw) -> Counts:
    """Give the counts of any of the four kinds."""
    if words(obj, "kind") == "DaemonSet":
        return Counts(number(obj, "status", "numberReady"), number(obj, "status", "desiredNumberScheduled"))
    return Counts(number(obj, "status", "readyReplicas"), number(obj, "spec", "replicas", default=1))


def _down(seen: Counts) -> str:
    return FAILED if seen.ready == 0 else DEGRADED


def _coming(seen: Counts, why: str, code: str = "workload.progressing") -> Health:
    return Health(PROGRESSING, code, f"{seen.ready} of {plural(seen.desired, 'pod')} ready: {why}.")


def _awaited(seen: Counts) -> str:
    if seen.ready >= seen.desired:
        return "waiting until it stays so" if seen.desired == 1 else "waiting until they stay so"
    if seen.ready:
        return "waiting for the others"
    return "waiting for it" if seen.desired == 1 else "waiting for them"


def deployment(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a Deployment."""
    seen = counts(obj)
    if part(obj, "spec", "paused") is True:
        return Health(SUSPENDED, "workload.paused", "The rollout is paused.")
    if is_behind(obj):
        return _coming(seen, "the cluster has not taken up the change yet", "workload.not_observed")
    if seen.desired == 0:
        left = number(obj, "status", "replicas")
        if left:
            return Health(PROGRESSING, "workload.scaling_down", f"{plural(left, 'pod')} still to stop.")
        return Health(SUSPENDED, "workload.no_replicas", "It is scaled to 0.")
    stuck = condition(obj, "Progressing")
    if stuck.get("reason") == "ProgressDeadlineExceeded":
        since = moment(stuck.get("lastUpdateTime"))
        why = "The rollout made no progress within its deadline."
        return Health(_down(seen), "workload.deadline_exceeded", why, since)
    if is_true(obj, "ReplicaFailure"):
        return Health(
            _down(seen), "workload.cannot_create_pods", sentence(words(condition(obj, "ReplicaFailure"), "message"))
        )
    updated, total = number(obj, "status", "updatedReplicas"), number(obj, "status", "replicas")
    if updated < seen.desired:
        return _coming(seen, f"{updated} of them on the new version")
    if total > updated:
        return _coming(seen, f"{plural(total - updated, 'old pod')} still to stop")
    if number(obj, "status", "availableReplicas") < seen.desired or seen.ready < seen.desired:
        return _coming(seen, _awaited(seen))
    return Health(HEALTHY)


def stateful_set(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a StatefulSet."""
    seen = counts(obj)
    if number(obj, "status", "observedGeneration") == 0 or is_behind(obj):
        return _coming(seen, "the cluster has not taken up the change yet", "workload.not_observed")
    if seen.desired == 0:
        left = number(obj, "status", "replicas")
        if left:
            return Health(PROGRESSING, "workload.scaling_down", f"{plural(left, 'pod')} still to stop.")
        return Health(SUSPENDED, "workload.no_replicas", "It is scaled to 0.")
    if seen.ready < seen.desired:
        return _coming(seen, _awaited(seen))
    if number(obj, "status", "replicas") > seen.desired:
        more = plural(number(obj, "status", "replicas") - seen.desired, "pod")
        return _coming(seen, f"{more} more than wanted still to stop")
    if words(obj, "spec", "updateStrategy", "type") == "OnDelete":
        return Health(HEALTHY)
    updated = number(obj, "status", "updatedReplicas")
    partition = number(obj, "spec", "updateStrategy", "rollingUpdate", "partition")
    if partition:
        if updated < seen.desired - partition:
            return _coming(seen, f"{updated} of {seen.desired - partition} on the new version")
        return Health(HEALTHY)
    if words(obj, "status", "updateRevision") != words(obj, "status", "currentRevision"):
        return _coming(seen, f"{updated} of them on the new version")
    return Health(HEALTHY)


def daemon_set(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a DaemonSet."""
    seen = counts(obj)
    if number(obj, "status", "observedGeneration") == 0 or is_behind(obj):
        return _coming(seen, "the cluster has not taken up the change yet", "workload.not_observed")
    on_delete = words(obj, "spec", "updateStrategy", "type") == "OnDelete"
    if not on_delete and number(obj, "status", "updatedNumberScheduled") < seen.desired:
        return _coming(seen, f"{number(obj, 'status', 'updatedNumberScheduled')} of them on the new version")
    if number(obj, "status", "numberAvailable") < seen.desired or seen.ready < seen.desired:
        return _coming(seen, _awaited(seen))
    return Health(HEALTHY)


def replica_set(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a ReplicaSet."""
    seen = counts(obj)
    if is_behind(obj):
        return _coming(seen, "the cluster has not taken up the change yet", "workload.not_observed")
    if seen.desired == 0:
        return Health(SUSPENDED, "workload.no_replicas", "It is scaled to 0.")
    if is_true(obj, "ReplicaFailure"):
        return Health(
            _down(seen), "workload.cannot_create_pods", sentence(words(condition(obj, "ReplicaFailure"), "message"))
        )
    if number(obj, "status", "availableReplicas") < seen.desired:
        return _coming(seen, _awaited(seen))
    return Health(HEALTHY)

"""Jobs that run pods to their end, and CronJobs that make Jobs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from anywhere.practice import events, pods
from anywhere.practice.clock import seconds, stamp
from anywhere.practice.controllers.replicaset import AT_ONCE, RETRY_SECONDS
from anywhere.practice.controllers.schedule import latest_time, next_time
from anywhere.practice.controllers.templates import dumps_copy, make_pod
from anywhere.practice.deletion import delete
from anywhere.practice.kinds import Obj
from anywhere.practice.resources import create, edit
from anywhere.practice.status import ApiError
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_BY = "job-controller"


def reconcile(cluster: Cluster, entry: Entry) -> None:
    """Run pods until enough succeeded or too many failed, and write the status."""
    job = entry.obj()
    if entry.terminating:
        return
    if _finished(job):
        _expire(cluster, entry, job)
        return
    spec = job["spec"]
    mine = [(e, e.obj()) for e in cluster.store.owned(entry.uid, "pods")]
    done = sum((p.get("status") or {}).get("phase") == "Succeeded" for _, p in mine)
    failed = sum((p.get("status") or {}).get("phase") == "Failed" for _, p in mine)
    retries = sum(
        c.get("restartCount", 0) for _, p in mine for c in (p.get("status") or {}).get("containerStatuses") or []
    )
    active = [(e, p) for e, p in mine if pods.is_active(p)]
    outcome = _outcome(job, done, failed + retries)
    if spec.get("suspend") or outcome:
        for one, _ in active:
            delete(cluster, cluster.resource("pods"), one, {})
    else:
        target = min(spec["parallelism"], spec.get("completions", spec["parallelism"]) - done)
        try:
            for _ in range(min(max(target - len(active), 0), AT_ONCE)):
                make_pod(cluster, job, pods.owner_reference("batch/v1", "Job", job), spec["template"], component=_BY)
        except ApiError:
            cluster.controllers.again(entry, RETRY_SECONDS)
    _write_status(cluster, entry, outcome, done, failed)


def _finished(job: Obj) -> bool:
    return any(pods.condition(job, kind).get("status") == "True" for kind in ("Complete", "Failed"))


def _outcome(job: Obj, done: int, failed: int) -> tuple[str, str, str] | None:
    spec = job["spec"]
    if done >= spec.get("completions", 1):
        return "Complete", "CompletionsReached", "Reached expected number of succeeded pods"
    if failed > spec.get("backoffLimit", 6):
        return "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    limit, begun = spec.get("activeDeadlineSeconds"), (job.get("status") or {}).get("startTime")
    if limit and begun and time.time() - seconds(begun) >= limit:
        return "Failed", "DeadlineExceeded", "Job was active longer than specified deadline"
    return None


def _write_status(cluster: Cluster, entry: Entry, outcome: tuple[str, str, str] | None, done: int, failed: int) -> None:
    mine = [p for e in cluster.store.owned(entry.uid, "pods") if pods.is_active(p := e.obj())]

    def write(obj: Obj) -> None:
        was, now = obj.get("status") or {}, stamp()
        status: Obj = {"startTime": was.get("startTime", now), "conditions": list(was.get("conditions") or [])}
        if obj["spec"].get("suspend"):
            pods.set_condition(status, "Suspended", "True", now, "JobSuspended", "Job suspended")
            status.pop("startTime")
        elif pods.condition(obj, "Suspended"):
            pods.set_condition(status, "Suspended", "False", now, "JobResumed", "Job resumed")
        counts = {
            "active": 0 if outcome else len(mine),
            "ready": sum(map(pods.is_ready, mine)),
            "terminating": 0,
            "succeeded": done,
            "failed": failed,
        }
        status |= {k: v for k, v in counts.items() if v or k in ("ready", "terminating")}
        status["uncountedTerminatedPods"] = {}
        if outcome:
            kind, reason, message = outcome
            before = "SuccessCriteriaMet" if kind == "Complete" else "FailureTarget"
            pods.set_condition(status, before, "True", now, reason, message)
            pods.set_condition(status, kind, "True", now, reason, message)
            if kind == "Complete":
                status["completionTime"] = now
        obj["status"] = status

    if (fresh := cluster.store.get(entry.key, entry.namespace, entry.name)) is None:
        return
    job = edit(cluster, cluster.resource(entry.key), fresh, write, "status")
    if outcome:
        kind, reason, message = outcome
        good = kind == "Complete"
        events.tell(
            cluster,
            job,
            "Normal" if good else "Warning",
            "Completed" if good else reason,
            "Job completed" if good else message,
            _BY,
        )
    elif limit := job["spec"].get("activeDeadlineSeconds"):
        cluster.controllers.again(fresh, seconds(job["status"].get("startTime")) + limit - time.time() + 0.5)


def _expire(cluster: Cluster, entry: Entry, job: Obj) -> None:
    keep = job["spec"].get("ttlSecondsAfterFinished")
    if keep is None:
        return
    ended = max(seconds(c.get("lastTransitionTime")) for c in job["status"]["conditions"])
    left = ended + keep - time.time()
    if left > 0:
        cluster.controllers.again(entry, left)
    else:
        delete(cluster, cluster.resource("jobs.batch"), entry, {})


def reconcile_cron(cluster: Cluster, entry: Entry) -> None:
    """Make a Job when its time has come, and forget old ones."""
    cron = entry.obj()
    spec, status = cron["spec"], cron.get("status") or {}
    if entry.terminating:
        return
    jobs = [e.obj() for e in cluster.store.owned(entry.uid, "jobs.batch")]
    last = seconds(status.get("lastScheduleTime") or cron["metadata"]["creationTimestamp"])
    missed = latest_time(spec["schedule"], last, time.time())
    running = [j for j in jobs if not _finished(j)]
    if missed and not spec.get("suspend"):
        if not (running and spec.get("concurrencyPolicy") == "Forbid"):
            _launch(cluster, cron, missed)
        last = missed
    due = next_time(spec["schedule"], time.time())
    _forget_old(cluster, spec, jobs)
    if due:
        cluster.controllers.again(entry, due - time.time() + 0.1)
    _write_cron(
        cluster,
        entry,
        last if status.get("lastScheduleTime") or last > seconds(cron["metadata"]["creationTimestamp"]) else 0.0,
    )


def _launch(cluster: Cluster, cron: Obj, due: float) -> None:
    meta, template = cron["metadata"], dumps_copy(cron["spec"]["jobTemplate"])
    job: Obj = {
        "metadata": {
            **(template.get("metadata") or {}),
            "name": f"{meta['name']}-{int(due) // 60}",
            "ownerReferences": [pods.owner_reference("batch/v1", "CronJob", cron)],
        },
        "spec": template["spec"],
    }
    if cluster.store.get("jobs.batch", meta["namespace"], job["metadata"]["name"]) is None:
        create(cluster, cluster.resource("jobs.batch"), meta["namespace"], job)
        events.tell(
            cluster, cron, "Normal", "SuccessfulCreate", f"Created job {job['metadata']['name']}", "cronjob-controller"
        )


def _forget_old(cluster: Cluster, spec: Obj, jobs: list[Obj]) -> None:
    for kind, limit in (
        ("Complete", spec.get("successfulJobsHistoryLimit", 3)),
        ("Failed", spec.get("failedJobsHistoryLimit", 1)),
    ):
        over = [j for j in jobs if pods.condition(j, kind).get("status") == "True"]
        for job in sorted(over, key=lambda j: j["metadata"]["creationTimestamp"])[: max(len(over) - limit, 0)]:
            if one := cluster.store.get("jobs.batch", job["metadata"]["namespace"], job["metadata"]["name"]):
                delete(cluster, cluster.resource("jobs.batch"), one, {})


def _write_cron(cluster: Cluster, entry: Entry, last: float) -> None:
    jobs = [e.obj() for e in cluster.store.owned(entry.uid, "jobs.batch")]
    ended = [j["status"]["completionTime"] for j in jobs if (j.get("status") or {}).get("completionTime")]

    def write(obj: Obj) -> None:
        status: Obj = {k: v for k, v in (obj.get("status") or {}).items() if k == "lastSuccessfulTime"}
        if last:
            status["lastScheduleTime"] = stamp(last)
        if ended:
            status["lastSuccessfulTime"] = max(ended)
        active = [
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "name": j["metadata"]["name"],
                "namespace": j["metadata"]["namespace"],
                "uid": j["metadata"]["uid"],
            }
            for j in jobs
            if not _finished(j)
        ]
        obj["status"] = status | ({"active": active} if active else {})

    if fresh := cluster.store.get(entry.key, entry.namespace, entry.name):
        edit(cluster, cluster.resource(entry.key), fresh, write, "status")

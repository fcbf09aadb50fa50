"""Health of Job and CronJob."""

from __future__ import annotations

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
    entries,
    is_true,
    moment,
    number,
    part,
    sentence,
    words,
)


def job(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a Job. A condition counts only when it is True: a resumed Job keeps Suspended=False."""
    if is_true(obj, "Failed") or is_true(obj, "FailureTarget"):
        failed = condition(obj, "Failed") or condition(obj, "FailureTarget")
        why = sentence(words(failed, "message")) or "The job failed."
        return Health(FAILED, "job.failed", why, moment(failed.get("lastTransitionTime")))
    if is_true(obj, "Complete") or is_true(obj, "SuccessCriteriaMet"):
        return Health(HEALTHY, "job.complete", "Done.")
    if part(obj, "spec", "suspend") is True or is_true(obj, "Suspended"):
        return Health(SUSPENDED, "job.suspended", "The job is suspended.")
    failed_pods = number(obj, "status", "failed")
    wanted = number(obj, "spec", "completions", default=1)
    done = f"{number(obj, 'status', 'succeeded')} of {wanted} done"
    tries = f", {failed_pods} failed so far" if failed_pods else ""
    return Health(PROGRESSING, "job.running", f"The job runs: {done}{tries}.")


def cron_job(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a CronJob: whether its last finished run succeeded."""
    if part(obj, "spec", "suspend") is True:
        return Health(HEALTHY, "cronjob.suspended", "Its schedule is suspended.")
    last, success = words(obj, "status", "lastScheduleTime"), words(obj, "status", "lastSuccessfulTime")
    if not last or entries(obj, "status", "active"):
        return Health(HEALTHY)
    scheduled, succeeded = moment(last), moment(success)
    if succeeded is None:
        return Health(HEALTHY, "cronjob.never_succeeded", "No run has succeeded yet.")
    if scheduled is not None and succeeded < scheduled:
        return Health(DEGRADED, "cronjob.last_run_failed", "The last run did not succeed.", scheduled)
    return Health(HEALTHY)

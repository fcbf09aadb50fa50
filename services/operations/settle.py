"""Waiting until what was applied works, and saying early and exactly why it does not."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import GatewayError
from anywhere.lib import redact
from anywhere.operations.errors import OperationFailed
from anywhere.operations.run import Run
from services.operations.observe import Seen, look
from services.operations.unstick import clear_the_way
from services.rules.health import Cause, cause, service_health, workload_rows

BUDGET_SECONDS = 600  # Deployment's own progressDeadlineSeconds default
FIRST_PAUSE, LONGEST_PAUSE = 0.15, 1.5
HOLDS_SECONDS = 3.0  # `cause` names only what waiting does not mend; it must still be so after this long
HOLDS_LONGER = {"workload.no_service_account": 30.0}  # a new namespace gets its own a moment later, or after an outage
LOG_LINES = 20


def settle(
    run: Run, gateways: Gateways, manifest: Sequence[Mapping[str, Any]], namespace: str, step: str = "settle"
) -> Seen:
    """Give what is seen once everything works; OperationFailed with the one cause when it will not."""
    end = time.monotonic() + BUDGET_SECONDS
    pause, blamed, blamed_since = FIRST_PAUSE, "", 0.0
    while True:
        run.raise_if_cancelled()
        seen = look(gateways.kubernetes, manifest, namespace, events=pause > FIRST_PAUSE)
        run.show_workloads(workload_rows(seen.objects, seen.pods))
        now = datetime.now(UTC)
        health = service_health(seen.objects, seen.pods, seen.claims, seen.events, now)
        if not seen.missing and health.verdict in {"healthy", "suspended"}:
            run.detail(step, "")
            return seen
        run.detail(step, health.reason)
        clear_the_way(run, gateways, seen)
        why = cause(seen.objects, seen.pods, seen.events, seen.claims, now)
        if why is None:
            blamed = ""
        elif why.code != blamed:
            blamed, blamed_since = why.code, time.monotonic()
        elif time.monotonic() - blamed_since >= HOLDS_LONGER.get(why.code, HOLDS_SECONDS):
            raise _failure(run, gateways, why, namespace)
        if time.monotonic() > end:
            raise _too_slow(run.operation.kind, health.reason, seen)
        run.sleep(pause)
        pause = min(pause * 1.3, LONGEST_PAUSE)


def _failure(run: Run, gateways: Gateways, why: Cause, namespace: str) -> OperationFailed:
    words: dict[str, Any] = {"kind": why.kind, "name": why.name, "reason": why.code, "message": why.detail}
    words["log_tail"] = [redact.text(line, run.secrets, 400) for line in _log_tail(gateways, why, namespace)]
    return OperationFailed(
        why.detail,
        code=f"settle.{why.code}" if "." not in why.code else why.code,
        title=why.title,
        whose=why.whose,
        cause=words,
        kept="What was applied is left in the cluster, volumes too.",
        next=ways_on(run.operation.kind, list(why.next)),
    )


def _log_tail(gateways: Gateways, why: Cause, namespace: str) -> list[str]:
    if why.kind != "Pod" or not why.container:
        return []
    for previous in (True, False):
        try:
            lines = gateways.kubernetes.logs(
                namespace, why.name, why.container, tail=LOG_LINES, previous=previous
            )  # fmt: skip
        except GatewayError:
            continue
        if lines:
            return lines
    return []


def _too_slow(kind: str, reason: str, seen: Seen) -> OperationFailed:
    missing = ", ".join(f"{r.kind} {r.name}" for r in seen.missing[:3])
    detail = reason or "Not everything became ready."
    return OperationFailed(
        f"{detail} Not there: {missing}." if missing else detail,
        code="settle.too_slow",
        title=f"Not ready after {BUDGET_SECONDS // 60} minutes",
        whose="cluster",
        kept="What was applied is left in the cluster, volumes too.",
        next=ways_on(kind),
    )


USUAL_WAYS = {
    "change": {"action": "change", "title": "Change the values", "detail": "Mend what is wrong and apply again."},
    "retry": {"action": "retry", "title": "Try again", "detail": "Apply the same again, from what is there now."},
    "rollback": {"action": "rollback", "title": "Roll back", "detail": "Go back to the revision before."},
    "uninstall": {"action": "uninstall", "title": "Uninstall", "detail": "Remove it; volumes are kept."},
}


def ways_on(kind: str, first: Sequence[Any] = ()) -> list[dict[str, str]]:
    """Give what can be done after a failure, best first, each with what it costs."""
    ways: dict[str, dict[str, str]] = {}
    for way in first:
        known = USUAL_WAYS.get(way["action"], {})
        ways[way["action"]] = {**known, **{key: value for key, value in way.items() if value}}
    for action, way in USUAL_WAYS.items():
        if action not in ways and (action != "rollback" or kind != "install"):
            ways[action] = dict(way)
    return list(ways.values())

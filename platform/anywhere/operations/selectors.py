"""Reads of operations."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from anywhere.accounts.models import Organization
from anywhere.operations.models import FINAL, QUESTIONS, Operation, OperationEvent


def operations(organization: Organization, **filters: str) -> QuerySet[Operation]:
    """Give the operations of an organization without questions; filters: state, service, cluster, stack, kind.

    `state` may also be "active"; service, cluster and stack are an id or a name.
    """
    rows = Operation.objects.filter(organization=organization).exclude(kind__in=QUESTIONS)
    rows = rows.select_related("organization", "requested_by").defer("input_blob")
    for kind in ("service", "cluster", "stack"):
        if value := filters.get(kind):
            rows = rows.filter(_subject(value), subject_type=kind)
    if state := filters.get("state"):
        rows = rows.exclude(state__in=FINAL) if state == "active" else rows.filter(state=state)
    if kind := filters.get("kind", ""):
        rows = rows.filter(kind=kind)
    return rows


def _subject(value: str) -> Q:
    try:
        return Q(subject_id=UUID(value))
    except ValueError:
        return Q(subject_name=value)


def story(operation: Operation, after: int = 0, limit: int = 500) -> list[OperationEvent]:
    """Give the events of an operation after a sequence number, in order."""
    return list(OperationEvent.objects.filter(operation=operation, seq__gt=after).order_by("seq")[:limit])


def usual_seconds(kind: str, subject_type: str, subjects: QuerySet) -> int | None:
    """Give the median time of the last fifteen successful operations of a kind on these subjects."""
    ended = Operation.objects.filter(
        kind=kind, state="succeeded", subject_type=subject_type, subject_id__in=subjects, started_at__isnull=False
    ).order_by("-created_at")[:15]
    times = sorted((f - s).total_seconds() for s, f in ended.values_list("started_at", "finished_at") if f and s)
    return round(times[len(times) // 2]) if times else None

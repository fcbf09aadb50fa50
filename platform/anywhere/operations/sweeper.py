"""Finds operations that nobody works on: never delivered, put back, or held by a worker that is gone."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from anywhere.operations.actions import send
from anywhere.operations.models import HELD, QUESTIONS, Operation, State

KEEP_QUESTIONS = timedelta(hours=1)
GRACE = timedelta(seconds=3)  # a message normally arrives sooner than this


def sweep(limit: int = 200) -> int:
    """Give how many due operations were sent to the workers again."""
    due = Q(next_attempt_at=None, created_at__lt=Now() - GRACE) | Q(next_attempt_at__lte=Now())
    lost = Q(state__in=HELD, lease_expires_at__lt=Now())
    running = Operation.objects.filter(state__in=HELD).exclude(subject_id=None).values("subject_id")
    waiting = Q(state=State.QUEUED) & ~Q(subject_id__in=running)
    found = Operation.objects.filter(due, lost | waiting).order_by("created_at").values_list("pk", flat=True)[:limit]
    for operation_id in found:
        send(operation_id)
    return len(found)


def forget_old_questions() -> int:
    """Give how many answered questions (preflight, plan) were dropped; they are kept an hour."""
    old = Operation.objects.filter(kind__in=QUESTIONS, created_at__lt=Now() - KEEP_QUESTIONS)
    return old.delete()[0]

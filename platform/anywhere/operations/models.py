"""Operations: the truth about long work. Celery carries only their ids."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from anywhere.accounts.models import Organization
from anywhere.lib.encryption import Sealed, SealedField
from anywhere.lib.models import Row


class State(models.TextChoices):
    """Where an operation is; `rules.states` says which step follows which."""

    QUEUED = "queued"
    RUNNING = "running"
    VERIFYING = "verifying"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


HELD = (State.RUNNING, State.VERIFYING, State.CANCELLING)  # a worker has taken it
ACTIVE = (State.QUEUED, *HELD)
FINAL = (State.SUCCEEDED, State.FAILED, State.CANCELLED, State.SUPERSEDED)
QUESTIONS = ("preflight", "plan")


class Operation(Row):
    """One piece of long work on one subject (a service, a cluster, or nothing for a question).

    `epoch` is the fence: it grows each time a worker takes the lease, and every later write names the epoch it holds.
    A subject has at most one operation that runs and one that waits; a newer intent supersedes the older ones.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="operations")
    kind = models.CharField(max_length=30)
    # What was asked for, in words; never a secret. A portal of the version before writes none while this one comes.
    summary = models.CharField(max_length=200, blank=True, default="", db_default="")
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    subject_type = models.CharField(max_length=12, default="none")
    subject_id = models.UUIDField(null=True, blank=True)
    subject_name = models.CharField(max_length=120, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    generation = models.PositiveIntegerField(default=0)
    steps = models.JSONField(default=list)
    workloads = models.JSONField(default=list)
    error = models.JSONField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    memory = models.JSONField(default=dict)
    input_blob = SealedField()
    attempt = models.PositiveIntegerField(default=0)
    epoch = models.PositiveBigIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.UUIDField(null=True, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)

    input = Sealed("input_blob")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"],
                condition=Q(state__in=[s.value for s in HELD]) & ~Q(subject_type="none"),
                name="operation_one_running_a_subject",
            ),
            models.UniqueConstraint(
                fields=["subject_type", "subject_id"],
                condition=Q(state="queued") & ~Q(subject_type="none"),
                name="operation_one_queued_a_subject",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at"]),
            models.Index(fields=["subject_type", "subject_id", "-created_at"]),
            models.Index(fields=["state", "lease_expires_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_name}".strip()


class OperationEvent(Row):
    """One line of an operation's story, in order of `seq`; redacted before it is written."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    event = models.CharField(max_length=20, default="log")
    step = models.CharField(max_length=40, blank=True)
    level = models.CharField(max_length=10, default="info")
    message = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "seq"], name="operation_event_seq_once")]
        ordering = ["seq"]

    def __str__(self) -> str:
        return f"{self.seq} {self.event}"


class Beacon(models.Model):
    """The last sign of life of a process of the portal (worker, beat, watcher), by the database's clock."""

    name = models.CharField(max_length=120, primary_key=True)
    kind = models.CharField(max_length=20)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

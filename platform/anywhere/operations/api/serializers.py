"""The shapes of operations in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from anywhere.lib.api.serializers import Out
from anywhere.operations.models import ACTIVE, Operation, State


class SubjectOut(Out):
    """What an operation works on."""

    type = serializers.ChoiceField(choices=["service", "cluster", "stack", "none"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class StepOut(Out):
    """One named step."""

    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=["pending", "running", "done", "failed", "skipped", "cancelled"])
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    detail = serializers.CharField(allow_blank=True)
    operation = serializers.UUIDField(allow_null=True, help_text="The operation that carries the step out.")


class WorkloadRowOut(Out):
    """How far one workload is."""

    kind = serializers.CharField()
    name = serializers.CharField()
    ready = serializers.IntegerField()
    desired = serializers.IntegerField()
    state = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)


class CauseOut(Out):
    """The object at fault and the cluster's own words."""

    kind = serializers.CharField()
    name = serializers.CharField()
    reason = serializers.CharField()
    message = serializers.CharField()
    log_tail = serializers.ListField(child=serializers.CharField())


class WayOut(Out):
    """Something that can be done."""

    action = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()


class OperationErrorOut(Out):
    """Why an operation ended without doing what was asked."""

    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    whose = serializers.ChoiceField(choices=["yours", "cluster", "package", "ours"])
    cause = CauseOut(allow_null=True)
    kept = serializers.CharField(allow_blank=True)
    next = WayOut(many=True)
    fields = serializers.DictField(required=False)  # type: ignore[assignment]


class OperationOut(Out):
    """An operation, live or as it ended."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    summary = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    subject = serializers.SerializerMethodField()
    organization = serializers.CharField(source="organization.slug")
    requested_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    deadline_at = serializers.DateTimeField(allow_null=True)
    attempt = serializers.IntegerField()
    parent = serializers.UUIDField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    steps = StepOut(many=True)
    workloads = WorkloadRowOut(many=True)
    error = OperationErrorOut(allow_null=True)
    result = serializers.JSONField(allow_null=True)
    usual_seconds = serializers.SerializerMethodField()
    can_cancel = serializers.SerializerMethodField()

    @extend_schema_field(SubjectOut)
    def get_subject(self, operation: Operation) -> dict[str, Any]:
        """Give the subject."""
        return {"type": operation.subject_type, "id": operation.subject_id, "name": operation.subject_name}

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_requested_by(self, operation: Operation) -> str | None:
        """Give the e-mail address of who asked."""
        return operation.requested_by.email if operation.requested_by else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_usual_seconds(self, operation: Operation) -> int | None:
        """Give how long such an operation usually takes; only on the detail."""
        return self.context.get("usual_seconds")

    def get_can_cancel(self, operation: Operation) -> bool:
        """Give whether it can still be stopped."""
        return operation.state in ACTIVE and operation.cancel_requested_at is None


class OperationEventOut(Out):
    """One line of an operation's story."""

    seq = serializers.IntegerField()
    at = serializers.DateTimeField(source="created_at")
    event = serializers.CharField()
    step = serializers.CharField()
    level = serializers.CharField()
    message = serializers.CharField()
    data = serializers.JSONField()  # type: ignore[assignment]


class OperationStoryOut(Out):
    """The story of an operation after a sequence number."""

    results = OperationEventOut(many=True)

"""Services: installed packages. Desired, operation and health are three facts, kept apart."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from anywhere.accounts.models import Organization
from anywhere.clusters.models import Cluster
from anywhere.lib.encryption import Sealed, SealedField
from anywhere.lib.models import Row
from anywhere.operations.models import Operation
from catalog.models import Package, Version


class Verdict(models.TextChoices):
    """What is seen of a service, best to worst in `rules.health`."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    DEGRADED = "degraded"
    FAILED = "failed"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


class ServiceState(models.TextChoices):
    """Whether the service is wanted; a planned one is a member of a stack that was not found to fit yet."""

    PLANNED = "planned"
    PRESENT = "present"
    UNINSTALLED = "uninstalled"


class StackState(models.TextChoices):
    """Whether the stack is wanted."""

    PRESENT = "present"
    UNINSTALLED = "uninstalled"


class Stack(Row):
    """Several services that were installed as one on a cluster, in one namespace; `version` is the catalogue's stack.

    Each member is a service of its own, called `<name>-<member>`. The stack has no health but theirs.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="stacks")
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="stacks")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="stacks")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="stacks")
    name = models.CharField(max_length=53)
    namespace = models.CharField(max_length=63)
    plan = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=StackState.choices, default=StackState.PRESENT)
    requested_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    operation = models.ForeignKey(Operation, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "namespace", "name"], condition=Q(state="present"), name="stack_name_once"
            )
        ]
        indexes = [models.Index(fields=["organization", "state", "-created_at"])]

    def __str__(self) -> str:
        return self.name


class Service(Row):
    """An installed package on a cluster. The Helm release has the service's name, in its namespace."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="services")
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="services")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="services")
    name = models.CharField(max_length=53)
    namespace = models.CharField(max_length=63)
    state = models.CharField(max_length=12, choices=ServiceState.choices, default=ServiceState.PRESENT)
    requested_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    stack = models.ForeignKey(Stack, null=True, blank=True, on_delete=models.SET_NULL, related_name="services")
    member = models.CharField(max_length=20, blank=True)  # its name in the stack
    # desired: what the person asked for
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="services")
    plan = models.CharField(max_length=40, blank=True)
    values = models.JSONField(default=dict)  # the person's difference to chart and plan, secrets taken out
    secrets_blob = SealedField()  # {"auth.password": "…"}: given or generated
    generation = models.PositiveIntegerField(default=1)
    # what has been applied last, by an operation
    applied_generation = models.PositiveIntegerField(default=0)
    release_revision = models.PositiveIntegerField(default=0)
    operation = models.ForeignKey(Operation, null=True, on_delete=models.SET_NULL, related_name="+")
    # health: what is seen, written by the watcher only
    verdict = models.CharField(max_length=12, choices=Verdict.choices, default=Verdict.UNKNOWN)
    reason = models.CharField(max_length=500, blank=True)
    health_code = models.CharField(max_length=60, blank=True)
    health_since = models.DateTimeField(null=True, blank=True)
    observed_at = models.DateTimeField(null=True, blank=True)
    objects_seen = models.JSONField(default=dict)  # {workloads, claims, others, addresses}
    binding = models.JSONField(default=dict)  # {secret, keys, endpoints} without any value
    data_kept = models.JSONField(default=list)

    secrets = Sealed("secrets_blob")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "namespace", "name"], condition=Q(state="present"), name="service_name_once"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "state", "-created_at"]),
            models.Index(fields=["cluster", "state"]),
            models.Index(fields=["package", "state"]),
        ]

    def __str__(self) -> str:
        return self.name


class Revision(Row):
    """What a service was at one applied state; rolling back goes to one of these."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    operation = models.ForeignKey(Operation, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    plan = models.CharField(max_length=40, blank=True)
    values = models.JSONField(default=dict)
    secrets_blob = SealedField()
    status = models.CharField(max_length=12, default="current")  # current | superseded | failed
    kind = models.CharField(max_length=30)
    summary = models.CharField(max_length=300, blank=True)
    requested_by = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")

    secrets = Sealed("secrets_blob")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "number"], name="revision_number_once")]

    def __str__(self) -> str:
        return str(self.number)


class Sighting(Row):
    """Something seen of a service: a cluster's event, or a change of its health. Kept for the events page."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="sightings")
    kind = models.CharField(max_length=10)  # cluster | health
    at = models.DateTimeField()
    level = models.CharField(max_length=10, default="info")
    reason = models.CharField(max_length=100, blank=True)
    object = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    count = models.PositiveIntegerField(default=1)
    key = models.CharField(max_length=100, blank=True)  # the event's uid, so a repeated one is counted, not added

    class Meta:
        indexes = [models.Index(fields=["service", "-at"])]
        constraints = [
            models.UniqueConstraint(fields=["service", "key"], condition=~Q(key=""), name="sighting_key_once")
        ]

    def __str__(self) -> str:
        return self.reason

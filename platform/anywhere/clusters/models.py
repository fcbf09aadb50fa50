"""Registered clusters: how to reach them, with which credential, and what was seen there last."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from anywhere.accounts.models import Organization
from anywhere.lib.encryption import Sealed, SealedField
from anywhere.lib.models import Row


class ClusterState(models.TextChoices):
    """Where the registration is."""

    REGISTERING = "registering"
    REGISTERED = "registered"
    FAILED = "failed"
    REMOVING = "removing"
    REMOVED = "removed"


class Cluster(Row):
    """A Kubernetes cluster of an organization.

    Three facts apart: `state` (the registration), reachability (`reachable`, `reachable_since`, `checked_at`) and
    `inventory` (the last known facts, dated by `inventory_at`).
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="clusters")
    name = models.CharField(max_length=63)
    state = models.CharField(max_length=12, choices=ClusterState.choices, default=ClusterState.REGISTERING)
    is_practice = models.BooleanField(default=False)
    server = models.URLField(max_length=500)
    ca_data = models.BinaryField(null=True, blank=True)
    tls_server_name = models.CharField(max_length=253, blank=True)
    insecure_skip_tls_verify = models.BooleanField(default=False)
    access_mode = models.CharField(max_length=10, default="cluster")
    namespace = models.CharField(max_length=63, blank=True)
    limits = models.JSONField(default=list)
    reachable = models.BooleanField(null=True)
    reachable_since = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    unreachable_code = models.CharField(max_length=60, blank=True)
    unreachable_reason = models.CharField(max_length=500, blank=True)
    inventory = models.JSONField(null=True, blank=True)
    inventory_at = models.DateTimeField(null=True, blank=True)
    inventory_due_at = models.DateTimeField(null=True, blank=True)
    identity = models.CharField(max_length=64, blank=True)  # the UID of its kube-system namespace, where it may be seen
    practice_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "inventory_due_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], condition=~Q(state="removed"), name="cluster_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Credential(Row):
    """How the portal signs in at a cluster. `uploaded` ones live only until the registration is over.

    `secret` holds {"token": …} or {"client_certificate": …, "client_key": …}, sealed and bound to this row; an
    uploaded one also holds the way to the server it came with ("server", "ca_data", …).
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="credentials")
    purpose = models.CharField(max_length=10, default="portal")  # portal | uploaded
    kind = models.CharField(max_length=20)  # service-account | token | client-certificate
    namespace = models.CharField(max_length=63, blank=True)
    service_account = models.CharField(max_length=253, blank=True)
    secret_blob = SealedField()
    expires_at = models.DateTimeField(null=True, blank=True)
    renewed_at = models.DateTimeField(null=True, blank=True)
    renew_at = models.DateTimeField(null=True, blank=True)  # when a new token is asked for; None: never

    secret = Sealed("secret_blob")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "purpose"], name="credential_once_a_purpose")]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.cluster_id}"

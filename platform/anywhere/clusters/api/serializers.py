"""The shapes of clusters in the API."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from anywhere.clusters.models import Cluster, ClusterState, Credential
from anywhere.clusters.practice import FAULTS
from anywhere.lib.api.serializers import In, Out
from anywhere.operations.api.serializers import OperationOut

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,61}[A-Za-z0-9])?\Z")
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")
FORBIDDEN_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})


def is_name(value: str) -> None:
    """Raise ValidationError for a text that cannot be a cluster's name."""
    if not _NAME.match(value) or _UUID.match(value):
        raise serializers.ValidationError(
            "Use 1 to 63 letters, digits, dots, dashes, underscores or spaces, with a letter or digit at both ends."
        )


def is_namespace(value: str) -> None:
    """Raise ValidationError for a text that cannot be a namespace to be restricted to."""
    if value and not _NAMESPACE.match(value):
        raise serializers.ValidationError("A namespace has lower-case letters, digits and dashes, at most 63.")
    if value in FORBIDDEN_NAMESPACES:
        raise serializers.ValidationError("This namespace belongs to the cluster itself. Choose another.")


class KubeconfigIn(In):
    """A kubeconfig and the context that is meant."""

    kubeconfig = serializers.CharField(trim_whitespace=False, write_only=True)
    context = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=500)  # type: ignore[assignment]


class InspectIn(KubeconfigIn):
    """A kubeconfig to look at."""

    namespace = serializers.CharField(required=False, allow_blank=True, validators=[is_namespace])
    allow_insecure_tls = serializers.BooleanField(required=False)


class RegisterIn(InspectIn):
    """A cluster to register."""

    name = serializers.CharField(validators=[is_name])


class PracticeIn(In):
    """A practice cluster to make."""

    name = serializers.CharField(required=False, allow_blank=True, validators=[is_name])


class RenameIn(In):
    """A cluster's new name."""

    name = serializers.CharField(validators=[is_name])


class RemoveIn(In):
    """How a cluster is removed: `forget` leaves its services running, unmanaged."""

    forget = serializers.BooleanField(required=False, default=False)


class PracticeSettingsIn(In):
    """What a practice cluster is told to do."""

    fail = serializers.ChoiceField(choices=FAULTS, required=False, allow_null=True)  # type: ignore[assignment]
    ready_seconds = serializers.FloatField(required=False, min_value=0, max_value=300)


class PracticeSettingsOut(Out):
    """What a practice cluster was told to do."""

    fail = serializers.ChoiceField(choices=FAULTS, allow_null=True)  # type: ignore[assignment]
    ready_seconds = serializers.FloatField()


class ContextOut(Out):
    """A context to choose."""

    name = serializers.CharField()
    cluster = serializers.CharField()
    user = serializers.CharField()
    namespace = serializers.CharField()
    server = serializers.CharField()


class ChosenOut(Out):
    """What is taken from a kubeconfig; no secret among it."""

    context = serializers.CharField()  # type: ignore[assignment]
    server = serializers.CharField()
    host = serializers.CharField()
    ca_fingerprint = serializers.CharField(allow_null=True)
    credential = serializers.ChoiceField(choices=["token", "client-certificate"])
    expires_at = serializers.DateTimeField(allow_null=True)
    namespace = serializers.CharField(allow_null=True)


class RuleOut(Out):
    """One right, with the reason for it."""

    api_groups = serializers.ListField(child=serializers.CharField())
    resources = serializers.ListField(child=serializers.CharField())
    verbs = serializers.ListField(child=serializers.CharField())
    resource_names = serializers.ListField(child=serializers.CharField())
    why = serializers.CharField()


class WillCreateOut(Out):
    """What registering creates in the cluster."""

    mode = serializers.ChoiceField(choices=["cluster", "namespace"])
    namespace = serializers.CharField()
    service_account = serializers.CharField()
    rules = RuleOut(many=True)
    manifest = serializers.CharField()


class FindingOut(Out):
    """A sentence worth saying before something is done."""

    level = serializers.ChoiceField(choices=["error", "warning", "note"])
    code = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    fix = serializers.CharField()
    field = serializers.CharField(required=False)


class InspectOut(Out):
    """What a kubeconfig holds, and what registering would create."""

    contexts = ContextOut(many=True)
    current_context = serializers.CharField(allow_null=True)
    chosen = ChosenOut(allow_null=True)
    dropped = serializers.ListField(child=serializers.CharField())
    will_create = WillCreateOut()
    findings = FindingOut(many=True)


class RoomOut(Out):
    """An amount: cores, bytes, pieces."""

    cpu = serializers.FloatField()
    memory = serializers.IntegerField()
    pods = serializers.IntegerField()
    gpu = serializers.IntegerField()


class NodeOut(Out):
    """A node; `requested` is null where pods are not seen."""

    name = serializers.CharField()
    zone = serializers.CharField()
    ready = serializers.BooleanField()
    unschedulable = serializers.BooleanField()
    roles = serializers.ListField(child=serializers.CharField())
    allocatable = RoomOut()
    requested = RoomOut(allow_null=True)


class TotalsOut(Out):
    """The sums over the nodes that ordinary pods may use."""

    allocatable = RoomOut()
    requested = RoomOut(allow_null=True)


class LargestPodOut(Out):
    """The largest single pod that fits now."""

    cpu = serializers.FloatField()
    memory = serializers.IntegerField()
    node = serializers.CharField()


class StorageClassOut(Out):
    """A storage class."""

    name = serializers.CharField()
    is_default = serializers.BooleanField()
    expandable = serializers.BooleanField()
    provisioner = serializers.CharField()
    binding = serializers.CharField()


class IngressClassOut(Out):
    """An ingress class."""

    name = serializers.CharField()
    is_default = serializers.BooleanField()


class LoadBalancerOut(Out):
    """Whether services of type LoadBalancer get an address, as seen."""

    supported = serializers.BooleanField(allow_null=True)
    evidence = serializers.CharField()


class NamespaceOut(Out):
    """A namespace and the Pod Security level it enforces."""

    name = serializers.CharField()
    pod_security = serializers.CharField(allow_blank=True)


class OptionsOut(Out):
    """What the pickers of the install form offer."""

    namespaces = NamespaceOut(many=True)
    storage_classes = StorageClassOut(many=True)
    ingress_classes = IngressClassOut(many=True)


class InventoryOut(Out):
    """What a cluster had when it was last read; lists that may not be seen are empty and named under `unseen`."""

    observed_at = serializers.DateTimeField()
    version = serializers.CharField()
    platform = serializers.CharField(allow_blank=True)
    nodes = NodeOut(many=True)
    totals = TotalsOut(allow_null=True)
    largest_pod = LargestPodOut(allow_null=True)
    storage_classes = StorageClassOut(many=True)
    ingress_classes = IngressClassOut(many=True)
    load_balancer = LoadBalancerOut()
    metrics_api = serializers.BooleanField(allow_null=True)
    snapshots = serializers.BooleanField(allow_null=True)
    namespaces = NamespaceOut(many=True)
    unseen = serializers.ListField(child=serializers.CharField())


class AccessOut(Out):
    """How far the portal's rights reach, and what will not work."""

    mode = serializers.ChoiceField(choices=["cluster", "namespace"])
    namespace = serializers.CharField(allow_null=True)
    limits = serializers.ListField(child=serializers.CharField())


class ReachabilityOut(Out):
    """Whether the cluster answers, and since when."""

    reachable = serializers.BooleanField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    code = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)


class CredentialOut(Out):
    """The portal's credential: its kind and its life, never itself."""

    kind = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    renewed_at = serializers.DateTimeField(allow_null=True)


class ClusterOut(Out):
    """A cluster."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    organization = serializers.SlugField(source="organization.slug")
    is_practice = serializers.BooleanField()
    server_host = serializers.SerializerMethodField()
    state = serializers.ChoiceField(choices=[one.value for one in ClusterState if one != ClusterState.REMOVED])
    access = serializers.SerializerMethodField()
    reachability = serializers.SerializerMethodField()
    credential = serializers.SerializerMethodField()
    insecure_tls = serializers.BooleanField(source="insecure_skip_tls_verify")
    inventory = serializers.SerializerMethodField()
    services_count = serializers.IntegerField()
    operation = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_server_host(self, cluster: Cluster) -> str:
        """Give the host and port of the API server."""
        return urlsplit(cluster.server).netloc

    @extend_schema_field(AccessOut)
    def get_access(self, cluster: Cluster) -> dict[str, Any]:
        """Give the reach of our rights."""
        return {"mode": cluster.access_mode, "namespace": cluster.namespace or None, "limits": cluster.limits}

    @extend_schema_field(ReachabilityOut)
    def get_reachability(self, cluster: Cluster) -> Any:
        """Give whether it answers."""
        seen = {
            "reachable": cluster.reachable,
            "since": cluster.reachable_since,
            "checked_at": cluster.checked_at,
            "code": cluster.unreachable_code,
            "reason": cluster.unreachable_reason,
        }
        return ReachabilityOut(seen).data

    @extend_schema_field(CredentialOut(allow_null=True))
    def get_credential(self, cluster: Cluster) -> Any:
        """Give the life of our credential."""
        mine: list[Credential] = [one for one in cluster.credentials.all() if one.purpose == "portal"]
        return CredentialOut(mine[0]).data if mine else None

    @extend_schema_field(InventoryOut(allow_null=True))
    def get_inventory(self, cluster: Cluster) -> Any:
        """Give the last known facts."""
        if cluster.inventory is None:
            return None
        lists = {key: cluster.inventory.get(key) or [] for key in ("nodes", "storage_classes", "ingress_classes")}
        return InventoryOut({**cluster.inventory, **lists, "observed_at": cluster.inventory_at}).data

    @extend_schema_field(OperationOut(allow_null=True))
    def get_operation(self, cluster: Cluster) -> Any:
        """Give the active or last operation."""
        operation = self.context.get("operations", {}).get(cluster.pk)
        return OperationOut(operation).data if operation else None

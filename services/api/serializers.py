"""The shapes of installed services in the API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from anywhere.lib.api.serializers import In, Out
from anywhere.operations.api.serializers import OperationOut
from services import selectors
from services.models import Service, ServiceState, Verdict


class ClusterRefOut(Out):
    """A cluster, named."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    is_practice = serializers.BooleanField()
    reachable = serializers.BooleanField(allow_null=True, required=False)


class PackageRefOut(Out):
    """A package, named."""

    name = serializers.CharField()
    title = serializers.CharField()
    icon_url = serializers.CharField()


class DesiredOut(Out):
    """What was asked for."""

    version = serializers.CharField()
    plan = serializers.CharField()
    generation = serializers.IntegerField()
    replicas = serializers.DictField(child=serializers.IntegerField())


class HealthOut(Out):
    """What is seen."""

    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)
    observed_at = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField()


class ScalingOut(Out):
    """How one component may be scaled. `in` and `out` are free or refused."""

    component = serializers.CharField()
    title = serializers.CharField()
    replicas = serializers.IntegerField()
    minimum = serializers.IntegerField()
    maximum = serializers.IntegerField(allow_null=True)
    allowed = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    out = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)

    def get_fields(self) -> dict[str, Any]:
        """Give the fields; "in" is a word of Python, so it is added here."""
        return {**super().get_fields(), "in": serializers.CharField()}


class UpdateOut(Out):
    """A newer version."""

    version = serializers.CharField()


class CostOut(Out):
    """What a service asks for: so much of what, so many times."""

    unit = serializers.ChoiceField(choices=["cpu", "memory", "disk", "gpu"])
    each = serializers.CharField()
    times = serializers.IntegerField()


class KeptClaimOut(Out):
    """A volume that was kept."""

    name = serializers.CharField()
    size = serializers.CharField(allow_null=True)
    storage_class = serializers.CharField(allow_null=True)


class StackRefOut(Out):
    """The stack that a service is a part of."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class BoundServiceOut(Out):
    """A service at the other end of a binding."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    title = serializers.CharField(source="package.title")
    verdict = serializers.ChoiceField(choices=Verdict.choices)


class ServiceOut(Out):
    """An installed service: what was asked for, what is being done, what is seen."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    organization = serializers.CharField(source="organization.slug")
    cluster = serializers.SerializerMethodField()
    namespace = serializers.CharField()
    package = serializers.SerializerMethodField()
    version = serializers.CharField(source="version.version")
    server_version = serializers.SerializerMethodField()
    plan = serializers.CharField()
    desired = serializers.SerializerMethodField()
    operation = OperationOut(allow_null=True)
    health = serializers.SerializerMethodField()
    scaling = serializers.SerializerMethodField()
    costs = serializers.SerializerMethodField()
    update = serializers.SerializerMethodField()  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=ServiceState.choices)
    data_kept = KeptClaimOut(many=True)
    stack = StackRefOut(allow_null=True)
    bound_to = serializers.SerializerMethodField()
    bound_by = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    created_by = serializers.SerializerMethodField()

    @extend_schema_field(ClusterRefOut)
    def get_cluster(self, service: Service) -> dict[str, Any]:
        """Give the cluster's reference."""
        cluster = service.cluster
        return {
            "id": cluster.pk, "name": cluster.name, "is_practice": cluster.is_practice, "reachable": cluster.reachable
        }  # fmt: skip

    @extend_schema_field(PackageRefOut)
    def get_package(self, service: Service) -> dict[str, Any]:
        """Give the package's reference."""
        package = service.package
        icon = f"/api/v1/catalog/packages/{package.name}/icon/"
        return {"name": package.name, "title": package.title, "icon_url": icon}

    def get_server_version(self, service: Service) -> str:
        """Give the version of the server itself; `version` is that of its package. Empty when it is not known."""
        return selectors.server_version(service.version, service.plan, service.values)

    @extend_schema_field(DesiredOut)
    def get_desired(self, service: Service) -> dict[str, Any]:
        """Give what was asked for."""
        replicas = {row["component"]: row["replicas"] for row in selectors.scaling(service)}
        version = service.version.version
        return {"version": version, "plan": service.plan, "generation": service.generation, "replicas": replicas}

    @extend_schema_field(HealthOut)
    def get_health(self, service: Service) -> dict[str, Any]:
        """Give what is seen; stale when nobody has looked for a while."""
        seen = service.observed_at
        stale = service.cluster.reachable is False or seen is None or timezone.now() - seen > selectors.STALE_AFTER
        return {
            "verdict": service.verdict, "reason": service.reason, "code": service.health_code,
            "since": service.health_since, "observed_at": seen, "stale": stale,
        }  # fmt: skip

    @extend_schema_field(ScalingOut(many=True))
    def get_scaling(self, service: Service) -> list[dict[str, Any]]:
        """Give how it may be scaled."""
        return selectors.scaling(service)

    @extend_schema_field(BoundServiceOut(many=True, allow_null=True))
    def get_bound_to(self, service: Service) -> Any:
        """Give the services whose address and credentials it uses; only on the detail."""
        return self._bound("bound_to")

    @extend_schema_field(BoundServiceOut(many=True, allow_null=True))
    def get_bound_by(self, service: Service) -> Any:
        """Give the services that use its address and credentials; only on the detail."""
        return self._bound("bound_by")

    def _bound(self, side: str) -> Any:
        rows = self.context.get(side)
        return None if rows is None else BoundServiceOut(rows, many=True).data

    @extend_schema_field(CostOut(many=True))
    def get_costs(self, service: Service) -> list[dict[str, Any]]:
        """Give what it asks its cluster for, as the package counts it."""
        return selectors.costs(service)

    @extend_schema_field(UpdateOut(allow_null=True))
    def get_update(self, service: Service) -> dict[str, str] | None:
        """Give the newer version, when there is one."""
        newer = selectors.newest_version(service)
        return {"version": newer.version} if newer else None

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_created_by(self, service: Service) -> str | None:
        """Give the e-mail address of who asked for it."""
        return service.requested_by.email if service.requested_by else None


class InstallIn(In):
    """An install."""

    package = serializers.SlugField(max_length=53)
    version = serializers.CharField(required=False, max_length=60)
    plan = serializers.CharField(required=False, allow_blank=True, max_length=40)
    name = serializers.CharField(max_length=63)
    cluster = serializers.CharField(max_length=63)
    namespace = serializers.CharField(required=False, allow_blank=True, max_length=63)
    values = serializers.DictField(required=False)


class PreflightIn(In):
    """A question: does it fit."""

    package = serializers.SlugField(max_length=53)
    version = serializers.CharField(required=False, max_length=60)
    plan = serializers.CharField(required=False, allow_blank=True, max_length=40)
    name = serializers.CharField(required=False, allow_blank=True, max_length=63)
    namespace = serializers.CharField(required=False, allow_blank=True, max_length=63)
    values = serializers.DictField(required=False, help_text="Those of a stack are by member.")
    without = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=12)
    clusters = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=50)


class NamesIn(In):
    """What has been typed so far."""

    package = serializers.SlugField(required=False, max_length=53)
    name = serializers.CharField(required=False, allow_blank=True, max_length=300)
    cluster = serializers.CharField(required=False, allow_blank=True, max_length=63)
    namespace = serializers.CharField(required=False, allow_blank=True, max_length=300)


class NameCheckOut(Out):
    """Whether a name can be used."""

    available = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)


class NamespaceCheckOut(Out):
    """What is known of a namespace."""

    suggested = serializers.CharField()
    exists = serializers.BooleanField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class NamesOut(Out):
    """Suggestions and checks while somebody types."""

    suggested = serializers.CharField()
    name = NameCheckOut()
    namespace = NamespaceCheckOut()


class BindableOut(Out):
    """A service that another one in its namespace can be bound to: `secret` names the Secret with what it takes."""

    service = serializers.CharField()
    package = serializers.CharField()
    title = serializers.CharField()
    type = serializers.CharField()
    secret = serializers.CharField()


class ChangeIn(In):
    """A change of values, plan or version."""

    values = serializers.DictField(required=False)
    plan = serializers.CharField(required=False, max_length=40)
    version = serializers.CharField(required=False, max_length=60)


class PlanIn(ChangeIn):
    """A question: what would this do."""

    revision = serializers.IntegerField(required=False, min_value=1)
    replicas = serializers.IntegerField(required=False, min_value=0, max_value=1000)
    component = serializers.CharField(required=False, max_length=40)


class RollbackIn(In):
    """The revision to go back to."""

    revision = serializers.IntegerField(min_value=1)


class ScaleIn(In):
    """How many replicas of which component."""

    component = serializers.CharField(required=False, max_length=40)
    replicas = serializers.IntegerField(min_value=0, max_value=1000)


class UninstallIn(In):
    """Whether the data goes too; then the service's name must be typed."""

    delete_data = serializers.BooleanField(required=False, default=False)
    confirm = serializers.CharField(required=False, allow_blank=True, default="", max_length=63)
    force = serializers.BooleanField(required=False, default=False, help_text="Although others are bound to it.")


class ValuesOut(Out):
    """The values of a service; secrets are masks."""

    values = serializers.DictField()
    merged_yaml = serializers.CharField()
    defaults = serializers.DictField()
    schema = serializers.DictField()
    version = serializers.CharField()
    plan = serializers.CharField()


class EndpointOut(Out):
    """An address."""

    name = serializers.CharField()
    host = serializers.CharField()
    port = serializers.IntegerField()
    scope = serializers.ChoiceField(choices=["inside", "outside"])
    protocol = serializers.CharField()


class SnippetOut(Out):
    """A few lines to copy."""

    id = serializers.CharField()
    title = serializers.CharField()
    language = serializers.CharField()
    text = serializers.CharField()


class ConnectOut(Out):
    """How to connect; credentials are null until they are asked for, `public` has those of them that are no secret."""

    endpoints = EndpointOut(many=True)
    credential_keys = serializers.ListField(child=serializers.CharField())
    public = serializers.DictField(child=serializers.CharField())
    credentials = serializers.DictField(allow_null=True)
    snippets = SnippetOut(many=True)
    port_forward = serializers.CharField(allow_blank=True)


class RevealOut(Out):
    """The credentials, asked for and audited."""

    credentials = serializers.DictField(child=serializers.CharField())


class ServiceEventOut(Out):
    """Something that happened."""

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=["cluster", "health", "operation"])
    level = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    object = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    count = serializers.IntegerField()


class ServiceEventsOut(Out):
    """What happened to a service, newest first."""

    results = ServiceEventOut(many=True)


class RevisionOut(Out):
    """One applied state of a service."""

    revision = serializers.IntegerField(source="number")
    at = serializers.DateTimeField(source="created_at")
    by = serializers.SerializerMethodField()
    kind = serializers.CharField()
    version = serializers.CharField(source="version.version")
    server_version = serializers.SerializerMethodField()
    plan = serializers.CharField()
    status = serializers.CharField()
    operation_id = serializers.UUIDField(allow_null=True)
    summary = serializers.CharField(allow_blank=True)
    can_roll_back = serializers.SerializerMethodField()

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_by(self, revision: Any) -> str | None:
        """Give who asked."""
        return revision.requested_by.email if revision.requested_by else None

    def get_server_version(self, revision: Any) -> str:
        """Give the version of the server itself; `version` is that of its package. Empty when it is not known."""
        return selectors.server_version(revision.version, revision.plan, revision.values)

    def get_can_roll_back(self, revision: Any) -> bool:
        """Give whether going back to it makes sense."""
        return bool(revision.status == "superseded")


class ObjectsOut(Out):
    """The workloads, pods and volumes of a service as they were seen last."""

    observed_at = serializers.DateTimeField(allow_null=True)
    workloads = serializers.ListField(child=serializers.DictField())
    claims = serializers.ListField(child=serializers.DictField())
    others = serializers.ListField(child=serializers.DictField())


class ProcedureOut(Out):
    """Something that can be done beside changing it; `danger` says what it costs, and is asked about first."""

    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    danger = serializers.CharField(allow_blank=True)


class ProceduresOut(Out):
    """What can be done with a service beside changing it."""

    results = ProcedureOut(many=True)


class LagOut(Out):
    """How far a node is behind."""

    value = serializers.FloatField()
    unit = serializers.ChoiceField(choices=["bytes", "seconds", "records", "partitions"])


class ServiceNodeOut(Out):
    """A node of a service, and what it says of itself; `problem` says why it does not."""

    name = serializers.CharField()
    component = serializers.CharField()
    title = serializers.CharField()
    ready = serializers.BooleanField()
    node = serializers.CharField(allow_blank=True)
    zone = serializers.CharField(allow_blank=True)
    role = serializers.CharField(allow_null=True)
    lag = LagOut(allow_null=True)
    problem = serializers.CharField(allow_blank=True)


class ServiceNodesOut(Out):
    """The nodes of a service; none when its package has no word for them."""

    results = ServiceNodeOut(many=True)


class OverviewOut(Out):
    """Home: what needs a person, what runs, what happened."""

    needs_attention = serializers.ListField(child=serializers.DictField())
    counts = serializers.DictField(child=serializers.IntegerField())
    recent = OperationOut(many=True)


class ProviderPackageOut(Out):
    """A package as its provider sees it."""

    package = serializers.DictField()
    installs = serializers.IntegerField()
    versions = serializers.ListField(child=serializers.DictField())
    failed_operations = serializers.ListField(child=serializers.DictField())


class ProviderPackagesOut(Out):
    """All packages of a provider."""

    results = ProviderPackageOut(many=True)

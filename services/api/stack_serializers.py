"""The shapes of installed stacks in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from anywhere.lib.api.serializers import In, Out
from anywhere.operations.api.serializers import OperationOut
from anywhere.operations.models import State
from catalog.rules.stack import in_order, needs
from services.api.serializers import ClusterRefOut, PackageRefOut
from services.models import Service, ServiceState, Stack, StackState, Verdict
from services.rules.stacks import worst


class StackOperationOut(Out):
    """The last operation of a member, in short."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)


class StackMemberOut(Out):
    """One service of a stack; `state` is planned until all members were found to fit."""

    member = serializers.CharField()
    title = serializers.CharField()
    id = serializers.UUIDField()
    name = serializers.CharField()
    package = PackageRefOut()
    plan = serializers.CharField()
    state = serializers.ChoiceField(choices=ServiceState.choices)
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField(allow_blank=True)
    bound_to = serializers.ListField(child=serializers.CharField())
    operation = StackOperationOut(allow_null=True)


class StackHealthOut(Out):
    """What is seen of a stack: the worst of its services, and which one that is."""

    verdict = serializers.ChoiceField(choices=Verdict.choices)
    reason = serializers.CharField(allow_blank=True)


class StackOut(Out):
    """An installed stack and its services."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    organization = serializers.CharField(source="organization.slug")
    cluster = ClusterRefOut()
    namespace = serializers.CharField()
    package = serializers.SerializerMethodField()
    version = serializers.CharField(source="version.version")
    plan = serializers.CharField()
    state = serializers.ChoiceField(choices=StackState.choices)
    operation = OperationOut(allow_null=True)
    health = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    created_by = serializers.EmailField(source="requested_by.email", default=None, allow_null=True)

    @extend_schema_field(PackageRefOut)
    def get_package(self, stack: Stack) -> dict[str, str]:
        """Give the catalogue's stack."""
        return _package(stack)

    @extend_schema_field(StackHealthOut)
    def get_health(self, stack: Stack) -> dict[str, str]:
        """Give the worst verdict of the services that are there."""
        present = [s for s in stack.services.all() if s.state == ServiceState.PRESENT]
        verdict, reason = worst([(s.name, s.verdict, s.reason) for s in present])
        return {"verdict": verdict, "reason": reason}

    @extend_schema_field(StackMemberOut(many=True))
    def get_members(self, stack: Stack) -> Any:
        """Give the services in the order they are installed."""
        services = {service.member: service for service in stack.services.all()}
        said = [m for m in in_order(stack.version.definition["members"]) if m["name"] in services]
        rows = [_member(m, services[m["name"]], [n for n in needs(m) if n in services]) for m in said]
        return StackMemberOut(rows, many=True).data


def _package(row: Stack | Service) -> dict[str, str]:
    package = row.package
    icon = f"/api/v1/catalog/packages/{package.name}/icon/"
    return {"name": package.name, "title": package.title, "icon_url": icon}


def _member(said: Any, service: Service, bound_to: list[str]) -> dict[str, Any]:
    return {
        "member": service.member, "title": said["title"], "id": service.pk, "name": service.name,
        "package": _package(service), "plan": service.plan, "state": service.state, "verdict": service.verdict,
        "reason": service.reason, "bound_to": bound_to, "operation": service.operation,
    }  # fmt: skip


class StackIn(In):
    """An install of a stack. `values` are by member: {"kafka": {"persistence": {"size": "20Gi"}}}."""

    stack = serializers.SlugField(max_length=53)
    version = serializers.CharField(required=False, max_length=60)
    plan = serializers.CharField(required=False, allow_blank=True, max_length=40)
    name = serializers.CharField(max_length=63)
    cluster = serializers.CharField(max_length=63)
    namespace = serializers.CharField(required=False, allow_blank=True, max_length=63)
    values = serializers.DictField(required=False)
    without = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=12)


class StackUninstallIn(In):
    """Whether the data of all services goes too; then the stack's name must be typed."""

    delete_data = serializers.BooleanField(required=False, default=False)
    confirm = serializers.CharField(required=False, allow_blank=True, default="", max_length=63)

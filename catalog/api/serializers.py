"""The shapes of the catalogue."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from anywhere.lib.api.serializers import In, Out
from catalog import selectors
from catalog.models import Kind, Package, Version
from catalog.rules import derive, readme


def _icon(package: str) -> str:
    return f"/api/v1/catalog/packages/{quote(package)}/icon/"


class ProviderNameOut(Out):
    """Who publishes a package."""

    slug = serializers.CharField()
    name = serializers.CharField()


class CardMemberOut(Out):
    """One service of a stack, on its card."""

    name = serializers.CharField()
    title = serializers.CharField()
    package = serializers.CharField()
    icon_url = serializers.CharField()


class PackageCardOut(Out):
    """What a card of the catalogue shows."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    category = serializers.CharField()
    icon_url = serializers.SerializerMethodField()
    version = serializers.CharField(source="latest.version")
    app_version = serializers.CharField(source="latest.app_version")
    license = serializers.SerializerMethodField()
    installs = serializers.IntegerField()
    plans = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()
    provider = ProviderNameOut()

    def get_icon_url(self, package: Package) -> str:
        """Give the icon's address; it changes with the version, so it can be kept."""
        digest = package.latest.digest[:8] if package.latest else ""
        return f"/api/v1/catalog/packages/{quote(package.name)}/icon/?v={digest}"

    def get_license(self, package: Package) -> str:
        """Give the licence of the server."""
        return str(self.version_of(package).definition.get("license", ""))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_plans(self, package: Package) -> list[str]:
        """Give the names of the plans."""
        return [plan["name"] for plan in self.version_of(package).plans]

    @extend_schema_field(CardMemberOut(many=True))
    def get_members(self, package: Package) -> Any:
        """Give the services of a stack; empty for a package of one service."""
        members = self.version_of(package).definition.get("members") or []
        return [
            {**{key: m[key] for key in ("name", "title", "package")}, "icon_url": _icon(m["package"])} for m in members
        ]

    def version_of(self, package: Package) -> Version:
        """Give the version shown: the newest."""
        assert package.latest is not None
        return package.latest


class CategoryOut(Out):
    """A category with the number of packages found in it."""

    name = serializers.CharField()
    title = serializers.CharField()
    count = serializers.IntegerField()


class FacetsOut(Out):
    """How the found packages divide."""

    categories = CategoryOut(many=True)


class VersionOut(Out):
    """One published version."""

    version = serializers.CharField()
    app_version = serializers.CharField()
    published_at = serializers.DateTimeField(source="created_at")
    digest = serializers.CharField()


class RequestsOut(Out):
    """What a plan asks a cluster for."""

    cpu = serializers.FloatField()
    memory = serializers.IntegerField()
    storage = serializers.IntegerField()
    pods = serializers.IntegerField()


class PlanOut(Out):
    """A plan: values laid over the chart's own."""

    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    recommended = serializers.BooleanField()
    requests = RequestsOut(allow_null=True)
    values = serializers.DictField()


class LinkOut(Out):
    """A link of a package."""

    title = serializers.CharField()
    url = serializers.CharField()


class PackageScalingOut(Out):
    """A part of a service whose number can be changed."""

    component = serializers.CharField()
    title = serializers.CharField()
    path = serializers.CharField()
    minimum = serializers.IntegerField()
    maximum = serializers.IntegerField()
    allowed = serializers.ListField(child=serializers.IntegerField(), required=False)
    out = serializers.CharField()
    reason = serializers.CharField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """Give the fields with `in`, a word Python keeps for itself."""
        return super().get_fields() | {"in": serializers.CharField()}


class PackageEndpointOut(Out):
    """A door of a service."""

    name = serializers.CharField()
    service = serializers.CharField()
    port = serializers.IntegerField()
    scope = serializers.CharField()
    protocol = serializers.CharField()


class MemberPlanOut(Out):
    """What a member of a stack is with one plan of the stack."""

    plan = serializers.CharField()
    of_package = serializers.CharField()
    requests = RequestsOut(allow_null=True)


class PackageMemberOut(CardMemberOut):
    """One service of a stack: its package, its plans, and the members it is bound to."""

    icon_url = serializers.SerializerMethodField()  # type: ignore[assignment]
    package_title = serializers.CharField()
    version = serializers.CharField()
    app_version = serializers.CharField()
    optional = serializers.BooleanField()
    bound_to = serializers.ListField(child=serializers.CharField())
    plans = MemberPlanOut(many=True)

    def get_icon_url(self, member: dict[str, Any]) -> str:
        """Give the icon of its package."""
        return _icon(member["package"])


class PackageOut(PackageCardOut):
    """All that the page of a package shows, for one version."""

    version = serializers.SerializerMethodField()  # type: ignore[assignment]
    app_version = serializers.SerializerMethodField()  # type: ignore[assignment]
    versions = serializers.SerializerMethodField()
    readme_html = serializers.SerializerMethodField()
    creates = serializers.SerializerMethodField()
    requires = serializers.SerializerMethodField()
    plans = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()
    maintainer = serializers.SerializerMethodField()
    scaling = serializers.SerializerMethodField()
    endpoints = serializers.SerializerMethodField()
    notes = serializers.SerializerMethodField()
    keywords = serializers.ListField(child=serializers.CharField())

    def version_of(self, package: Package) -> Version:
        """Give the version asked for."""
        version: Version = self.context["version"]
        return version

    def _said(self, package: Package, key: str, otherwise: Any) -> Any:
        return self.version_of(package).definition.get(key) or otherwise

    def get_version(self, package: Package) -> str:
        """Give the version shown."""
        return self.version_of(package).version

    def get_app_version(self, package: Package) -> str:
        """Give the version of the server in it."""
        return self.version_of(package).app_version

    @extend_schema_field(VersionOut(many=True))
    def get_versions(self, package: Package) -> Any:
        """Give all versions, newest first."""
        return VersionOut(self.context["versions"], many=True).data

    def get_readme_html(self, package: Package) -> str:
        """Give the README as harmless HTML."""
        return readme.html(self.version_of(package).readme)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_creates(self, package: Package) -> Any:
        """Give what it creates, in plain words."""
        return self._said(package, "creates", [])

    @extend_schema_field(serializers.DictField())
    def get_requires(self, package: Package) -> Any:
        """Give what it needs of a cluster."""
        return self._said(package, "requires", {})

    @extend_schema_field(PlanOut(many=True))
    def get_plans(self, package: Package) -> Any:
        """Give the plans; those of a stack ask for what its members ask for together."""
        members = self.context.get("members")
        plans = self.version_of(package).plans
        if members:
            plans = [{**plan, "requests": selectors.summed(members, plan["name"])} for plan in plans]
        return PlanOut(plans, many=True).data

    @extend_schema_field(PackageMemberOut(many=True))
    def get_members(self, package: Package) -> Any:
        """Give the services of a stack in the order they are installed; empty for a package of one service."""
        return PackageMemberOut(self.context.get("members") or [], many=True).data

    @extend_schema_field(LinkOut(many=True))
    def get_links(self, package: Package) -> Any:
        """Give the links that are safe to show."""
        return [link for link in self._said(package, "links", []) if derive.is_link(str(link.get("url", "")))]

    def get_maintainer(self, package: Package) -> str:
        """Give who looks after the package."""
        return str(self._said(package, "maintainer", ""))

    @extend_schema_field(PackageScalingOut(many=True))
    def get_scaling(self, package: Package) -> Any:
        """Give what can be scaled."""
        return self._said(package, "scaling", [])

    @extend_schema_field(PackageEndpointOut(many=True))
    def get_endpoints(self, package: Package) -> Any:
        """Give the doors of a service."""
        return self._said(package, "endpoints", [])

    def get_notes(self, package: Package) -> str:
        """Give what one should know before installing."""
        return str(self._said(package, "notes", ""))


class FormPlanOut(Out):
    """A plan in a form."""

    name = serializers.CharField()
    values = serializers.DictField()


class FormOut(Out):
    """What an install form is made of."""

    schema = serializers.DictField()
    values = serializers.DictField()
    values_yaml = serializers.CharField()
    plans = FormPlanOut(many=True)
    secrets = serializers.ListField(child=serializers.CharField())


class ProviderOut(Out):
    """A provider of one of the person's organizations."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    organization = serializers.CharField(source="organization.slug")


class ProviderIn(In):
    """A new provider."""

    organization = serializers.SlugField(max_length=40)
    slug = serializers.RegexField(r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$", max_length=40)
    name = serializers.CharField(max_length=80)


class PublishIn(In):
    """A chart's archive (.tgz): base64 in JSON, or as the file `archive` of a form."""

    archive = serializers.CharField(help_text="The .tgz, base64")


class PublishFileIn(Out):
    """A chart's archive as a file."""

    archive = serializers.FileField()


class PublishedOut(VersionOut):
    """A published version of one of the provider's packages."""

    package = serializers.CharField(source="package.name")

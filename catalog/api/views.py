"""The addresses of the catalogue."""

from __future__ import annotations

import base64
import binascii

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from anywhere.accounts import access as organizations
from anywhere.lib.api.faults import InvalidRequest
from anywhere.lib.api.parsers import StrictJSONParser
from anywhere.lib.api.serializers import page_of
from anywhere.lib.api.views import ApiRequest, ApiView
from anywhere.operations.api.serializers import OperationOut
from catalog import access, actions, selectors
from catalog.api import serializers as shapes
from catalog.models import Kind, Provider, Version
from catalog.rules import icon

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
SEARCH = [
    OpenApiParameter("q", str, description="Words to search for; typing errors are forgiven."),
    OpenApiParameter("category", str),
    OpenApiParameter("sort", str, enum=[*selectors.SORTS, "relevance"]),
]


class Packages(ApiView):
    """The packages of the catalogue."""

    is_paged = True

    @extend_schema(
        operation_id="packages_list",
        parameters=SEARCH,
        responses=page_of(
            shapes.PackageCardOut, facets=shapes.FacetsOut(), did_you_mean=serializers.CharField(allow_null=True)
        ),
    )
    def get(self, request: ApiRequest) -> Response:
        """Give a page of packages that fit the words and the category."""
        query, category = request.query_params.get("q", "")[:200], request.query_params.get("category", "")
        words = selectors.words_of(query)
        rows = selectors.search(selectors.cards(), query) if words else selectors.cards()
        extra = {
            "facets": {"categories": selectors.facets(rows)},
            "did_you_mean": selectors.did_you_mean(query) if words else None,
        }
        self.ordering = self._order(request, bool(words))  # type: ignore[misc]
        return self.page(rows.filter(category=category) if category else rows, shapes.PackageCardOut, extra)

    @staticmethod
    def _order(request: ApiRequest, is_search: bool) -> tuple[str, ...]:
        sort = request.query_params.get("sort", "relevance" if is_search else "name")
        if sort == "relevance":
            return ("-score", "name") if is_search else selectors.SORTS["name"]
        if sort not in selectors.SORTS:
            choices = ", ".join(selectors.SORTS)
            raise InvalidRequest(f"sort is one of {choices}.", fields={"sort": [f"This has to be one of {choices}."]})
        return selectors.SORTS[sort]


class OnePackage(ApiView):
    """One package."""

    @extend_schema(
        operation_id="packages_show",
        parameters=[OpenApiParameter("version", str, description="The newest when left out.")],
        responses=shapes.PackageOut,
    )
    def get(self, request: ApiRequest, name: str) -> Response:
        """Give the package, for its newest version or the one asked for."""
        package = organizations.found(selectors.cards().filter(name=name))
        version = access.get_version(package, request.query_params.get("version", ""))
        members = selectors.members_of(version) if package.kind == Kind.STACK else []
        known = selectors.versions_of(package)
        return self.show(shapes.PackageOut, package, version=version, versions=known, members=members)


class Form(ApiView):
    """The install form of a version."""

    @extend_schema(operation_id="packages_form", responses=shapes.FormOut)
    def get(self, request: ApiRequest, name: str, version: str) -> Response:
        """Give the schema, the values with their comments, the plans, and where the secrets are."""
        return Response(selectors.form(access.get_version(name, version)))


class Icon(ApiView):
    """The icon of a package."""

    has_etag = False

    @extend_schema(
        operation_id="packages_icon",
        responses={(200, "image/svg+xml"): OpenApiResponse(OpenApiTypes.STR)},
    )
    def get(self, request: ApiRequest, name: str) -> HttpResponse:
        """Give the SVG, which may do nothing."""
        package = access.get_package(name)
        drawing = (package.latest.icon if package.latest else "") or icon.letter(package.title)
        headers = {"Content-Security-Policy": SANDBOX, "Cache-Control": "private, max-age=86400"}
        return HttpResponse(drawing, content_type="image/svg+xml", headers=headers)


class Providers(ApiView):
    """The providers of the person's organizations."""

    is_paged = True
    ordering = ("slug",)

    @extend_schema(operation_id="providers_list", responses=page_of(shapes.ProviderOut))
    def get(self, request: ApiRequest) -> Response:
        """Give a page of providers."""
        rows = organizations.visible_to(Provider.objects.select_related("organization"), request.user)
        return self.page(rows, shapes.ProviderOut)

    @extend_schema(operation_id="providers_create", request=shapes.ProviderIn, responses={201: shapes.ProviderOut})
    def post(self, request: ApiRequest) -> Response:
        """Give a new provider; an owner of the organization makes it."""
        body = self.read(shapes.ProviderIn)
        organization = organizations.get_organization(request.user, body.pop("organization"), to="own")
        return self.show(shapes.ProviderOut, actions.create_provider(organization, request.user, **body), status=201)


class Versions(ApiView):
    """What a provider has published."""

    parser_classes = [StrictJSONParser, MultiPartParser]
    is_paged = True

    @extend_schema(operation_id="providers_versions", responses=page_of(shapes.PublishedOut))
    def get(self, request: ApiRequest, slug: str) -> Response:
        """Give a page of versions, newest first."""
        provider = access.get_provider(request.user, slug)
        rows = Version.objects.filter(package__provider=provider).select_related("package")
        return self.page(
            rows.only("version", "app_version", "created_at", "digest", "package__name"), shapes.PublishedOut
        )

    @extend_schema(
        operation_id="providers_publish",
        request={"application/json": shapes.PublishIn, "multipart/form-data": shapes.PublishFileIn},
        responses={202: OperationOut},
    )
    def post(self, request: ApiRequest, slug: str) -> Response:
        """Publish a chart's archive; an owner does it. Hostile and broken archives are refused at once."""
        provider = access.get_provider(request.user, slug, to="own")
        operation = actions.request_publish(provider, request.user, self._archive(request))
        return self.accepted(OperationOut(operation, context=self.get_serializer_context()).data)

    def _archive(self, request: ApiRequest) -> bytes:
        given = request.FILES.get("archive")
        if given is not None:
            return bytes(given.read())
        try:
            return base64.b64decode(self.read(shapes.PublishIn)["archive"], validate=True)
        except (binascii.Error, ValueError):
            raise InvalidRequest("This is not base64.", fields={"archive": ["This is not base64."]}) from None

"""The addresses of installed stacks."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from anywhere.accounts import access as organizations
from anywhere.clusters import access as clusters
from anywhere.lib.api.serializers import EmptyIn, page_of
from anywhere.lib.api.views import ApiRequest, ApiView
from anywhere.operations.api.serializers import OperationOut
from catalog import access as catalog
from services import access, selectors, stacks, suggestions
from services.api import stack_serializers as shapes

FILTERS = ("cluster", "q", "state")


class Stacks(ApiView):
    """The stacks of an organization."""

    is_paged = True

    @extend_schema(
        operation_id="stacks_list",
        parameters=[OpenApiParameter(name, str) for name in FILTERS],
        responses=page_of(shapes.StackOut),
    )
    def get(self, request: ApiRequest, org: str) -> Response:
        """Give a page of stacks."""
        organization = organizations.get_organization(request.user, org)
        filters = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        return self.page(selectors.stacks(organization, **filters), shapes.StackOut)

    @extend_schema(operation_id="stacks_install", request=shapes.StackIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, org: str) -> Response:
        """Give the one operation that installs all services of the stack."""
        organization = organizations.get_organization(request.user, org, to="change")
        body = self.read(shapes.StackIn)
        cluster = clusters.get_cluster_by_name(organization, body["cluster"])
        version = catalog.get_stack(body["stack"], body.get("version", ""))
        namespace = body.get("namespace") or suggestions.namespace_for(cluster, body["name"])
        wanted = stacks.wanted(version, body, namespace=namespace)
        _, operation = stacks.request_install(organization, request.user, cluster=cluster, wanted=wanted)
        return self.accepted(OperationOut(operation).data)


class StackDetail(ApiView):
    """One stack."""

    @extend_schema(operation_id="stacks_show", responses=shapes.StackOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the stack."""
        return self.show(shapes.StackOut, access.get_stack(request.user, id))


class StackRetry(ApiView):
    """Going on with a stack."""

    @extend_schema(operation_id="stacks_retry", request=EmptyIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the operation that installs what is not installed."""
        stack = access.get_stack(request.user, id, to="change")
        self.read(EmptyIn)
        return self.accepted(OperationOut(stacks.request_retry(stack, request.user)).data)


class StackUninstall(ApiView):
    """Uninstalling a stack."""

    @extend_schema(operation_id="stacks_uninstall", request=shapes.StackUninstallIn, responses={202: OperationOut})
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the operation that uninstalls all services of the stack."""
        stack = access.get_stack(request.user, id, to="change")
        operation = stacks.request_uninstall(stack, request.user, **self.read(shapes.StackUninstallIn))
        return self.accepted(OperationOut(operation).data)

"""The addresses of operations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from anywhere.accounts import access as organizations
from anywhere.lib.api.serializers import EmptyIn, page_of
from anywhere.lib.api.views import ApiRequest, ApiView
from anywhere.operations import access, actions, selectors
from anywhere.operations.api.serializers import OperationEventOut, OperationOut, OperationStoryOut
from anywhere.operations.api.stream import stream

FILTERS = ("state", "service", "cluster", "stack", "kind")


class Operations(ApiView):
    """What was done and is being done in an organization, newest first."""

    is_paged = True

    @extend_schema(
        operation_id="operations_list",
        parameters=[OpenApiParameter(name, str) for name in FILTERS],
        responses=page_of(OperationOut),
    )
    def get(self, request: ApiRequest, org: str) -> Response:
        """Give a page of operations; questions (preflight, plan) are left out."""
        organization = organizations.get_organization(request.user, org)
        filters = {name: request.query_params[name] for name in FILTERS if name in request.query_params}
        return self.page(selectors.operations(organization, **filters), OperationOut)


class OperationDetail(ApiView):
    """One operation."""

    @extend_schema(operation_id="operations_show", responses=OperationOut)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the operation as it is now."""
        return self.show(OperationOut, access.get_operation(request.user, id))


class OperationCancel(ApiView):
    """Asking an operation to stop."""

    @extend_schema(operation_id="operations_cancel", request=EmptyIn, responses=OperationOut)
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Give the operation, stopped or asked to stop; 409 when it has ended already."""
        operation = access.get_operation(request.user, id, to="change")
        self.read(EmptyIn)
        return self.show(OperationOut, actions.cancel(operation, request.user))


class OperationStory(ApiView):
    """The story of an operation as a page of JSON."""

    @extend_schema(
        operation_id="operations_events",
        description="Give the story; with `Accept: text/event-stream` live, resumed by Last-Event-ID.",
        parameters=[OpenApiParameter("after", int)],
        responses=OperationStoryOut,
    )
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Give the events after `after`."""
        operation = access.get_operation(request.user, id)
        raw = request.query_params.get("after", "0")
        after = int(raw) if raw.isdigit() and len(raw) < 10 else 0
        return Response({"results": OperationEventOut(selectors.story(operation, after), many=True).data})


_story = OperationStory.as_view()


async def events(request: HttpRequest, id: UUID) -> Any:
    """Give the story live, or as a page to who asks for JSON."""
    accept = request.headers.get("Accept", "")
    if "application/json" in accept and "text/event-stream" not in accept:
        return await sync_to_async(_story, thread_sensitive=True)(request, id=id)
    return await stream(request, str(id))

"""The base of every address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from anywhere.lib.api import idempotency
from anywhere.lib.api.pagination import CursorPages
from anywhere.lib.api.schema import Schema
from anywhere.lib.errors import AppError


class ApiRequest(Request):
    """A request as views see it: `user` is the person who is signed in, since views that let nobody in say so."""

    user: Any


class ApiView(APIView):
    """One address: parse → access → action → answer.

    - `self.read(In)` gives the validated body; unknown fields are refused.
    - `self.page(queryset, Out)` gives a cursor page; set `is_paged = True` (documents it) and `ordering` when it is
      not newest first (the last name must be unique).
    - `self.accepted(operation_data)` gives 202 with `Location` of the operation.
    - Every GET answer has an ETag and is 304 when `If-None-Match` fits (`has_etag = False` turns it off).
    - Every POST takes an Idempotency-Key. `keep_answers` says how its answer is kept for 24 hours: "clear", "sealed"
      (the answer has a secret) or "no" (nothing is done by the POST, or nothing may be kept). With a key the whole
      POST is one transaction: queue work with `transaction.on_commit`.
    """

    schema = Schema()
    keep_answers: ClassVar[idempotency.Keep] = "clear"
    has_etag: ClassVar[bool] = True
    is_paged: ClassVar[bool] = False
    ordering: ClassVar[str | tuple[str, ...]] = ("-created_at", "-id")
    _held: idempotency.Reservation | None = None
    _refused: AppError | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Give the answer; a POST with a key runs in one transaction with the record of its answer."""
        if request.method != "POST" or self.keep_answers == "no" or idempotency.HEADER not in request.headers:
            response = super().dispatch(request, *args, **kwargs)
        else:
            with transaction.atomic():
                response = super().dispatch(request, *args, **kwargs)
                if response.status_code >= 400:
                    transaction.set_rollback(True)
        if self._refused is not None and self._refused.record is not None:
            self._refused.record()
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who asks, then whether this POST was answered before."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            self._held = idempotency.begin(request, request.user, self.keep_answers)

    def handle_exception(self, exc: Exception) -> Response:
        """Give the stored answer of a repeated POST, or the problem of a refusal."""
        if isinstance(exc, idempotency.Replay):
            return exc.response
        self._refused = exc if isinstance(exc, AppError) else None
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Give the answer with its record kept and its ETag set."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._held is not None and isinstance(response, Response):
            idempotency.finish(self._held, response)
        if self.has_etag and request.method in ("GET", "HEAD") and isinstance(response, Response):
            response.add_post_render_callback(lambda rendered: _with_etag(self.request, rendered))
        return response

    def read(self, serializer: type[serializers.Serializer[Any]], **context: Any) -> dict[str, Any]:
        """Give the validated body."""
        read = serializer(data=self.request.data, context=self.get_serializer_context() | context)
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)

    def show(
        self, serializer: type[serializers.BaseSerializer[Any]], row: Any, status: int = 200, **more: Any
    ) -> Response:
        """Give the answer that shows one thing."""
        return Response(serializer(row, context=self.get_serializer_context() | more).data, status=status)

    def page(
        self,
        rows: QuerySet[Any],
        serializer: type[serializers.BaseSerializer[Any]],
        extra: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Response:
        """Give one cursor page of the rows, with `extra` beside them."""
        pages = CursorPages()
        found = pages.paginate_queryset(rows, self.request, self)
        shown = serializer(found, many=True, context=self.get_serializer_context() | more)
        return pages.get_paginated_response(shown.data, dict(extra or {}))

    def accepted(self, operation: Mapping[str, Any]) -> Response:
        """Give 202 with the operation and its address."""
        return Response(operation, status=202, headers={"Location": f"/api/v1/operations/{operation['id']}/"})

    def get_serializer_context(self) -> dict[str, Any]:
        """Give what serializers may look at."""
        return {"request": self.request, "view": self}


def _with_etag(request: Request, response: Response) -> Any:
    """Give 304 when the asker has this very answer, else the answer with its ETag."""
    if response.status_code != 200:
        return None
    etag = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return get_conditional_response(request._request, etag=etag, response=response)

"""Cursor pages: {results, next, previous}, at most 200 rows; a cursor is signed and fits only the list it came from."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.db.models import QuerySet
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from anywhere.lib.api.faults import InvalidRequest

LARGEST = 200


class CursorPages(CursorPagination):
    """Newest first unless a view says otherwise; `?limit=` 1 to 200 (default 50), `?cursor=` from a page before."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = LARGEST
    ordering: str | list[str] | tuple[str, ...] = ("-created_at", "-id")
    _salt = ""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Give the rows of the page asked for."""
        ordering = getattr(view, "ordering", None) or self.ordering
        self._salt = f"cursor:{request.path}:{ordering}"
        return super().paginate_queryset(queryset, request, view)

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        """Give the view's `ordering`, or newest first."""
        ordering = getattr(view, "ordering", None) or self.ordering
        return (ordering,) if isinstance(ordering, str) else tuple(ordering)

    def get_page_size(self, request: Request) -> int:
        """Give the number of rows of a page; a number over 200 means 200, anything else is refused."""
        raw = request.query_params.get("limit")
        if raw is None:
            return self.page_size
        if not (raw.isascii() and raw.isdigit() and len(raw) < 10 and int(raw) > 0):
            raise InvalidRequest("limit is a number from 1 to 200.", fields={"limit": ["Give a number from 1 to 200."]})
        return min(int(raw), LARGEST)

    def encode_cursor(self, cursor: Cursor) -> str:
        """Give the address of another page."""
        token = signing.dumps([int(cursor.offset), int(cursor.reverse), cursor.position], salt=self._salt)
        return replace_query_param(self.base_url or "", self.cursor_query_param, token)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Give the cursor of the request, or None for the first page."""
        token = request.query_params.get(self.cursor_query_param)
        if token is None:
            return None
        try:
            offset, reverse, position = signing.loads(token, salt=self._salt)
        except signing.BadSignature:
            raise InvalidRequest(
                "The cursor does not belong to this list. Start again without it.",
                fields={"cursor": ["This cursor does not belong to this list."]},
            ) from None
        return Cursor(offset=offset, reverse=bool(reverse), position=position)

    def get_paginated_response(self, data: Any, extra: dict[str, Any] | None = None) -> Response:
        """Give {results, next, previous}, with what the view adds beside."""
        page = {"results": data, "next": self.get_next_link(), "previous": self.get_previous_link()}
        return Response(page | (extra or {}))

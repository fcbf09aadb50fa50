"""Limits before any work, and the headers that keep a browser from doing what our pages never ask for."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from anywhere.lib.api.faults import TooLarge, as_response
from anywhere.lib.errors import UserFault

JSON_LIMIT = 2 * 1024 * 1024
UPLOAD_LIMIT = 17 * 1024 * 1024
UPLOADS = ("multipart/form-data", "application/gzip")
QUERY_LIMIT = 8192
LONGEST_NUMBER = 20  # digits; Python reads no number of thousands of them

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
Next = Callable[[HttpRequest], HttpResponse]


class LimitsMiddleware:
    """Refuses a body over the limit, a broken length and NUL bytes before anything is read."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give the refusal, or what the rest of the portal answers."""
        refusal = self.refusal(request)
        return as_response(refusal) if refusal else self.get_response(request)

    @staticmethod
    def refusal(request: HttpRequest) -> UserFault | None:
        """Give why the request is not read, or None."""
        raw = request.META.get("CONTENT_LENGTH") or "0"
        if not (raw.isascii() and raw.isdigit()):
            return UserFault("The Content-Length header is not a number.", code="request.malformed")
        is_upload = (request.content_type or "") in UPLOADS
        if len(raw) > LONGEST_NUMBER or int(raw) > (UPLOAD_LIMIT if is_upload else JSON_LIMIT):
            return TooLarge(f"The body is larger than {17 if is_upload else 2} MB.")
        query = request.META.get("QUERY_STRING", "")
        if len(query) > QUERY_LIMIT:
            return UserFault("The query is longer than 8 KB.", code="request.query_too_long", http_status=414)
        if "\x00" in request.path or "%00" in query or "\x00" in query:
            return UserFault("The address has a NUL character.", code="request.malformed")
        return None


class SecurityHeadersMiddleware:
    """Adds the content security policy and, to answers of the API, no caching by anyone in between."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Give the answer with the headers; a view's own policy stays."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

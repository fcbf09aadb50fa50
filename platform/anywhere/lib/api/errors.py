"""Every refusal as one shape: a problem document (RFC 9457) with a stable code."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from anywhere.lib.api.faults import (
    CONTENT_TYPE,
    CsrfFailed,
    DatabaseUnavailable,
    InvalidRequest,
    SignInNeeded,
    TooLarge,
    TooManyRequests,
    as_response,
)
from anywhere.lib.errors import AppError, ForbiddenFault, NotFoundFault, PlatformFault, UserFault

logger = logging.getLogger(__name__)
READ_ONLY = "25006"  # read_only_sql_transaction


def field_messages(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Give {"a.b": ["message"]} of the nested errors a serializer reports."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            name = path if key == "non_field_errors" else f"{path}.{key}" if path else str(key)
            found |= field_messages(value, name)
        return found
    if isinstance(detail, list | tuple):
        if all(isinstance(item, str) for item in detail):
            return {path: [str(item) for item in detail]} if detail else {}
        nested: dict[str, list[str]] = {}
        for number, item in enumerate(detail):
            nested |= field_messages(item, f"{path}.{number}" if path else str(number))
        return nested
    return {path: [str(detail)]}


def _of_framework(exc: exceptions.APIException) -> AppError:
    """Give our error for one of the framework's."""
    if isinstance(exc, exceptions.ValidationError):
        fields = field_messages(exc.detail)
        first = next((messages[0] for messages in fields.values() if messages), "")
        return InvalidRequest(f"{first}" if len(fields) == 1 else f"{len(fields)} values are not right.", fields=fields)
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return SignInNeeded(str(exc.detail))
    if isinstance(exc, exceptions.PermissionDenied):
        kind = CsrfFailed if str(exc.detail).startswith("CSRF") else ForbiddenFault
        return kind(str(exc.detail))
    if isinstance(exc, exceptions.NotFound):
        return NotFoundFault("There is nothing at this address, or it is not yours.")
    if isinstance(exc, exceptions.Throttled):
        wait = max(1, int(getattr(exc, "wait", None) or 1))
        return TooManyRequests(f"Wait {wait} s, then try again.", retry_after=wait)
    codes = {400: "request.malformed", 405: "request.method_not_allowed", 406: "request.not_acceptable"}
    codes |= {415: "request.media_type"}
    titles = {400: "The request cannot be read", 405: "This address does not take this method"}
    titles |= {406: "This form of answer is not available", 415: "This kind of body is not taken here"}
    status = exc.status_code
    return UserFault(
        str(exc.detail),
        code=codes.get(status, "request.refused"),
        title=titles.get(status, "The request was refused"),
        http_status=status,
    )


def as_app_error(exc: Exception) -> AppError:
    """Give the error to show for any exception; unknown ones are logged with a number the person can quote."""
    if isinstance(exc, AppError):
        return exc
    if isinstance(exc, exceptions.APIException):
        return _of_framework(exc)
    if isinstance(exc, Http404):
        return NotFoundFault("There is nothing at this address, or it is not yours.")
    if isinstance(exc, PermissionDenied):
        return ForbiddenFault("This is not allowed.")
    if isinstance(exc, RequestDataTooBig):
        return TooLarge("The body is larger than 2 MB.")
    if isinstance(exc, SuspiciousOperation):
        return UserFault("The request cannot be read.", code="request.malformed")
    number = uuid.uuid4().hex[:12]
    logger.error("request.fault", exc_info=exc, extra={"number": number})
    if isinstance(exc, OperationalError | InterfaceError) or _is_read_only(exc):
        return DatabaseUnavailable("Try again in a moment.", number=number)
    return PlatformFault(f"This is a fault of the portal. It is in the log as {number}.", number=number)


def _is_read_only(exc: Exception) -> bool:
    """Give whether the database takes no writes at the moment, as a standby does before it is the primary."""
    return isinstance(exc, DatabaseError) and getattr(exc.__cause__, "pgcode", None) == READ_ONLY


def handle(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Give the problem answer of an exception raised in a view."""
    set_rollback()
    error = as_app_error(exc)
    response = Response(error.problem(), status=error.http_status, content_type=CONTENT_TYPE)
    for name in ("auth_header", "wait"):
        value = getattr(exc, name, None)
        if value is not None:
            response["WWW-Authenticate" if name == "auth_header" else "Retry-After"] = str(value).split(".")[0]
    if isinstance(error, TooManyRequests | DatabaseUnavailable):
        response["Retry-After"] = str(error.extra.get("retry_after", 5))
    if isinstance(error, SignInNeeded) and "WWW-Authenticate" not in response:
        response["WWW-Authenticate"] = 'Bearer realm="anywhere"'
    response.exception = True
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Give the 403 of a request without the browser's token."""
    return as_response(CsrfFailed("Reload the page, then try again."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Give the 400 of a request that cannot be read."""
    return as_response(UserFault("The request cannot be read.", code="request.malformed"))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Give the 403 of a request that is not allowed."""
    return as_response(ForbiddenFault("This is not allowed."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Give the 404 of an address that does not exist."""
    return as_response(NotFoundFault("There is nothing at this address, or it is not yours."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Give the 500 of a fault outside of the views."""
    return as_response(PlatformFault("This is a fault of the portal. Its log says more."))

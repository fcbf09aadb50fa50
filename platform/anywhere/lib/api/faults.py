"""The refusals every address can give, and their shape outside of a view."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse

from anywhere.lib.errors import AppError, PlatformFault, UserFault

CONTENT_TYPE = "application/problem+json"


class InvalidRequest(UserFault):
    """The body or the query has a wrong value; `fields` says which."""

    code = "request.invalid"
    title = "Some values are not right"


class UnknownField(UserFault):
    """The body has a field this address does not know."""

    code = "request.unknown_field"
    title = "A field is not known here"


class TooLarge(UserFault):
    """The body is larger than this address takes."""

    code = "request.too_large"
    http_status = 413
    title = "The request is too large"


class SignInNeeded(UserFault):
    """Nobody is signed in, or the token is not valid."""

    code = "auth.sign_in_needed"
    http_status = 401
    title = "Sign in first"


class CsrfFailed(UserFault):
    """The browser's request lacks the token that shows it came from our own pages."""

    code = "auth.csrf_failed"
    http_status = 403
    title = "The request did not come from this portal's pages"


class TooManyRequests(UserFault):
    """Too many requests in a short time."""

    code = "request.too_many"
    http_status = 429
    title = "Too many requests"


class DatabaseUnavailable(PlatformFault):
    """The database does not answer."""

    code = "portal.database_unavailable"
    http_status = 503
    title = "The portal cannot reach its database"
    retryable = True


def as_response(error: AppError) -> HttpResponse:
    """Give the problem answer outside of a view (middleware, error pages)."""
    return JsonResponse(error.problem(), status=error.http_status, content_type=CONTENT_TYPE)

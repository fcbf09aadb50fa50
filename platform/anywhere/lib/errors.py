"""The errors of the whole product: one base with a stable code, two families, one shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


class AppError(Exception):
    """Something that ends a request or an operation, with a stable code.

    `code` is stable and looks like `area.reason`; `title` says what happened, `detail` why, `next` what can be done
    ([{action, title, detail}]); `fields` maps a field's path to its messages. `record` writes what is to be kept of
    the refusal; it is called when everything that was refused is undone.
    """

    code: str = ""
    http_status: int = 400
    title: str = "The request was refused"
    retryable: bool = False
    record: Callable[[], object] | None = None

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        title: str | None = None,
        http_status: int | None = None,
        fields: Mapping[str, Sequence[str]] | None = None,
        next: Sequence[Mapping[str, Any]] = (),
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.code = code or self.code
        self.title = title or self.title
        self.http_status = http_status or self.http_status
        self.detail = detail
        self.fields = {key: list(messages) for key, messages in (fields or {}).items()}
        self.next = [dict(way) for way in next]
        self.extra = extra

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.code:
            raise TypeError(f"{cls.__name__} needs a code")

    def problem(self) -> dict[str, Any]:
        """Give the problem document (RFC 9457) of this error."""
        body: dict[str, Any] = {
            "type": f"/docs/errors#{self.code}",
            "title": self.title,
            "status": self.http_status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.fields:
            body["fields"] = self.fields
        if self.next:
            body["next"] = self.next
        return body | self.extra


class UserFault(AppError):
    """Something the person can mend; the detail says how."""

    code = "request.invalid"


class PlatformFault(AppError):
    """Something of ours is wrong; the person gets a general sentence and a number to quote."""

    code = "portal.fault"
    http_status = 500
    title = "Anywhere could not finish this"


class NotFoundFault(UserFault):
    """Not there, or not yours: both look the same."""

    code = "not_found"
    http_status = 404
    title = "Not found"


class ForbiddenFault(UserFault):
    """The role in the organization does not allow this."""

    code = "forbidden"
    http_status = 403
    title = "Your role does not allow this"


class ConflictFault(UserFault):
    """Something else stands in the way."""

    code = "conflict"
    http_status = 409
    title = "Something else stands in the way"

"""Errors of the operations engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from anywhere.lib.errors import AppError, ConflictFault, UserFault


class OperationFailed(AppError):
    """Ends an operation with the one cause that matters.

    `whose` is yours, cluster, package or ours; `cause` names the object and the cluster's words
    ({kind, name, reason, message, log_tail}); `kept` says what was left as it is.
    """

    code = "operation.failed"

    def __init__(
        self,
        detail: str,
        *,
        code: str,
        title: str,
        whose: str = "yours",
        cause: Mapping[str, Any] | None = None,
        kept: str = "",
        next: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(detail, code=code, title=title, next=next)
        self.whose, self.cause, self.kept = whose, dict(cause) if cause else None, kept

    def as_error(self) -> dict[str, Any]:
        """Give the operation's error document."""
        return {
            "code": self.code,
            "title": self.title,
            "detail": self.detail,
            "whose": self.whose,
            "cause": self.cause,
            "kept": self.kept,
            "next": self.next,
        }


class Cancelled(Exception):
    """A person, a newer intent or a lost right asked the operation to stop; `left` says what was left behind."""

    def __init__(self, left: str = "") -> None:
        super().__init__(left)
        self.left = left


class LeaseLost(Exception):
    """Another worker has the operation now; whoever sees this stops at once and writes nothing more."""


class TryAgainLater(Exception):
    """The world does not answer at the moment: the operation is put back and taken up again after a while."""

    def __init__(self, detail: str, after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.detail, self.after_seconds = detail, after_seconds


class WaitFor(Exception):
    """Another operation has to end first: the worker is given back, and this one is taken up again at that end.

    `stopping` says that the wait is for the end of what was asked to stop.
    """

    def __init__(self, operation_id: UUID, *, stopping: bool = False) -> None:
        super().__init__(str(operation_id))
        self.operation_id, self.stopping = operation_id, stopping


class OperationInProgress(ConflictFault):
    """Another operation on the same subject is under way, and this one does not replace it."""

    code = "operation.in_progress"
    title = "Another operation is under way"


class NotCancellable(ConflictFault):
    """The operation has ended already."""

    code = "operation.not_cancellable"
    title = "This operation has ended already"


class UnknownKind(UserFault):
    """No handler is registered for the kind."""

    code = "operation.unknown_kind"


def cancelled(title: str, detail: str, kept: str = "", *, code: str) -> dict[str, Any]:
    """Give the error document of an operation that was stopped on purpose."""
    return OperationFailed(detail, code=code, title=title, kept=kept).as_error()

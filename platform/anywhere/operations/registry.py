"""The register of handlers: which function carries out which kind of operation.

Domain apps register theirs when they are loaded; the engine knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anywhere.operations.errors import UnknownKind

if TYPE_CHECKING:
    from anywhere.operations.run import Run

HandlerFunction = Callable[["Run"], None]


@dataclass(frozen=True)
class Handler:
    """How one kind of operation is carried out.

    `steps` are (name, title), empty when each request names its own; `deadline_seconds` bounds the whole; `verifies`
    says that the handler itself finds out what a lost worker did (and then calls `run.confirm()`); `stops_itself` that
    it is called when a stop was asked for too, and sees to it.
    """

    kind: str
    function: HandlerFunction
    steps: tuple[tuple[str, str], ...]
    deadline_seconds: int
    is_question: bool
    verifies: bool
    stops_itself: bool


_handlers: dict[str, Handler] = {}


def handler(
    kind: str,
    *,
    steps: Sequence[tuple[str, str]],
    deadline_seconds: int,
    is_question: bool = False,
    verifies: bool = False,
    stops_itself: bool = False,
) -> Callable[[HandlerFunction], HandlerFunction]:
    """Register the decorated function for a kind."""

    def register(function: HandlerFunction) -> HandlerFunction:
        options = (deadline_seconds, is_question, verifies, stops_itself)
        _handlers[kind] = Handler(kind, function, tuple(steps), *options)
        return function

    return register


def find(kind: str) -> Handler:
    """Give the handler of a kind; UnknownKind when there is none."""
    try:
        return _handlers[kind]
    except KeyError:
        raise UnknownKind(f"Nothing here carries out {kind!r}.") from None


def kinds() -> list[str]:
    """Give all registered kinds."""
    return sorted(_handlers)

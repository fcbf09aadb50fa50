"""Kinds of operation that exist only for these tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from anywhere.operations import registry
from anywhere.operations.run import Run

Work = Callable[[Run], Any]


@pytest.fixture
def kind() -> Iterator[Callable[..., str]]:
    """Give a function that registers work under a new kind and gives its name."""
    before = dict(registry._handlers)

    def register(work: Work, **options: Any) -> str:
        name = f"test_{len(registry._handlers)}"
        options = {"steps": (("first", "First"), ("second", "Second")), "deadline_seconds": 60, **options}
        registry.handler(name, **options)(work)
        return name

    yield register
    registry._handlers.clear()
    registry._handlers.update(before)


@pytest.fixture
def in_thread() -> Callable[..., threading.Thread]:
    """Give a function that runs work beside the test and closes its database connection."""
    from django.db import connection

    def start(function: Callable[..., Any], *args: Any) -> threading.Thread:
        def target() -> None:
            try:
                function(*args)
            finally:
                connection.close()

        thread = threading.Thread(target=target, daemon=True)
        thread.start()
        return thread

    return start

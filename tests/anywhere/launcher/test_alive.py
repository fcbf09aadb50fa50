"""Whether a process was seen lately, for probes."""

from __future__ import annotations

import os

import pytest
from django.conf import settings

from anywhere.launcher.alive import is_alive
from anywhere.launcher.ports import free_port
from anywhere.operations.runner import beat_now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database_url() -> str:
    base = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
    return f"{base}/{settings.DATABASES['default']['NAME']}"


def test_a_process_that_was_seen_is_alive(database_url: str) -> None:
    beat_now("watcher-1", "watcher")
    assert is_alive(database_url, "watcher", 30)


def test_one_that_was_not_seen_is_not(database_url: str) -> None:
    beat_now("worker-1", "worker")
    assert not is_alive(database_url, "watcher", 30)


def test_a_database_that_is_away_restarts_nobody() -> None:
    assert is_alive(f"postgresql://x@127.0.0.1:{free_port()}/x", "watcher", 30)

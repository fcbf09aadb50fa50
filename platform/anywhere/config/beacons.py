"""Signs of life of worker and beat, every few seconds: a row each for /readyz, and a file each for probes."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery.signals import beat_init, worker_ready, worker_shutdown
from django.conf import settings
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)
EVERY = 8.0  # seconds
_over = threading.Event()


@worker_ready.connect
def worker_is_ready(sender: Any, **kwargs: Any) -> None:
    """Start to tell that this worker lives."""
    _start(str(getattr(sender, "hostname", "worker")), "worker")


@worker_shutdown.connect
def worker_ends(**kwargs: Any) -> None:
    """Stop telling."""
    _over.set()


@beat_init.connect
def beat_is_ready(**kwargs: Any) -> None:
    """Start to tell that beat lives."""
    _start("beat", "beat")


def _start(name: str, kind: str) -> None:
    threading.Thread(target=_tell, args=(name, kind), name="beacon", daemon=True).start()


def _tell(name: str, kind: str) -> None:
    from anywhere.operations.runner import beat_now

    file = settings.RUN_DIR / f"beacon-{kind}"
    file.parent.mkdir(parents=True, exist_ok=True)
    while not _over.is_set():
        file.touch()
        try:
            beat_now(name, kind)
        except DatabaseError as error:
            logger.warning("beacon.failed", extra={"error": type(error).__name__})
        finally:
            connection.close()  # a pool process forked meanwhile must not share it
        _over.wait(EVERY)

"""The one Celery task for operations, and the ones beat sends. Arguments are ids only; no result is read."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.db import DatabaseError, connection

from anywhere.operations import lease, runner, sweeper

logger = logging.getLogger(__name__)


@shared_task(name="operations.run", ignore_result=True, acks_late=True)
def run_operation(operation_id: str) -> None:
    """Carry out one operation."""
    runner.run(operation_id)


@shared_task(name="operations.sweep", ignore_result=True, expires=30)
def sweep() -> None:
    """Send what is due to the workers again."""
    sweeper.sweep()


@shared_task(name="operations.forget_old_questions", ignore_result=True, expires=300)
def forget_old_questions() -> None:
    """Drop answered questions after an hour."""
    sweeper.forget_old_questions()


@worker_ready.connect
def take_up_what_was_left(**kwargs: Any) -> None:
    """Take up at once what a killed worker of this place held, instead of waiting for its leases to run out."""
    try:
        if lease.release_of_the_dead():
            sweeper.sweep()
    except DatabaseError:
        logger.warning("worker.database_away")  # the leases run out by themselves
    finally:
        connection.close()

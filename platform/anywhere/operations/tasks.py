"""The one Celery task for operations, and the ones beat sends. Arguments are ids only; no result is read."""

from __future__ import annotations

from celery import shared_task

from anywhere.operations import runner, sweeper


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

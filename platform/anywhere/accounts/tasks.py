"""What beat asks for: answers and tokens that are over are forgotten."""

from __future__ import annotations

from celery import shared_task

from anywhere.accounts import actions


@shared_task(name="accounts.forget_old_records", ignore_result=True, expires=600)
def forget_old_records() -> None:
    """Delete idempotency records older than a day and tokens that ended a month ago."""
    actions.forget_old_records()

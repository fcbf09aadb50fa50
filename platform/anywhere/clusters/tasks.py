"""What beat asks for: tokens renewed before they end, inventories kept fresh."""

from __future__ import annotations

from celery import shared_task

from anywhere.clusters.operations import periodic


@shared_task(name="clusters.renew_due_credentials", ignore_result=True, expires=60)
def renew_due_credentials() -> None:
    """Ask for new tokens where two thirds of the life are over."""
    periodic.renew_due_credentials()


@shared_task(name="clusters.refresh_due_inventories", ignore_result=True, expires=60)
def refresh_due_inventories() -> None:
    """Ask for fresh inventories where they are old."""
    periodic.refresh_due_inventories()

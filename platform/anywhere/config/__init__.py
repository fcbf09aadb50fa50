"""The composition root: settings, addresses, processes. Importing it makes the Celery application the default one."""

from anywhere.config.celery import app as celery_app

__all__ = ["celery_app"]

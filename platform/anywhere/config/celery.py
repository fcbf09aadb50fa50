"""The Celery application: transport for operation ids, and the beat that finds what was lost."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywhere.config.settings")

app = Celery("anywhere")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["anywhere.operations"])

from anywhere.config import beacons  # noqa: E402, F401  (its receivers tell that worker and beat live)

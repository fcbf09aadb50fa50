"""The Celery application: transport for operation ids, and the beat that finds what was lost."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anywhere.config.settings")

app = Celery("anywhere")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["anywhere.operations", "anywhere.clusters", "anywhere.accounts"])
app.conf.beat_schedule = {
    "sweep": {"task": "operations.sweep", "schedule": float(os.environ.get("ANYWHERE_SWEEP_SECONDS", "5"))},
    "forget-old-questions": {"task": "operations.forget_old_questions", "schedule": 600.0},
    "renew-credentials": {"task": "clusters.renew_due_credentials", "schedule": 60.0},
    "refresh-inventories": {"task": "clusters.refresh_due_inventories", "schedule": 30.0},
    "forget-old-records": {"task": "accounts.forget_old_records", "schedule": 3600.0},
}

from anywhere.config import beacons  # noqa: E402, F401  (its receivers tell that worker and beat live)

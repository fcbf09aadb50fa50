"""The base of every table: a UUID key and creation time."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class Row(models.Model):
    """A row with a random UUID key and the database's time of creation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

"""The apps as this process needs them: their tables and nothing that web and workers register."""

from __future__ import annotations

import django
from django.apps import AppConfig
from django.conf import settings


class Accounts(AppConfig):
    """The tables of accounts."""

    name, label, default_auto_field = "anywhere.accounts", "accounts", "django.db.models.BigAutoField"


class Operations(AppConfig):
    """The tables of operations."""

    name, label, default_auto_field = "anywhere.operations", "operations", "django.db.models.BigAutoField"


class Clusters(AppConfig):
    """The tables of clusters."""

    name, label, default_auto_field = "anywhere.clusters", "clusters", "django.db.models.BigAutoField"


class Catalog(AppConfig):
    """The tables of the catalog."""

    name, label, default_auto_field = "catalog", "catalog", "django.db.models.BigAutoField"


class Services(AppConfig):
    """The tables of services."""

    name, label, default_auto_field = "services", "services", "django.db.models.BigAutoField"


def set_up() -> None:
    """Return when Django is ready with the tables only, in half the memory."""
    own = [f"{__name__}.{one.__name__}" for one in (Accounts, Operations, Clusters, Catalog, Services)]
    settings.INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", *own]
    django.setup()

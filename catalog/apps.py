"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Configuration of the catalog app."""

    name = "catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

"""The catalog app."""

from importlib import import_module

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Configuration of the catalog app."""

    name = "catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the operation this app carries out."""
        import_module("catalog.operations.publish")

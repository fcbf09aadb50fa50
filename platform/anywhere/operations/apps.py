"""The operations app."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Configuration of the operations app."""

    name = "anywhere.operations"
    label = "operations"
    default_auto_field = "django.db.models.BigAutoField"

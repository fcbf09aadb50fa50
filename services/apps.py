"""The services app."""

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """Configuration of the services app."""

    name = "services"
    label = "services"
    default_auto_field = "django.db.models.BigAutoField"

"""The services app."""

from django.apps import AppConfig


class ServicesConfig(AppConfig):
    """Registers what workers do with services."""

    name = "services"
    label = "services"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the handlers."""
        from services.operations import bring_about, plan, preflight, procedure, stack, uninstall  # noqa: F401

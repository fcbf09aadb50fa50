"""The clusters app."""

from django.apps import AppConfig


class ClustersConfig(AppConfig):
    """Configuration of the clusters app; its handlers of operations are registered when it is ready."""

    name = "anywhere.clusters"
    label = "clusters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the handlers."""
        from anywhere.clusters.operations import refresh, register, remove  # noqa: F401

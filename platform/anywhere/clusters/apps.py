"""The clusters app."""

from django.apps import AppConfig


class ClustersConfig(AppConfig):
    """Configuration of the clusters app."""

    name = "anywhere.clusters"
    label = "clusters"
    default_auto_field = "django.db.models.BigAutoField"

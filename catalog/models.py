"""The catalogue: providers, their packages, and immutable versions addressed by digest."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from anywhere.accounts.models import Organization
from anywhere.lib.models import Row


class Provider(Row):
    """An organization's name in the catalogue: it publishes packages and looks after every install of them."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="providers")
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.slug


class Kind(models.TextChoices):
    """What installing it makes: one service, or several that are bound to each other."""

    PACKAGE = "package"
    STACK = "stack"


class Package(Row):
    """Something that can be installed, known by its name; what a card shows comes from its newest version."""

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PACKAGE)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="packages")
    name = models.SlugField(max_length=53, unique=True)
    title = models.CharField(max_length=80)
    summary = models.CharField(max_length=300)
    category = models.CharField(max_length=40)
    keywords = models.JSONField(default=list)
    search_text = models.TextField(blank=True)
    latest = models.ForeignKey("Version", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [GinIndex(fields=["search_text"], name="package_search", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.name


class Archive(models.Model):
    """The bytes of a published chart; the files in the chart cache are copies, made when needed."""

    digest = models.CharField(max_length=64, primary_key=True)
    data = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.digest


class Version(Row):
    """One published chart: `digest` (sha256 of the archive) names the file in the cache; nothing here ever changes.

    A version of a stack has no archive: `definition` is its whole file, `digest` that of the file.
    """

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(max_length=60)
    app_version = models.CharField(max_length=60, blank=True)
    digest = models.CharField(max_length=64)
    metadata = models.JSONField(default=dict)  # Chart.yaml
    definition = models.JSONField(default=dict)  # package.yaml
    schema = models.JSONField(default=dict)
    values = models.JSONField(default=dict)
    values_yaml = models.TextField(blank=True)
    plans = models.JSONField(default=list)  # [{name, title, summary, recommended, values, requests}]
    readme = models.TextField(blank=True)
    icon = models.TextField(blank=True)
    secret_paths = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0)  # order among the package's versions, higher is newer

    class Meta:
        constraints = [models.UniqueConstraint(fields=["package", "version"], name="version_once_a_package")]

    def __str__(self) -> str:
        return self.version

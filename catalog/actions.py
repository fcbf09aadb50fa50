"""Publishing: an archive becomes a version, which then never changes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from anywhere.accounts.actions import FIRST_ORGANIZATION, write_audit
from anywhere.accounts.models import Organization, User
from anywhere.operations import actions as operations
from anywhere.operations.models import Operation
from catalog import bundled, cache, reading
from catalog.errors import NameTaken, SlugTaken, VersionExists
from catalog.models import Package, Provider, Version
from catalog.reading import Chart
from catalog.rules import versions
from catalog.rules.packing import digest

logger = logging.getLogger(__name__)
OURS = ("anywhere", "Anywhere")


def create_provider(organization: Organization, actor: User | None, slug: str, name: str) -> Provider:
    """Give the new provider of an organization."""
    try:
        with transaction.atomic():
            provider = Provider.objects.create(organization=organization, slug=slug, name=name)
            write_audit(organization, actor, "provider.create", provider)
    except IntegrityError:
        raise SlugTaken("Choose another.", fields={"slug": ["This is taken."]}) from None
    return provider


def publish_archive(
    provider: Provider, data: bytes, definition: Mapping[str, Any] | None = None, actor: User | None = None
) -> Version:
    """Give the version published from a chart's archive, also of a chart that knows nothing of this portal.

    The same bytes again give the same version. Raises BadPackage, NameTaken, VersionExists. Renders the chart, so a
    worker or a command calls it, never a web process.
    """
    chart = reading.read(data, definition)
    name = digest(data)
    known = Version.objects.filter(package__name=chart.name, version=chart.version).select_related("package").first()
    if known is not None and known.package.provider_id == provider.pk and known.digest == name:
        cache.keep(data)
        return known
    _refuse_taken(provider, chart, name)
    cache.keep(data)
    reading.complete(chart, cache.fetch(name))
    with transaction.atomic():
        version = _store(provider, chart, name)
        write_audit(
            provider.organization,
            actor,
            "package.publish",
            version.package,
            {"version": version.version, "digest": name},
        )
    return version


def _refuse_taken(provider: Provider, chart: Chart, name: str) -> None:
    package = Package.objects.filter(name=chart.name).first()
    if package is None:
        return
    if package.provider_id != provider.pk:
        raise NameTaken(f"{chart.name} is published by another provider. Rename the chart.")
    if Version.objects.filter(package=package, version=chart.version).exclude(digest=name).exists():
        raise VersionExists(f"{chart.name} {chart.version} has another content. Raise the chart's version.")


def _store(provider: Provider, chart: Chart, name: str) -> Version:
    """Write the version and order it among the others, under a lock on the package."""
    Package.objects.get_or_create(name=chart.name, defaults={"provider": provider, "title": chart.name})
    package = Package.objects.select_for_update().get(name=chart.name)
    _refuse_taken(provider, chart, name)
    version, _ = Version.objects.get_or_create(
        package=package,
        version=chart.version,
        defaults={
            "app_version": str(chart.metadata.get("appVersion") or "")[:60],
            "digest": name,
            "metadata": chart.metadata,
            "definition": chart.definition,
            "schema": chart.schema,
            "values": chart.values,
            "values_yaml": chart.values_yaml,
            "plans": chart.plans,
            "readme": chart.readme,
            "icon": chart.icon,
            "secret_paths": chart.secret_paths,
        },
    )
    _order(package)
    version.refresh_from_db()
    return version


def _order(package: Package) -> None:
    """Number the versions, oldest first, and show the newest stable one on the package's card."""
    rows = list(package.versions.order_by("created_at").only("pk", "version", "position"))
    rows.sort(key=lambda row: versions.key(row.version))
    for number, row in enumerate(rows, start=1):
        if row.position != number:
            Version.objects.filter(pk=row.pk).update(position=number)
    newest = versions.newest(row.version for row in rows)
    latest = package.versions.get(version=newest)
    said = latest.definition
    package.latest = latest
    package.title, package.summary = said["title"][:80], said["summary"][:300]
    package.category, package.keywords = said["category"], list(said.get("keywords") or [])
    words = [package.name, package.title, *package.keywords, package.category, package.summary]
    package.search_text = " ".join(words).lower()
    package.save()


def request_publish(provider: Provider, actor: User, data: bytes) -> Operation:
    """Give the operation that publishes an archive; a hostile or broken one is refused before."""
    chart = reading.read(data)
    name = digest(data)
    _refuse_taken(provider, chart, name)
    with transaction.atomic():
        cache.keep(data)
        return operations.request(
            kind="publish",
            organization=provider.organization,
            requested_by=actor,
            input={"provider": str(provider.pk), "digest": name},
        )


def our_provider() -> Provider:
    """Give the provider of the bundled packages; it belongs to the first organization."""
    found = Provider.objects.filter(slug=OURS[0]).first()
    if found is not None:
        return found
    organization = Organization.objects.order_by("created_at").first()
    if organization is None:
        organization = Organization.objects.create(slug=FIRST_ORGANIZATION[0], name=FIRST_ORGANIZATION[1])
    try:
        return create_provider(organization, None, *OURS)
    except SlugTaken:  # another process was faster
        return Provider.objects.get(slug=OURS[0])


def publish_bundled(root: Path) -> list[Version]:
    """Give the versions of the charts in `root` (folders with a package.yaml), published now or before.

    A published version never changes: a chart whose content changed without a new version is published as
    `<version>+<first 8 digits of its digest>`, beside the old one.
    """
    provider = our_provider()
    return [_publish_folder(provider, folder) for folder in bundled.folders(root)]


def _publish_folder(provider: Provider, folder: Path) -> Version:
    data = bundled.package(folder)
    published = Version.objects.filter(digest=digest(data), package__name=folder.name).first()
    if published is not None:
        return published
    try:
        return publish_archive(provider, data)
    except VersionExists:
        version = bundled.changed_version(reading.read(data).version, data)
        logger.info("package.changed_without_a_new_version", extra={"package": folder.name, "version": version})
        return publish_archive(provider, bundled.as_version(folder, version))

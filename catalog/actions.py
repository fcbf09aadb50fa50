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
from catalog import bundled, cache, reading, selectors
from catalog.errors import BadPackage, NameTaken, SlugTaken, VersionExists
from catalog.models import Kind, Package, Provider, Version
from catalog.reading import Chart
from catalog.rules import icon, stack, versions
from catalog.rules.faults import ArchiveRefused
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
    if package.kind == Kind.STACK:
        raise NameTaken(f"{chart.name} is the name of a stack. Rename the chart.")
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
    words += [word for member in said.get("members") or [] for word in (member["package"], member["title"])]
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
    `<version>+<first 8 digits of its digest>`, beside the old one. One that is not right is left out, and the log says
    why: it does not keep the portal from starting.
    """
    provider = our_provider()
    found = []
    for folder in bundled.folders(root):
        try:
            found.append(_publish_folder(provider, folder))
        except (BadPackage, NameTaken) as refusal:
            logger.error("package.not_offered", extra={"package": folder.name, "reason": refusal.detail})
    return found


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


def publish_bundled_stacks(root: Path) -> list[Version]:
    """Give the versions of the stacks in `root`/stacks, published now or before.

    One that is not right, or whose packages are not published, is left out, and the log says why.
    """
    provider = our_provider()
    found = []
    for path in bundled.stacks(root):
        try:
            found.append(publish_stack(provider, path.read_bytes(), path.name))
        except (BadPackage, NameTaken) as refusal:
            logger.warning("stack.not_offered", extra={"stack": path.stem, "reason": refusal.detail})
    return found


def publish_stack(provider: Provider, data: bytes, name: str) -> Version:
    """Give the version published from a stack's file; raises BadPackage, NameTaken.

    A file that changed without a new version is published beside the old one, as a bundled chart is.
    """
    said = reading.read_stack(data, name)
    try:
        stack.check(said, selectors.package_facts(member["package"] for member in said["members"]))
    except (stack.NotOffered, ArchiveRefused) as refusal:
        code = getattr(refusal, "code", "stack.not_offered")
        raise BadPackage(f"The stack {said['name']} is not offered: {refusal}", code=code) from None
    known = Version.objects.filter(package__name=said["name"], digest=digest(data)).first()
    if known is not None:
        return known
    with transaction.atomic():
        version = _store_stack(provider, said, data)
        detail = {"version": version.version, "digest": version.digest}
        write_audit(provider.organization, None, "package.publish", version.package, detail)
    return version


def _store_stack(provider: Provider, said: Mapping[str, Any], data: bytes) -> Version:
    Package.objects.get_or_create(
        name=said["name"], defaults={"provider": provider, "title": said["title"], "kind": Kind.STACK}
    )
    package = Package.objects.select_for_update().get(name=said["name"])
    if package.kind != Kind.STACK or package.provider_id != provider.pk:
        raise NameTaken(f"{said['name']} is published as something else. Rename the stack.")
    number = said["version"]
    if package.versions.filter(version=number).exists():
        number = bundled.changed_version(number, data)
    plans = [{"recommended": False, **plan, "values": {}, "requests": None} for plan in said["plans"]]
    version, _ = Version.objects.get_or_create(
        package=package,
        version=number,
        defaults={
            "digest": digest(data),
            "definition": dict(said),
            "plans": plans,
            "readme": said["readme"],
            "icon": icon.safe(said.get("icon", "")),
        },
    )
    _order(package)
    version.refresh_from_db()
    return version

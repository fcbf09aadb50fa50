"""The doors from a name to a provider, a package, a version."""

from __future__ import annotations

from typing import Any

from anywhere.accounts import access
from anywhere.accounts.models import User
from catalog.errors import IsNoStack, IsStack
from catalog.models import Kind, Package, Provider, Version


def get_provider(user: User | None, slug: str, *, to: access.To = "view") -> Provider:
    """Give the provider of one of the person's organizations, when their role there allows `to`."""
    rows = access.visible_to(Provider.objects.select_related("organization"), user)
    provider = access.found(rows.filter(slug=slug))
    access.check(access.role_of(user, provider.organization), to)
    return provider


def get_package(name: str) -> Package:
    """Give the package, which everybody who is signed in may see."""
    return access.found(Package.objects.select_related("provider", "latest").filter(name=name))


def get_chart(name: str, version: str = "") -> Version:
    """Give the version of a package that is one service; IsStack says where a stack is installed."""
    found = get_version(name, version)
    if found.package.kind == Kind.STACK:
        raise IsStack(f"{name} installs several services. Install it as a stack.", fields={"package": ["A stack."]})
    return found


def get_stack(name: str, version: str = "") -> Version:
    """Give the version of a stack; IsNoStack when the name is that of a package."""
    found = get_version(name, version)
    if found.package.kind != Kind.STACK:
        raise IsNoStack(f"{name} is one service. Install it as a service.", fields={"stack": ["This is no stack."]})
    return found


def get_version(package: Package | str, version: str = "") -> Version:
    """Give the version of a package, or its newest without a version."""
    rows = Version.objects.select_related("package", "package__provider")
    rows = rows.filter(package=package) if isinstance(package, Package) else rows.filter(package__name=package)
    return access.found(rows.filter(version=version) if version else rows.filter(pk__in=_latest(package)))


def _latest(package: Package | str) -> list[Any]:
    if isinstance(package, Package):
        return [package.latest_id]
    return list(Package.objects.filter(name=package).values_list("latest", flat=True))

"""Rows for tests, made the way the portal makes them."""

from __future__ import annotations

import itertools
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from rest_framework.test import APIClient

from anywhere.accounts import actions
from anywhere.accounts.models import Membership, Organization, Role, User
from anywhere.clusters.models import Cluster, ClusterState
from anywhere.operations.models import Operation, State
from catalog.models import Package, Provider, Version
from services.models import Revision, Service, Stack

PASSWORD = "correct horse battery"
_number = itertools.count(1)


def user(email: str = "", **fields: Any) -> User:
    """Give a new person; their password is PASSWORD."""
    row = User(email=email or f"person{next(_number)}@example.com", **fields)
    row.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)  # the real number takes half a second
    row.save()
    return row


def organization(slug: str = "", **members: User) -> Organization:
    """Give a new organization; `owner=alice, viewer=bob` are its members."""
    slug = slug or f"org-{next(_number)}"
    row = Organization.objects.create(slug=slug, name=slug.title())
    for role, person in members.items():
        Membership.objects.create(organization=row, user=person, role=Role[role.upper()])
    return row


def client(person: User | None = None) -> APIClient:
    """Give a client with a token of the person, or of nobody."""
    made = APIClient()
    if person is not None:
        _, token = actions.create_token(person, "test", None)
        made.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return made


def provider(owner: Organization | None = None, slug: str = "") -> Provider:
    """Give a new provider."""
    slug = slug or f"provider-{next(_number)}"
    return Provider.objects.create(organization=owner or organization(), slug=slug, name=slug.title())


def package(name: str = "", owner: Provider | None = None, version: str = "1.0.0", **fields: Any) -> Package:
    """Give a new package with one version, without an archive."""
    name = name or f"package-{next(_number)}"
    texts = {"title": name.title(), "summary": f"About {name}.", "category": "databases", "search_text": name}
    row = Package.objects.create(provider=owner or provider(), name=name, **(texts | fields))
    row.latest = Version.objects.create(package=row, version=version, digest="0" * 64, position=1)
    row.save(update_fields=["latest"])
    return row


def cluster(owner: Organization, name: str = "", **fields: Any) -> Cluster:
    """Give a registered cluster that was seen lately."""
    facts = {"state": ClusterState.REGISTERED, "server": "https://192.0.2.10:6443", "reachable": True}
    return Cluster.objects.create(organization=owner, name=name or f"cluster-{next(_number)}", **(facts | fields))


def service(owner: Organization, name: str = "", **fields: Any) -> Service:
    """Give an installed service with its first revision; package and cluster are made unless given."""
    of = fields.pop("package", None) or package()
    where = fields.pop("cluster", None) or cluster(owner)
    facts = {"version": of.latest, "namespace": "default", "applied_generation": 1, "release_revision": 1}
    row = Service.objects.create(
        organization=owner, cluster=where, package=of, name=name or f"service-{next(_number)}", **(facts | fields)
    )
    Revision.objects.create(service=row, number=1, version=row.version, kind="install")
    return row


def stack_package(name: str = "", owner: Provider | None = None, **fields: Any) -> Package:
    """Give a new stack of the catalogue: the package `store` twice, the second one bound to the first."""
    bindings = [{"path": "bindings.first", "member": "first"}]
    store = {"package": "store", "title": "Store"}
    members = [{"name": "first", **store}, {"name": "second", **store, "bindings": bindings}]
    row = package(name or f"stack-{next(_number)}", owner, kind="stack", **fields)
    row.latest.definition = {"title": row.title, "summary": row.summary, "category": row.category, "members": members}
    row.latest.plans = [
        {"name": "small", "title": "Small", "summary": "", "recommended": True, "values": {}, "requests": None}
    ]
    row.latest.save()
    return row


def stack(owner: Organization, name: str = "", **fields: Any) -> Stack:
    """Give an installed stack with its two services; package and cluster are made unless given."""
    of = fields.pop("package", None) or stack_package()
    where = fields.pop("cluster", None) or cluster(owner)
    store = Package.objects.filter(name="store").first() or package("store")
    name = name or f"stack-{next(_number)}"
    facts = {"version": of.latest, "namespace": name, "plan": "small"}
    row = Stack.objects.create(organization=owner, cluster=where, package=of, name=name, **(facts | fields))
    for member in ("first", "second"):
        there = {"cluster": where, "package": store, "namespace": name, "stack": row, "member": member}
        service(owner, f"{name}-{member}", **there)
    return row


def operation(owner: Organization, kind: str = "install", **fields: Any) -> Operation:
    """Give an operation that has succeeded."""
    return Operation.objects.create(organization=owner, kind=kind, **({"state": State.SUCCEEDED} | fields))

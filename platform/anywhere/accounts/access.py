"""Who may do what: the only door from a name or an id to a row. What is not yours is not there (404)."""

from __future__ import annotations

from typing import Any, Literal, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from anywhere.accounts.models import Membership, Organization, Role, User
from anywhere.lib.api.faults import SignInNeeded
from anywhere.lib.errors import ForbiddenFault, NotFoundFault

To = Literal["view", "change", "own"]
NEEDS: dict[str, Role] = {"view": Role.VIEWER, "change": Role.MEMBER, "own": Role.OWNER}
NOUNS = {"change": "a member or an owner", "own": "an owner"}
Row = TypeVar("Row", bound=Model)


def role_of(user: User | None, organization: Organization | UUID) -> Role | None:
    """Give the person's role in the organization, or None."""
    if user is None or not user.is_active:
        return None
    key = organization.pk if isinstance(organization, Organization) else organization
    role = Membership.objects.filter(user=user, organization_id=key).values_list("role", flat=True).first()
    return None if role is None else Role(role)


def check(role: Role | None, to: To) -> Role:
    """Give the role when it allows `to`; raise NotFoundFault without a role, ForbiddenFault when it is too low."""
    if role is None:
        raise NotFoundFault("There is nothing at this address, or it is not yours.")
    if role < NEEDS[to]:
        raise ForbiddenFault(f"Only {NOUNS[to]} of the organization can do this. You are a {role.label}.")
    return role


def get_organization(user: User | None, slug: str, *, to: To = "view") -> Organization:
    """Give the organization when the person's role in it allows `to` (its `role` is set)."""
    _signed_in(user)
    membership = found(Membership.objects.select_related("organization").filter(user=user, organization__slug=slug))
    organization: Organization = membership.organization
    organization.role = check(Role(membership.role), to)  # type: ignore[attr-defined]
    return organization


def _signed_in(user: User | None) -> None:
    if user is None:
        raise SignInNeeded("Sign in, or send a token.")


def found(rows: QuerySet[Row]) -> Row:
    """Give the first of the rows, or raise NotFoundFault."""
    row = rows.first()
    if row is None:
        raise NotFoundFault("There is nothing at this address, or it is not yours.")
    return row


def visible_to(rows: QuerySet[Row], user: User | None, through: str = "organization") -> QuerySet[Row]:
    """Give the rows of the person's organizations; `through` is the path from a row to its organization."""
    if user is None:
        return rows.none()
    return rows.filter(**{f"{through}__in": Membership.objects.filter(user=user).values("organization")})


def get_row(rows: QuerySet[Row], user: User | None, id: Any, *, to: To = "view", through: str = "organization") -> Row:
    """Give the row with this id when the person's role in its organization allows `to`. One query a call, two when
    `to` is more than "view"."""
    _signed_in(user)
    row = found(visible_to(rows, user, through).filter(pk=id))
    if to != "view":
        owner: Any = row
        for part in through.split("__"):
            owner = getattr(owner, part)
        check(role_of(user, owner), to)
    return row

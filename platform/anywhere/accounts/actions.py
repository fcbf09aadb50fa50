"""What people do with their accounts and organizations; each action writes its audit entry in its transaction."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import slugify

from anywhere.accounts import errors
from anywhere.accounts.authentication import PREFIX_LENGTH, digest, new_token
from anywhere.accounts.models import ApiToken, AuditEntry, IdempotencyRecord, Membership, Organization, Role, User
from anywhere.lib.api.idempotency import KEPT
from anywhere.lib.errors import UserFault

MOST_TOKENS = 100
FIRST_ORGANIZATION = ("home", "Home")


def write_audit(
    organization: Organization | None,
    actor: User | None,
    action: str,
    subject: Any = None,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Give the new entry: who did what. Call it inside the action's transaction.

    `action` looks like `service.install`. `subject` is a row (its label, id and name are kept) or a tuple
    (type, id, name). `detail` never holds a secret.
    """
    kind, key, name = "", None, ""
    if isinstance(subject, tuple):
        kind, key, name = subject
    elif subject is not None:
        kind, key = subject._meta.model_name, subject.pk
        name = str(getattr(subject, "name", "") or subject)
    return AuditEntry.objects.create(
        organization=organization,
        actor=actor,
        action=action,
        subject_type=kind,
        subject_id=key,
        subject_name=name[:120],
        detail=detail or {},
    )


def ensure_first_administrator(email: str, password: str) -> tuple[User, bool]:
    """Give (the administrator, whether they were made now) with the first organization, which they own.

    Nothing changes when there is a person already; a password that was changed stays.
    """
    with transaction.atomic():
        found = User.objects.filter(is_staff=True).order_by("created_at").first()
        if found is not None:
            return found, False
        user = User.objects.create_superuser(email, password)
        organization = Organization.objects.order_by("created_at").first()
        if organization is None:
            organization = Organization.objects.create(slug=FIRST_ORGANIZATION[0], name=FIRST_ORGANIZATION[1])
        Membership.objects.get_or_create(organization=organization, user=user, defaults={"role": Role.OWNER})
        write_audit(organization, user, "organization.create", organization)
    return user, True


def sign_in(request: HttpRequest | None, email: str, password: str) -> User:
    """Give the person; raise InvalidCredentials, after the same work, whether the e-mail is known or not."""
    user = authenticate(request, username=email.strip().lower(), password=password)
    if not isinstance(user, User):
        raise errors.InvalidCredentials("Check both and try again.")
    return user


def create_token(user: User, name: str, expires_in_days: int | None) -> tuple[ApiToken, str]:
    """Give (the token's row, the token itself, which is never seen again)."""
    if ApiToken.objects.filter(user=user).count() >= MOST_TOKENS:
        raise errors.TooManyTokens(f"A person has at most {MOST_TOKENS} tokens. Delete some first.")
    token = new_token()
    with transaction.atomic():
        row = ApiToken.objects.create(
            user=user,
            name=name,
            prefix=token[:PREFIX_LENGTH],
            digest=digest(token),
            expires_at=timezone.now() + timedelta(days=expires_in_days) if expires_in_days else None,
        )
        write_audit(None, user, "token.create", row, {"prefix": row.prefix})
    return row, token


def delete_token(user: User, row: ApiToken) -> None:
    """Delete the token; it stops working at once."""
    with transaction.atomic():
        write_audit(None, user, "token.delete", row, {"prefix": row.prefix})
        row.delete()


def change_password(user: User, current: str, new: str) -> None:
    """Set the new password. All tokens of the person and all other sessions end."""
    if not user.check_password(current):
        raise errors.WrongPassword("Check it and try again.", fields={"current_password": ["This is not right."]})
    try:
        validate_password(new, user)
    except ValidationError as exc:
        raise errors.WeakPassword(exc.messages[0], fields={"new_password": exc.messages}) from None
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        ended, _ = ApiToken.objects.filter(user=user).delete()
        write_audit(None, user, "account.change_password", user, {"tokens_ended": ended})


def rename_account(user: User, name: str) -> User:
    """Give the person with a new name."""
    user.name = name
    user.save(update_fields=["name"])
    return user


def create_organization(user: User, name: str, slug: str = "") -> Organization:
    """Give the new organization; the person owns it."""
    wanted = slug or slugify(name)[:40].strip("-")
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", wanted):
        raise UserFault(
            "Give a slug of small letters, digits and dashes.",
            code="request.invalid",
            fields={"slug": ["Give small letters, digits and dashes, at most 40."]},
        )
    try:
        with transaction.atomic():
            organization = Organization.objects.create(slug=wanted, name=name)
            Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
            write_audit(organization, user, "organization.create", organization)
    except IntegrityError:
        raise errors.SlugTaken("Choose another.", fields={"slug": ["This is taken."]}) from None
    return organization


def rename_organization(organization: Organization, actor: User, name: str) -> Organization:
    """Give the organization with a new name; its slug stays, since addresses hold it."""
    before, organization.name = organization.name, name
    with transaction.atomic():
        organization.save(update_fields=["name"])
        write_audit(organization, actor, "organization.rename", organization, {"before": before})
    return organization


def add_member(
    organization: Organization, actor: User, email: str, role: Role, *, name: str = "", password: str = ""
) -> Membership:
    """Give the new membership of a person who has an account.

    A portal administrator may make the account in the same step, by giving its first password.
    """
    address = email.strip().lower()
    with transaction.atomic():
        user = User.objects.filter(email=address, is_active=True).first()
        if user is None and actor.is_staff and password:
            user = _new_person(address, name, password)
        if user is None:
            raise errors.UnknownPerson(
                "An administrator of the portal can make the account.", fields={"email": ["There is no such account."]}
            )
        membership, is_new = Membership.objects.get_or_create(
            organization=organization, user=user, defaults={"role": role}
        )
        if not is_new:
            raise errors.AlreadyMember("Change the role instead.", fields={"email": ["This person is a member."]})
        write_audit(organization, actor, "member.add", ("member", membership.pk, address), {"role": role.label})
    return membership


def _new_person(email: str, name: str, password: str) -> User:
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as exc:
        raise errors.WeakPassword(exc.messages[0], fields={"password": exc.messages}) from None
    return User.objects.create_user(email, password, name=name)


def _keep_an_owner(membership: Membership) -> None:
    """Lock the organization's owners; raise LastOwner when this one is the only one."""
    owners = Membership.objects.select_for_update().filter(organization=membership.organization_id, role=Role.OWNER)
    if [owner.pk for owner in owners] == [membership.pk]:
        raise errors.LastOwner("Make somebody else an owner first.")


def change_role(membership: Membership, actor: User, role: Role) -> Membership:
    """Give the membership with its new role; the last owner stays one."""
    with transaction.atomic():
        if role != Role.OWNER:
            _keep_an_owner(membership)
        before, membership.role = Role(membership.role).label, role
        membership.save(update_fields=["role"])
        subject = ("member", membership.pk, membership.user.email)
        write_audit(
            membership.organization, actor, "member.change_role", subject, {"before": before, "role": role.label}
        )
    return membership


def remove_member(membership: Membership, actor: User) -> None:
    """Remove the person from the organization; the last owner stays."""
    with transaction.atomic():
        _keep_an_owner(membership)
        subject = ("member", membership.pk, membership.user.email)
        write_audit(membership.organization, actor, "member.remove", subject)
        membership.delete()


def forget_old_records() -> int:
    """Give how many idempotency records and dead tokens were deleted; a periodic task calls it."""
    now = timezone.now()
    records, _ = IdempotencyRecord.objects.filter(created_at__lt=now - KEPT).delete()
    tokens, _ = ApiToken.objects.filter(expires_at__lt=now - timedelta(days=30)).delete()
    return records + tokens

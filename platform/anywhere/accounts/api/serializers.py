"""The shapes of accounts and organizations."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from anywhere.accounts.models import ApiToken, Organization, Role, User
from anywhere.lib.api.serializers import In, Out

ROLES = [role.label for role in Role]


class RoleField(serializers.ChoiceField):
    """A role by its word."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=ROLES, **kwargs)

    def to_representation(self, value: Any) -> str:
        """Give the word."""
        return value if isinstance(value, str) else Role(value).label

    def to_internal_value(self, data: Any) -> Any:
        """Give the role."""
        word = super().to_internal_value(data)
        return next(role for role in Role if role.label == word)


class OwnOrganizationOut(Out):
    """An organization of the person, with their role."""

    slug = serializers.CharField(source="organization.slug")
    name = serializers.CharField(source="organization.name")
    role = RoleField()


class MeOut(Out):
    """The person who asks."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    is_staff = serializers.BooleanField()
    organizations = serializers.SerializerMethodField()

    @extend_schema_field(OwnOrganizationOut(many=True))
    def get_organizations(self, user: User) -> Any:
        """Give the person's organizations, by name."""
        rows = user.memberships.select_related("organization").order_by("organization__name", "id")
        return OwnOrganizationOut(rows, many=True).data


class FeaturesOut(Out):
    """What this portal allows."""

    loopback_clusters = serializers.BooleanField()
    insecure_tls = serializers.BooleanField()
    practice = serializers.BooleanField()


class SessionOut(Out):
    """Who is signed in, the token for the browser's writes, and what the portal allows."""

    user = MeOut(allow_null=True)
    csrf_token = serializers.CharField()
    features = FeaturesOut()


class SignInIn(In):
    """Email and password."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=500, trim_whitespace=False)


class TokenIn(In):
    """A new token. Left out, it lasts 90 days; null means until it is deleted."""

    name = serializers.CharField(max_length=80, default="API token")
    expires_in_days = serializers.IntegerField(min_value=1, max_value=3650, default=90, allow_null=True)


class SignInTokenIn(SignInIn, TokenIn):
    """Email and password, for a new token."""


class TokenOut(Out):
    """A token, without the token itself."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewTokenOut(TokenOut):
    """A new token; `token` is shown this once."""

    token = serializers.SerializerMethodField()

    def get_token(self, row: ApiToken) -> str:
        """Give the token itself."""
        return str(self.context["token"])


class AccountIn(In):
    """What a person may change of their account."""

    name = serializers.CharField(max_length=120, allow_blank=True)


class PasswordIn(In):
    """A change of password."""

    current_password = serializers.CharField(max_length=500, trim_whitespace=False)
    new_password = serializers.CharField(max_length=500, trim_whitespace=False)


class OrganizationOut(Out):
    """An organization, with the role of the person who asks."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    role = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_role(self, organization: Organization) -> str:
        """Give the asker's role."""
        return Role(organization.role).label  # type: ignore[attr-defined]


class OrganizationIn(In):
    """A new organization."""

    name = serializers.CharField(max_length=80)
    slug = serializers.CharField(max_length=40, required=False)


class RenameOrganizationIn(In):
    """A new name."""

    name = serializers.CharField(max_length=80)


class MemberOut(Out):
    """A person in an organization."""

    id = serializers.UUIDField()
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name")
    role = RoleField()
    joined_at = serializers.DateTimeField(source="created_at")


class MemberIn(In):
    """A person to add; `password` makes the account too, for administrators of the portal."""

    email = serializers.EmailField()
    role = RoleField()
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    password = serializers.CharField(max_length=500, required=False, trim_whitespace=False)


class RoleIn(In):
    """A new role."""

    role = RoleField()


class AuditActorOut(Out):
    """Who did it."""

    email = serializers.EmailField()


class AuditSubjectOut(Out):
    """What it was done to."""

    type = serializers.CharField(source="subject_type")
    id = serializers.UUIDField(source="subject_id", allow_null=True)
    name = serializers.CharField(source="subject_name")


class AuditOut(Out):
    """Who did what, when, to which thing."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField(source="created_at")
    actor = AuditActorOut(allow_null=True)
    action = serializers.CharField()
    subject = AuditSubjectOut(source="*")
    detail = serializers.DictField()

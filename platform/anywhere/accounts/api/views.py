"""The addresses of accounts: signing in, tokens, organizations, members, audit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.middleware.csrf import get_token
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

from anywhere.accounts import access, actions
from anywhere.accounts.api import serializers as shapes
from anywhere.accounts.errors import InvalidCredentials, WrongPassword
from anywhere.accounts.models import ApiToken, AuditEntry, Membership, Organization, User
from anywhere.accounts.selectors import organizations_of
from anywhere.accounts.throttles import Attempts
from anywhere.lib.api.serializers import page_of
from anywhere.lib.api.views import ApiRequest, ApiView

NO_STORE = {"Cache-Control": "no-store"}


@method_decorator(csrf_protect, name="dispatch")
class Session(ApiView):
    """The browser's session."""

    permission_classes = [AllowAny]
    keep_answers = "no"
    has_etag = False

    def perform_authentication(self, request: Any) -> None:
        """Let everybody pass; a bad token is nobody."""
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            request.user = None

    def _answer(self, request: ApiRequest, user: User | None) -> Response:
        features = {
            "loopback_clusters": settings.ALLOW_LOOPBACK_CLUSTERS,
            "insecure_tls": settings.ALLOW_INSECURE_TLS,
            "practice": settings.PRACTICE_ENABLED,
        }
        body = {"user": user, "csrf_token": get_token(request._request), "features": features}
        return Response(shapes.SessionOut(body).data, headers=NO_STORE)

    @extend_schema(operation_id="session_show", responses=shapes.SessionOut)
    def get(self, request: ApiRequest) -> Response:
        """Give who is signed in, if anybody."""
        return self._answer(request, request.user)

    @extend_schema(operation_id="session_sign_in", request=shapes.SignInIn, responses=shapes.SessionOut)
    def post(self, request: ApiRequest) -> Response:
        """Sign in by e-mail and password."""
        user = _sign_in(request, self.read(shapes.SignInIn))
        login(request._request, user)
        return self._answer(request, user)

    @extend_schema(operation_id="session_sign_out", responses={204: None})
    def delete(self, request: ApiRequest) -> Response:
        """Sign out."""
        logout(request._request)
        return Response(status=204)


def _sign_in(request: ApiRequest, body: dict[str, Any]) -> User:
    attempts = Attempts(request, body["email"])
    attempts.check()
    try:
        user = actions.sign_in(request._request, body["email"], body["password"])
    except InvalidCredentials:
        attempts.failed()
        raise
    attempts.succeeded()
    return user


class SignInTokens(ApiView):
    """Tokens for programs that know an e-mail and a password."""

    permission_classes = [AllowAny]
    authentication_classes = []
    keep_answers = "no"

    @extend_schema(
        operation_id="tokens_sign_in", request=shapes.SignInTokenIn, responses={201: shapes.NewTokenOut}, auth=[]
    )
    def post(self, request: ApiRequest) -> Response:
        """Give a new token."""
        body = self.read(shapes.SignInTokenIn)
        user = _sign_in(request, body)
        row, token = actions.create_token(user, body["name"], body["expires_in_days"])
        return self.show(shapes.NewTokenOut, row, status=201, token=token)


class Tokens(ApiView):
    """The tokens of the person who asks."""

    keep_answers = "sealed"
    is_paged = True

    @extend_schema(operation_id="tokens_list", responses=page_of(shapes.TokenOut))
    def get(self, request: ApiRequest) -> Response:
        """Give a page of tokens, newest first."""
        return self.page(ApiToken.objects.filter(user=request.user), shapes.TokenOut)

    @extend_schema(operation_id="tokens_create", request=shapes.TokenIn, responses={201: shapes.NewTokenOut})
    def post(self, request: ApiRequest) -> Response:
        """Give a new token."""
        row, token = actions.create_token(request.user, **self.read(shapes.TokenIn))
        return self.show(shapes.NewTokenOut, row, status=201, token=token)


class Token(ApiView):
    """One token of the person who asks."""

    @extend_schema(operation_id="tokens_delete", responses={204: None})
    def delete(self, request: ApiRequest, id: UUID) -> Response:
        """Delete the token."""
        row = access.found(ApiToken.objects.filter(user=request.user, pk=id))
        actions.delete_token(request.user, row)
        return Response(status=204)


class Account(ApiView):
    """The person who asks."""

    @extend_schema(operation_id="account_show", responses=shapes.MeOut)
    def get(self, request: ApiRequest) -> Response:
        """Give the person and their organizations."""
        return self.show(shapes.MeOut, request.user)

    @extend_schema(operation_id="account_change", request=shapes.AccountIn, responses=shapes.MeOut)
    def patch(self, request: ApiRequest) -> Response:
        """Change the person's name."""
        return self.show(shapes.MeOut, actions.rename_account(request.user, **self.read(shapes.AccountIn)))


class Password(ApiView):
    """The password of the person who asks."""

    keep_answers = "no"

    @extend_schema(operation_id="account_change_password", request=shapes.PasswordIn, responses={204: None})
    def post(self, request: ApiRequest) -> Response:
        """Change the password; tokens and other sessions end."""
        body = self.read(shapes.PasswordIn)
        attempts = Attempts(request, request.user.email)
        attempts.check()
        try:
            actions.change_password(request.user, body["current_password"], body["new_password"])
        except WrongPassword:
            attempts.failed()
            raise
        update_session_auth_hash(request._request, request.user)
        return Response(status=204)


class Organizations(ApiView):
    """The organizations of the person who asks."""

    is_paged = True
    ordering = ("slug",)

    @extend_schema(operation_id="organizations_list", responses=page_of(shapes.OrganizationOut))
    def get(self, request: ApiRequest) -> Response:
        """Give a page of organizations."""
        return self.page(organizations_of(request.user), shapes.OrganizationOut)

    @extend_schema(
        operation_id="organizations_create", request=shapes.OrganizationIn, responses={201: shapes.OrganizationOut}
    )
    def post(self, request: ApiRequest) -> Response:
        """Give a new organization; the person owns it."""
        made = actions.create_organization(request.user, **self.read(shapes.OrganizationIn))
        return self.show(shapes.OrganizationOut, access.get_organization(request.user, made.slug), status=201)


class OneOrganization(ApiView):
    """One organization."""

    @extend_schema(operation_id="organizations_show", responses=shapes.OrganizationOut)
    def get(self, request: ApiRequest, org: str) -> Response:
        """Give the organization."""
        return self.show(shapes.OrganizationOut, access.get_organization(request.user, org))

    @extend_schema(
        operation_id="organizations_change", request=shapes.RenameOrganizationIn, responses=shapes.OrganizationOut
    )
    def patch(self, request: ApiRequest, org: str) -> Response:
        """Change the organization's name."""
        organization: Organization = access.get_organization(request.user, org, to="own")
        body = self.read(shapes.RenameOrganizationIn)
        return self.show(shapes.OrganizationOut, actions.rename_organization(organization, request.user, **body))


class Members(ApiView):
    """The people of an organization."""

    is_paged = True
    ordering = ("created_at", "id")

    @extend_schema(operation_id="members_list", responses=page_of(shapes.MemberOut))
    def get(self, request: ApiRequest, org: str) -> Response:
        """Give a page of members."""
        organization = access.get_organization(request.user, org)
        return self.page(organization.memberships.select_related("user"), shapes.MemberOut)

    @extend_schema(operation_id="members_add", request=shapes.MemberIn, responses={201: shapes.MemberOut})
    def post(self, request: ApiRequest, org: str) -> Response:
        """Add a person."""
        organization = access.get_organization(request.user, org, to="own")
        return self.show(
            shapes.MemberOut, actions.add_member(organization, request.user, **self.read(shapes.MemberIn)), status=201
        )


class Member(ApiView):
    """One person of an organization."""

    def _member(self, request: ApiRequest, org: str, id: UUID, to: access.To) -> Membership:
        organization = access.get_organization(request.user, org, to=to)
        rows = Membership.objects.select_related("user", "organization")
        return access.found(rows.filter(organization=organization, pk=id))

    @extend_schema(operation_id="members_change_role", request=shapes.RoleIn, responses=shapes.MemberOut)
    def patch(self, request: ApiRequest, org: str, id: UUID) -> Response:
        """Change the person's role."""
        member = self._member(request, org, id, "own")
        return self.show(shapes.MemberOut, actions.change_role(member, request.user, **self.read(shapes.RoleIn)))

    @extend_schema(operation_id="members_remove", responses={204: None})
    def delete(self, request: ApiRequest, org: str, id: UUID) -> Response:
        """Remove the person; everybody may remove themselves."""
        member = self._member(request, org, id, "view")
        if member.user_id != request.user.pk:
            access.check(access.role_of(request.user, member.organization), "own")
        actions.remove_member(member, request.user)
        return Response(status=204)


class Audit(ApiView):
    """Who did what in an organization."""

    is_paged = True

    @extend_schema(operation_id="audit_list", responses=page_of(shapes.AuditOut))
    def get(self, request: ApiRequest, org: str) -> Response:
        """Give a page of entries, newest first."""
        organization = access.get_organization(request.user, org)
        rows = AuditEntry.objects.filter(organization=organization).select_related("actor")
        return self.page(rows, shapes.AuditOut)

"""Bearer tokens: only their SHA-256 digest is stored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from anywhere.accounts.models import ApiToken, User

MARK = "aw_"
PREFIX_LENGTH = 10
SEEN_EVERY = timedelta(minutes=1)


def new_token() -> str:
    """Give a new random token."""
    return MARK + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Give the token's SHA-256, which is what the database knows."""
    return hashlib.sha256(token.encode()).hexdigest()


class TokenAuthentication(BaseAuthentication):
    """Signs in by `Authorization: Bearer <token>`; never by a cookie or the address."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Give the token's person and the token, or None when there is no such header; a bad token is a 401."""
        header = get_authorization_header(request)
        if not header:
            return None
        parts = header.split()
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            raise AuthenticationFailed("The Authorization header is not `Bearer <token>`.")
        now = timezone.now()
        alive = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        found = (
            ApiToken.objects.select_related("user")
            .filter(alive, digest=digest(parts[1].decode("latin-1")), user__is_active=True)
            .first()
        )
        if found is None:
            raise AuthenticationFailed("The token is not known, or it has expired.")
        if found.last_used_at is None or found.last_used_at < now - SEEN_EVERY:
            ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        """Give what a 401 asks for."""
        return 'Bearer realm="anywhere"'

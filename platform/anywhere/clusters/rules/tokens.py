"""When a token is renewed, and whose it is."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime, timedelta

LIFE_SECONDS = 30 * 24 * 3600
SHORTEST = timedelta(minutes=1)


def renewal_time(now: datetime, expires_at: datetime | None) -> datetime | None:
    """Give when two thirds of a token's life are over; None for a token that does not expire."""
    if expires_at is None:
        return None
    return now + max(SHORTEST, (expires_at - now) * 2 / 3)


def account_of(token: str) -> tuple[str, str] | None:
    """Give the (namespace, name) of the service account a token belongs to, or None for other tokens.

    Nothing is verified here: the cluster does that. A wrong claim only leads to a refused request.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        subject = str(claims["sub"]).split(":")
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return None
    return (subject[2], subject[3]) if len(subject) == 4 and subject[:2] == ["system", "serviceaccount"] else None

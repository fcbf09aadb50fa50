"""Idempotency-Key: the same POST sent twice does its work once.

A key is tied to the person, the address and the body for 24 hours. The work and the record of its answer commit in
one transaction, guarded by an advisory lock, so a process killed half way leaves neither. A refused request leaves no
record. Answers that hold a secret are kept sealed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from anywhere.lib.encryption import seal, unseal
from anywhere.lib.errors import UserFault

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=24)
KEPT_HEADERS = ("Location",)
Keep = Literal["clear", "sealed", "no"]


class KeyReused(UserFault):
    """The key was used before with another body."""

    code = "idempotency.key_reused"
    http_status = 422
    title = "This key belongs to another request"


class InFlight(UserFault):
    """The first request with this key is still at work."""

    code = "idempotency.in_flight"
    http_status = 409
    title = "The same request is at work"
    retryable = True


class BadKey(UserFault):
    """The header has no usable key."""

    code = "idempotency.bad_key"
    title = "The Idempotency-Key header cannot be used"


class Replay(Exception):
    """Carries the stored answer of the first request."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True)
class Reservation:
    """The right to do the work of a key, held until the transaction ends."""

    user: Any
    route: str
    key: str
    body_digest: str
    keep: Keep


def key_of(request: Request | Any) -> str:
    """Give the request's key, or "" when it has none; raise BadKey when it cannot be used."""
    key: str = request.headers.get(HEADER, "")
    if HEADER in request.headers and not (0 < len(key) <= 200 and key.isascii() and key.isprintable()):
        raise BadKey("Give 1 to 200 printable ASCII characters, for instance a UUID.")
    return key


def _digest(request: Request) -> str:
    """Give a keyed digest of the body: bodies hold passwords, and a plain one could be guessed at."""
    hasher = hmac.new(settings.SECRET_KEY.encode(), b"idempotency", hashlib.sha256)
    for name, file in sorted(request.FILES.items()):
        hasher.update(name.encode())
        for chunk in file.chunks():
            hasher.update(chunk)
        file.seek(0)
    fields = request.data
    if isinstance(fields, Mapping):
        fields = {key: value for key, value in fields.items() if key not in request.FILES}
    hasher.update(json.dumps(fields, sort_keys=True, default=str).encode())
    return hasher.hexdigest()


def _lock(text: str) -> bool:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _record() -> type[Model]:
    return apps.get_model("accounts", "IdempotencyRecord")


def begin(request: Request, user: Any, keep: Keep) -> Reservation | None:
    """Give the right to do the work, inside a transaction, or None when the request has no key.

    Raises Replay with the first answer, KeyReused for another body, InFlight while the first one works.
    """
    key = key_of(request)
    if not key or keep == "no" or user is None:
        return None
    held = Reservation(user, request.path[:300], key, _digest(request), keep)
    if not _lock(f"{user.pk}\n{held.route}\n{key}"):
        raise InFlight("Wait for its answer, or ask again in a moment.")
    rows = _record()._default_manager.filter(user=user, route=held.route, key=key)
    found: Any = rows.first()
    if found is None:
        return held
    if found.created_at < timezone.now() - KEPT:
        rows.delete()
        return held
    if found.body_digest != held.body_digest:
        raise KeyReused("Send a new key with a new body.")
    answer = found.answer
    if isinstance(answer, dict) and set(answer) == {"$sealed"}:
        answer = unseal(base64.b64decode(answer["$sealed"]), f"idempotency:{found.pk}")
    raise Replay(Response(answer, status=found.status, headers=found.headers | {"Idempotent-Replay": "true"}))


def finish(held: Reservation, response: Response) -> None:
    """Keep the answer of a request that did its work."""
    if not 200 <= response.status_code < 300:
        return
    row: Any = _record()(user=held.user, route=held.route, key=held.key, body_digest=held.body_digest)
    answer = json.loads(JSONRenderer().render(response.data) or b"null")
    if held.keep == "sealed":
        answer = {"$sealed": base64.b64encode(seal(answer, f"idempotency:{row.pk}")).decode()}
    row.status, row.answer = response.status_code, answer
    row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    row.save(force_insert=True)

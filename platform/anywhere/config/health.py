"""GET /healthz (this process answers) and GET /readyz (database, migrations, broker, a worker seen)."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)
WORKER_SEEN_WITHIN = 30  # seconds
KEPT_FOR = 0.25  # an answer is given again for this long, so that asking often costs nothing


@dataclass(frozen=True)
class Check:
    """The result of one check; the detail is fit for everybody."""

    ok: bool
    detail: str


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200: this process runs."""
    return _answer({"status": "ok"}, 200)


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every check passes, else 503; `?only=database,broker` looks at those alone."""
    checks = chosen(current_checks(time.monotonic()), request.GET.get("only", ""))
    ready = all(check.ok for check in checks.values())
    body = {
        "status": "ready" if ready else "not ready",
        "checks": {name: {"ok": check.ok, "detail": check.detail} for name, check in checks.items()},
    }
    return _answer(body, 200 if ready else 503)


def _answer(body: dict[str, Any], status: int) -> JsonResponse:
    response = JsonResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # not being ready yet is no error of a request
    return response


def chosen(checks: dict[str, Check], only: str) -> dict[str, Check]:
    """Give the checks named in `only` (all of them when it is empty); one that was not run counts as missing."""
    names = [name for name in only.split(",") if name]
    return {name: checks.get(name, Check(False, "not checked")) for name in names} if names else checks


_last: tuple[float, dict[str, Check]] | None = None


def current_checks(now: float) -> dict[str, Check]:
    """Give the results of all checks, at most a second old."""
    global _last
    if _last is None or now - _last[0] > KEPT_FOR or now < _last[0]:
        _last = (now, run_checks())
    return _last[1]


def run_checks() -> dict[str, Check]:
    """Run every check and give the results by name; what the database is needed for is not asked when it is away."""
    checks = {"database": _checked(_database), "broker": _checked(_broker)}
    if checks["database"].ok:
        checks["migrations"] = _checked(_migrations)
        checks["worker"] = _checked(_worker)
    return checks


def _checked(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except (DatabaseError, redis.RedisError, OSError) as error:
        logger.warning("readyz.failed", extra={"check": check.__name__.lstrip("_"), "error": type(error).__name__})
        return Check(False, "does not answer")


def _database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check(True, "answers")


def _broker() -> Check:
    if not settings.REDIS_URL:
        return Check(False, "REDIS_URL is not set")
    _redis().ping()
    return Check(True, "answers")


def _migrations() -> Check:
    missing = _known_migrations() - set(MigrationRecorder(connection).applied_migrations())
    if missing:
        return Check(False, f"{len(missing)} to be applied: run `manage.py migrate`")
    return Check(True, "all applied")


def _worker() -> Check:
    from datetime import timedelta

    from anywhere.operations.models import Beacon

    seen = Beacon.objects.filter(kind="worker", seen_at__gt=Now() - timedelta(seconds=WORKER_SEEN_WITHIN)).exists()
    return Check(seen, "seen" if seen else f"none seen in the last {WORKER_SEEN_WITHIN} seconds")


@functools.cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


@functools.cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)

"""Failed attempts to sign in, counted in the cache by address and by account.

Only failures count. An account that is under attack stays open to addresses it has signed in from before, so nobody can
lock somebody else out.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from anywhere.accounts.errors import TooManyAttempts

logger = logging.getLogger(__name__)
KNOWN_FOR = 30 * 24 * 3600
T = TypeVar("T")


def _rate(scope: str) -> tuple[int, int]:
    """Give (attempts, seconds) of a scope of the settings."""
    framework: dict[str, Any] = settings.REST_FRAMEWORK
    rate = framework["DEFAULT_THROTTLE_RATES"][scope]
    limit, seconds = SimpleRateThrottle.parse_rate(SimpleRateThrottle.__new__(SimpleRateThrottle), rate)
    return int(limit or 0), int(seconds or 0)


def _safe(ask: Callable[[], T], otherwise: T) -> T:
    """Give the cache's answer; without the cache signing in goes on, unthrottled, and the log says so."""
    try:
        return ask()
    except (RedisError, OSError):
        logger.warning("throttle.cache_unavailable")
        return otherwise


class Attempts:
    """The attempts of one address to sign in to one account."""

    def __init__(self, request: Request, email: str) -> None:
        ip = BaseThrottle().get_ident(request) or "unknown"
        account = hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
        self.buckets = {
            f"sign-in:ip:{ip}": _rate("sign-in"),
            f"sign-in:account:{account}": _rate("sign-in-account"),
        }
        self.known = f"sign-in:known:{account}:{ip}"

    def check(self) -> None:
        """Give nothing; raise TooManyAttempts when too many failed."""
        for name, (limit, seconds) in self.buckets.items():
            if _safe(lambda name=name: cache.get(name, 0), 0) < limit:  # type: ignore[misc]
                continue
            if ":account:" in name and _safe(lambda: cache.get(self.known), None):
                continue
            wait = seconds if seconds <= 60 else seconds // 4
            raise TooManyAttempts(f"Wait {wait} s, then try again.", retry_after=wait)

    def failed(self) -> None:
        """Count one failure."""
        for name, (_, seconds) in self.buckets.items():
            _safe(lambda name=name, seconds=seconds: self._count(name, seconds), 0)  # type: ignore[misc]

    @staticmethod
    def _count(name: str, seconds: int) -> int:
        cache.add(name, 0, seconds)
        try:
            return int(cache.incr(name))
        except ValueError:  # it expired in between
            return 0

    def succeeded(self) -> None:
        """Remember that this address has signed in to the account."""
        _safe(lambda: cache.set(self.known, 1, KNOWN_FOR), None)

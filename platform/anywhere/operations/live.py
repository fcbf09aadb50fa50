"""Live news over Redis: disposable hints for those who watch; the rows are the truth."""

from __future__ import annotations

import functools
import json
import logging
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)


def channel(operation_id: Any) -> str:
    """Give the channel on which an operation's events are told."""
    return f"aw:operation:{operation_id}"


@functools.cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def publish(name: str, message: dict[str, Any]) -> None:
    """Tell whoever listens; nobody is waited for and nothing is lost when Redis is away."""
    if not settings.REDIS_URL:
        return
    try:
        _client().publish(name, json.dumps(message, default=str))
    except redis.RedisError:
        logger.warning("live.publish_failed", extra={"channel": name})

"""What the watcher remembers over a restart, in Valkey: disposable, it only saves reading releases again."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import redis
from django.conf import settings

from services.watcher.holdings import Manifest, Reference

logger = logging.getLogger(__name__)
KEEP_SECONDS = 7 * 24 * 3600
BATCH = 500


class Memory:
    """Remembers each service's manifest and the digest of what was written of it; forgets without harm."""

    def __init__(self, url: str | None = None) -> None:
        url = settings.REDIS_URL if url is None else url
        self.client = redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) if url else None

    def recall(self, services: Sequence[UUID]) -> dict[UUID, tuple[Manifest, str]]:
        """Give what is remembered of services: the manifest and the digest."""
        found: dict[UUID, tuple[Manifest, str]] = {}
        for start in range(0, len(services), BATCH):
            some = services[start : start + BATCH]
            for service, raw in zip(some, self._get([_key(one) for one in some]), strict=True):
                if raw:
                    try:
                        data = json.loads(raw)
                        references = tuple(Reference(*entry) for entry in data["refs"])
                        found[service] = (Manifest(data["revision"], data["version"], references), data["digest"])
                    except (ValueError, KeyError, TypeError):
                        continue
        return found

    def _get(self, keys: Sequence[str]) -> list[Any]:
        if self.client is None or not keys:
            return [None] * len(keys)
        try:
            return list(self.client.mget(keys))
        except redis.RedisError as error:
            logger.warning("watcher.memory_failed", extra={"error": type(error).__name__})
            return [None] * len(keys)

    def remember(self, entries: Mapping[UUID, tuple[Manifest, str]]) -> None:
        """Return when the entries are remembered, or could not be."""
        if self.client is None or not entries:
            return
        try:
            with self.client.pipeline(transaction=False) as pipe:
                for service, (manifest, digest) in entries.items():
                    references = [[r.api_version, r.kind, r.namespace, r.name] for r in manifest.references]
                    data = {"revision": manifest.revision, "version": manifest.resource_version, "refs": references}
                    pipe.set(_key(service), json.dumps(data | {"digest": digest}), ex=KEEP_SECONDS)
                pipe.execute()
        except redis.RedisError as error:
            logger.warning("watcher.memory_failed", extra={"error": type(error).__name__})

    def publish(self, messages: Mapping[UUID, Mapping[str, Any]]) -> None:
        """Return when the live changes are sent to who listens, or could not be."""
        if self.client is None or not messages:
            return
        try:
            with self.client.pipeline(transaction=False) as pipe:
                for service, message in messages.items():
                    pipe.publish(f"aw:service:{service}", json.dumps(message, default=str))
                pipe.execute()
        except redis.RedisError as error:
            logger.warning("watcher.publish_failed", extra={"error": type(error).__name__})


def _key(service: UUID) -> str:
    return f"aw:seen:{service}"

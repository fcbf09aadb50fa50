"""The live story of an operation as server-sent events. Redis only wakes; what is sent are the rows."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException

from anywhere.accounts.authentication import TokenAuthentication
from anywhere.accounts.models import User
from anywhere.lib.api.errors import as_app_error
from anywhere.lib.api.faults import as_response
from anywhere.lib.errors import AppError
from anywhere.operations import access, live, selectors
from anywhere.operations.models import FINAL

logger = logging.getLogger(__name__)
LOOK_SECONDS = 2.0  # without a wake-up the rows are looked at this often
KEEP_SECONDS = 10.0
RECHECK_SECONDS = 5.0


class Hub:
    """One Redis connection for all streams of the process: a channel's listeners are woken by any message on it."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self._pubsub: Any = None
        self._reader: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever something is told on the channel."""
        woken = asyncio.Event()
        first = channel not in self._listeners
        self._listeners.setdefault(channel, set()).add(woken)
        try:
            if first:
                await self._subscribe(channel)
            yield woken
        finally:
            self._listeners[channel].discard(woken)
            if not self._listeners[channel]:
                del self._listeners[channel]
                if self._pubsub is not None:
                    try:
                        await self._pubsub.unsubscribe(channel)
                    except (RedisError, OSError):
                        self._pubsub = None

    async def _subscribe(self, channel: str) -> None:
        if not settings.REDIS_URL:
            return
        try:
            if self._pubsub is None:
                client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1)
                self._pubsub = client.pubsub(ignore_subscribe_messages=True)
                await self._pubsub.subscribe(*self._listeners)
                self._reader = asyncio.create_task(self._read(self._pubsub))
            else:
                await self._pubsub.subscribe(channel)
        except (RedisError, OSError):
            self._pubsub = None

    async def _read(self, pubsub: Any) -> None:
        try:
            async for message in pubsub.listen():
                for woken in self._listeners.get(message["channel"].decode(), ()):
                    woken.set()
        except (RedisError, OSError):
            logger.warning("live.connection_lost")
        finally:
            if self._pubsub is pubsub:
                self._pubsub = None


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def _hub() -> Hub:
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def _who(request: HttpRequest) -> User | None:
    from rest_framework.request import Request

    found = TokenAuthentication().authenticate(Request(request))
    if found:
        return found[0]
    user = request.user
    return user if isinstance(user, User) else None


def _allowed(request: HttpRequest, operation_id: str) -> bool:
    close_old_connections()
    request.__dict__.pop("_cached_user", None)
    access.get_operation(_who(request), operation_id)
    return True


def _rows(operation_id: str, after: int) -> tuple[list[Any], bool]:
    close_old_connections()
    from anywhere.operations.models import Operation

    operation = Operation.objects.only("pk", "state").get(pk=operation_id)
    over = operation.state in FINAL  # read before the rows, so that none is missed when it is over
    return selectors.story(operation, after), over


in_thread = sync_to_async(_rows, thread_sensitive=False)
allowed = sync_to_async(_allowed, thread_sensitive=False)


async def stream(request: HttpRequest, id: str) -> HttpResponse | StreamingHttpResponse:
    """Answer with the stream, from Last-Event-ID (or ?after=) on; it ends after the `done` event."""
    operation_id = str(id)
    try:
        await allowed(request, operation_id)
    except (AppError, APIException) as exc:
        return as_response(as_app_error(exc))
    raw = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    after = int(raw) if raw.isdigit() and len(raw) < 10 else 0
    answer = StreamingHttpResponse(_story(request, operation_id, after), content_type="text/event-stream")
    answer["Cache-Control"] = "no-cache, no-transform"
    answer["X-Accel-Buffering"] = "no"
    return answer


async def _story(request: HttpRequest, operation_id: str, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    checked = kept = time.monotonic()
    async with _hub().listening(live.channel(operation_id)) as woken:
        while True:
            woken.clear()
            rows, over = await in_thread(operation_id, after)
            for row in rows:
                after = row.seq
                yield _message(row)
                kept = time.monotonic()
            if over and not rows:
                yield b"event: end\ndata: {}\n\n"
                return
            if rows:
                continue
            try:
                await asyncio.wait_for(woken.wait(), LOOK_SECONDS)
            except TimeoutError:
                pass
            now = time.monotonic()
            if now - kept > KEEP_SECONDS:
                yield b": here\n\n"
                kept = now
            if now - checked > RECHECK_SECONDS:
                checked = now
                try:
                    await allowed(request, operation_id)
                except (AppError, APIException):
                    return


def _message(row: Any) -> bytes:
    data = {
        "seq": row.seq, "at": row.created_at.isoformat().replace("+00:00", "Z"), "event": row.event, "step": row.step,
        "level": row.level, "message": row.message, "data": row.data,
    }  # fmt: skip
    return f"id: {row.seq}\nevent: {row.event}\ndata: {json.dumps(data, default=str)}\n\n".encode()

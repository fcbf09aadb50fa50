"""The HTTP server: faults on purpose, counting, streams, and the administrator's door."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import secrets
import zlib
from pathlib import Path

from aiohttp import web

from anywhere.practice import commands, http
from anywhere.practice.admin import administer
from anywhere.practice.cluster import Cluster, World
from anywhere.practice.messages import Answer, Request
from anywhere.practice.status import ApiError, unauthorized
from anywhere.practice.store import dumps

logger = logging.getLogger(__name__)
LARGEST_BODY = 4 * 1024 * 1024
COMPRESSED_FROM = 128 * 1024
HANG_SECONDS = 3600
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}


def admin_token(folder: Path) -> str:
    """The administrator's token, made once and kept 0600."""
    path = folder / "admin-token"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(32))
    return path.read_text().strip()


class Server:
    """Answers for all practice clusters."""

    def __init__(self, world: World, token: str, public_url: str) -> None:
        self.world, self.public_url = world, public_url
        self._token = token

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self.handle)
        app.on_startup.append(self._start)
        app.on_cleanup.append(self._stop)
        return app

    async def _start(self, _: web.Application) -> None:
        self.world.start()

    async def _stop(self, _: web.Application) -> None:
        self.world.stop()

    async def handle(self, raw: web.Request) -> web.StreamResponse:
        """Answer one request."""
        parts = raw.path.strip("/").split("/")
        if parts == ["healthz"]:
            return web.Response(text="ok")
        if parts[0] != "clusters":
            return _refusal(ApiError(404, "NotFound", "not found"))
        cluster = self.world.clusters.get(parts[1]) if len(parts) > 1 else None
        rest = "/".join(parts[2:])
        body = await raw.read()
        if len(parts) < 3 or rest.startswith("_practice"):
            return self._administer(raw, cluster, parts[1:], body)
        if cluster is None:
            return _refusal(ApiError(404, "NotFound", "there is no such practice cluster"))
        request = Request(raw.method, rest.rstrip("/"), raw.query, raw.headers, body, f"/clusters/{cluster.id}")
        return await self._serve(raw, cluster, request)

    def _administer(self, raw: web.Request, cluster: Cluster | None, parts: list[str], body: bytes) -> web.Response:
        given = raw.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _refusal(unauthorized())
        try:
            values = json.loads(body) if body else {}
            done = administer(self.world, cluster, raw.method, parts, values, self.public_url)
        except ApiError as refusal:
            return _refusal(refusal)
        except ValueError:
            return _refusal(ApiError(400, "BadRequest", "the body is not JSON"))
        return web.Response(body=dumps(done), content_type="application/json")

    async def _serve(self, raw: web.Request, cluster: Cluster, request: Request) -> web.StreamResponse:
        spoiled = await _fault(raw, cluster)
        if spoiled is not None:
            return spoiled
        try:
            answer = http.answer(cluster, request)
        except ApiError as refusal:
            answer = Answer(dumps(refusal.body()), refusal.code)
        except (KeyError, TypeError, AttributeError, ValueError) as exc:
            logger.exception("practice.request_failed", extra={"path": request.path})
            unreadable = ApiError(400, "BadRequest", f"the object cannot be read: {type(exc).__name__} {exc}")
            answer = Answer(dumps(unreadable.body()), unreadable.code)
        client = request.headers.get("User-Agent", "unknown").split("/")[0].split(" ")[0]
        cluster.counting.add(client, request.what or request.path, len(request.body), len(answer.body))
        if request.method in _WRITES and _spend(cluster, "drop_after_request"):
            return _cut(raw)
        if answer.command:
            return await commands.serve(raw, cluster, answer.command)
        if answer.stream is not None:
            return await _stream(raw, cluster, answer, client)
        return _whole(raw, cluster, answer, client)


def _spend(cluster: Cluster, name: str) -> bool:
    left = getattr(cluster.settings, name)
    if left > 0:
        cluster.configure({name: left - 1})
    return bool(left)


def _cut(raw: web.Request) -> web.Response:
    if raw.transport is not None:
        raw.transport.abort()
    return web.Response(status=500)


async def _fault(raw: web.Request, cluster: Cluster) -> web.Response | None:
    settings = cluster.settings
    if settings.fail == "unreachable":
        return _cut(raw)
    if settings.hang:
        await asyncio.sleep(HANG_SECONDS)
    if settings.latency_ms:
        await asyncio.sleep(settings.latency_ms / 1000)
    if _spend(cluster, "status_429"):
        refusal = ApiError(
            429,
            "TooManyRequests",
            "the server has received too many requests and has asked us to try again later",
            {"retryAfterSeconds": settings.retry_after},
        )
        answer = _refusal(refusal)
        answer.headers["Retry-After"] = str(settings.retry_after)
        return answer
    return None


def _refusal(refusal: ApiError) -> web.Response:
    return web.Response(status=refusal.code, body=dumps(refusal.body()), content_type="application/json")


def _whole(raw: web.Request, cluster: Cluster, answer: Answer, client: str) -> web.Response:
    headers = {"Content-Type": answer.content_type, "Cache-Control": "no-cache, private"}
    body = answer.body
    if len(body) > COMPRESSED_FROM and "gzip" in raw.headers.get("Accept-Encoding", ""):
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
        cluster.counting.more(client, len(body) - len(answer.body))
        headers["Content-Encoding"] = "gzip"
    return web.Response(status=answer.code, body=body, headers=headers)


async def _stream(raw: web.Request, cluster: Cluster, answer: Answer, client: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": answer.content_type, "Cache-Control": "no-cache, private"})
    assert answer.stream is not None
    await response.prepare(raw)
    if raw.transport is not None:
        cluster.connections.add(raw.transport)
    try:
        async for piece in answer.stream:
            cluster.counting.more(client, len(piece))
            if piece:
                await response.write(piece)
        await response.write_eof()
    except ConnectionResetError:
        logger.debug("practice.stream_cut")
    finally:
        cluster.connections.discard(raw.transport)
    return response

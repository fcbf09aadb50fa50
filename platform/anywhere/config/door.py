"""The front door (ASGI): serves the event streams itself and hands every other request to the web process.

One address for browsers and clients, while long-lived streams never hold a thread of the process that answers requests.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any

import aiohttp
from yarl import URL

from anywhere.lib.api.middleware import LONGEST_NUMBER, UPLOAD_LIMIT

logger = logging.getLogger(__name__)
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

STREAM = re.compile(r"^/api/v1/operations/[0-9a-fA-F-]{36}/events/?$")
HOP_BY_HOP = {
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer",
    b"transfer-encoding", b"upgrade",
}  # fmt: skip
SET_BY_US = {b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip", b"expect"}
LARGEST_BODY = UPLOAD_LIMIT
BODY_WITHIN = 60.0  # seconds for a client to send its body
CONNECT_WITHIN = 5.0
ANSWER_WITHIN = 60.0  # seconds the web process may be silent
RESTART_WAIT = (0.1, 0.2, 0.4, 0.8, 1.0)  # while the web process restarts nothing was sent yet, so trying again is safe


class Door:
    """An ASGI application over two others: `streams` in this process, the web process at `web_url`."""

    def __init__(self, web_url: str, streams: Application, proxies: int = 1) -> None:
        self.web = URL(web_url)
        self.streams = streams
        self.is_behind_proxy = proxies > 1
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/livez":
            await _answer(send, 200, b'{"status": "ok"}', "application/json")
        elif is_stream(scope):
            await self.streams(scope, receive, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await asyncio.wait_for(read_body(scope, receive), BODY_WITHIN)
        except TooLarge:
            await _problem(
                send,
                413,
                "request.too_large",
                "The request is too large",
                f"A request may carry up to {LARGEST_BODY // 2**20} MiB.",
            )
            return
        except TimeoutError:
            await _problem(
                send,
                408,
                "request.too_slow",
                "The request came too slowly",
                f"Its body was not here after {BODY_WITHIN:.0f} seconds.",
            )
            return
        except ClientGone:
            return
        try:
            response = await self._ask(scope, body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            logger.warning("door.web_unavailable", extra={"error": type(error).__name__, "path": scope["path"]})
            await _problem(
                send,
                502,
                "portal.web_unavailable",
                "Anywhere does not answer right now",
                "The part that answers requests is not running. It is started again on its own; "
                "try again in a few seconds.",
                [(b"retry-after", b"2")],
            )
            return
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": response.status,
                    "headers": list(end_to_end(_lower(response.raw_headers))),
                }
            )
            async for chunk in _chunks(response, scope["method"]):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            response.release()

    async def _ask(self, scope: Scope, body: bytes | None) -> aiohttp.ClientResponse:
        session = self._open_session()
        url = target_of(self.web, scope)
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request_headers(scope, self.is_behind_proxy)
        ]
        for pause in (*RESTART_WAIT, None):
            try:
                return await session.request(scope["method"], url, headers=headers, data=body, allow_redirects=False)
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=256, keepalive_timeout=15),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_WITHIN, sock_read=ANSWER_WITHIN),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._session is not None:
                    await self._session.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


class TooLarge(Exception):
    """The body is larger than what is let in."""


class ClientGone(Exception):
    """The client left before its request was complete."""


def is_stream(scope: Scope) -> bool:
    """Tell whether the request asks for an event stream (the same path as JSON is an ordinary request)."""
    if scope["method"] != "GET" or not STREAM.match(scope["path"]):
        return False
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return b"text/event-stream" in accept or b"application/json" not in accept


async def read_body(scope: Scope, receive: Receive) -> bytes | None:
    """Give the whole body, None when the request has none; TooLarge before more than the limit is held.

    It is taken in here, so that a slow client occupies this process's loop and never a thread of the web process.
    """
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    has_body = bool(lengths) or any(name == b"transfer-encoding" for name, _ in scope["headers"])
    if not has_body:
        return None
    if lengths and (not lengths[0].isdigit() or len(lengths[0]) > LONGEST_NUMBER or int(lengths[0]) > LARGEST_BODY):
        raise TooLarge
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise TooLarge
        if not message.get("more_body", False):
            return b"".join(parts)


def target_of(web: URL, scope: Scope) -> URL:
    """Give the address of the same path and query on the web process, byte for byte."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw.split(b"?", 1)[0].decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    return URL(f"{web}".rstrip("/") + path + (f"?{query}" if query else ""), encoded=True)


def request_headers(scope: Scope, is_behind_proxy: bool) -> list[Header]:
    """Give the headers for the web process: end-to-end ones, and who asked under which name and scheme."""
    given = list(scope["headers"])
    known = {name: value for name, value in given}
    forwarded = [value for name, value in given if name == b"x-forwarded-for"]
    peer = (scope.get("client") or ("",))[0].encode()
    scheme = scope.get("scheme", "http").encode()
    if is_behind_proxy and known.get(b"x-forwarded-proto") in (b"http", b"https"):
        scheme = known[b"x-forwarded-proto"]
    kept = [(name, value) for name, value in end_to_end(given) if name not in SET_BY_US and name != b"content-length"]
    return [
        *kept,
        # The reader counts from the right, so what was claimed at the left is harmless.
        (b"x-forwarded-for", b", ".join([*forwarded, peer])),
        (b"x-forwarded-host", known.get(b"host", b"")),
        (b"x-forwarded-proto", scheme),
    ]


def end_to_end(headers: Iterable[Header]) -> Iterable[Header]:
    """Give the headers without those that belong to one connection alone."""
    headers = list(headers)
    named = {part.strip().lower() for name, value in headers if name == b"connection" for part in value.split(b",")}
    return [(name, value) for name, value in headers if name not in HOP_BY_HOP and name not in named]


def _lower(headers: Iterable[Header]) -> Iterable[Header]:
    return [(name.lower(), value) for name, value in headers]


async def _chunks(response: aiohttp.ClientResponse, method: str) -> AsyncIterator[bytes]:
    if method == "HEAD":
        return
    async for chunk in response.content.iter_any():
        yield chunk


async def _problem(send: Send, status: int, code: str, title: str, detail: str, headers: Iterable[Header] = ()) -> None:
    document = {"type": f"/docs/errors#{code}", "title": title, "status": status, "code": code, "detail": detail}
    await _answer(send, status, json.dumps(document).encode(), "application/problem+json", headers)


async def _answer(send: Send, status: int, body: bytes, content_type: str, headers: Iterable[Header] = ()) -> None:
    fixed = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def __getattr__(name: str) -> Door:
    """Give `application`, made when a server asks for it: only then are the settings and the web address needed."""
    if name != "application":
        raise AttributeError(name)
    from anywhere.config.asgi import application as streams
    from anywhere.lib import env

    door = Door(env.text("ANYWHERE_WEB_URL"), streams, env.number("ANYWHERE_PROXIES", 1))
    globals()[name] = door
    return door

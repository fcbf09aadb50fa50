"""The front door in front of a real HTTP server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from anywhere.config import door as module
from anywhere.config.door import LARGEST_BODY, Door, end_to_end, is_stream, request_headers, target_of
from anywhere.launcher.ports import free_port

OPERATION = "/api/v1/operations/0b0f6a0e-6d59-4a4e-8d53-0f3a4a4f7a11/events/"


async def streams(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    await send({"type": "http.response.body", "body": b"data: 1\n\n"})


async def echo(request: web.Request) -> web.Response:
    answer = web.json_response(
        {
            "method": request.method,
            "path": request.raw_path,
            "body": (await request.read()).decode("latin-1"),
            "headers": {name.lower(): value for name, value in request.headers.items()},
        },
    )
    answer.headers.add("Set-Cookie", "a=1")
    answer.headers.add("Set-Cookie", "b=2")
    answer.headers["Keep-Alive"] = "timeout=5"
    return answer


async def moved(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "/elsewhere"})


async def packed(request: web.Request) -> web.Response:
    return web.Response(body=b"\x1f\x8bnot touched", headers={"Content-Encoding": "gzip", "ETag": 'W/"1"'})


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    application = web.Application()
    application.router.add_get("/moved", moved)
    application.router.add_get("/packed", packed)
    application.router.add_route("*", "/{rest:.*}", echo)
    server = TestServer(application)
    await server.start_server()
    made = Door(str(server.make_url("/")), streams)
    yield made
    if made._session is not None:
        await made._session.close()
    await server.close()


def scope_of(path: str, method: str = "GET", headers: dict[str, str] | None = None, query: str = "") -> dict[str, Any]:
    given = {"host": "portal.example:8000"} | (headers or {})
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("192.0.2.7", 4711),
        "scheme": "http",
    }


async def ask(door: Door, scope: dict[str, Any], body: bytes = b"") -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    sent: list[Any] = []
    parts = [body[start : start + 65_536] for start in range(0, len(body), 65_536)] or [b""]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    await door(scope, receive, send)
    return sent[0]["status"], sent[0]["headers"], b"".join(message.get("body", b"") for message in sent[1:])


async def test_a_request_reaches_the_web_process_as_it_was_sent(door: Door) -> None:
    scope = scope_of("/api/v1/things/a%2Fb/", "POST", {"content-length": "5", "x-csrftoken": "t"}, "q=%20&q=2")
    status, headers, body = await ask(door, scope, b"hello")
    seen = json.loads(body)
    assert (status, seen["method"], seen["path"], seen["body"]) == (
        200,
        "POST",
        "/api/v1/things/a%2Fb/?q=%20&q=2",
        "hello",
    )
    assert seen["headers"]["host"] == "portal.example:8000"
    assert seen["headers"]["x-csrftoken"] == "t"
    assert [value for name, value in headers if name == b"set-cookie"] == [b"a=1", b"b=2"]


async def test_headers_of_one_connection_are_not_passed_on(door: Door) -> None:
    scope = scope_of(
        "/x", headers={"connection": "keep-alive, x-mine", "x-mine": "1", "te": "trailers", "upgrade": "h2c"}
    )
    _, headers, body = await ask(door, scope)
    seen = json.loads(body)["headers"]
    assert not {"x-mine", "te", "upgrade"} & set(seen)
    assert b"keep-alive" not in [name for name, _ in headers]


async def test_an_answer_with_an_encoding_passes_unchanged(door: Door) -> None:
    status, headers, body = await ask(door, scope_of("/packed"))
    assert (status, body) == (200, b"\x1f\x8bnot touched")
    assert (b"content-encoding", b"gzip") in headers and (b"etag", b'W/"1"') in headers


async def test_a_redirect_is_the_clients_to_follow(door: Door) -> None:
    status, headers, _ = await ask(door, scope_of("/moved"))
    assert status == 302 and (b"location", b"/elsewhere") in headers


async def test_a_body_over_the_limit_is_refused(door: Door) -> None:
    status, _, body = await ask(door, scope_of("/x", "POST", {"content-length": str(LARGEST_BODY + 1)}))
    assert (status, json.loads(body)["code"]) == (413, "request.too_large")


async def test_a_body_that_grows_over_the_limit_is_refused_too(door: Door) -> None:
    scope = scope_of("/x", "POST", {"transfer-encoding": "chunked"})
    status, _, body = await ask(door, scope, b"x" * (LARGEST_BODY + 1))
    assert (status, json.loads(body)["code"]) == (413, "request.too_large")


async def test_without_a_web_process_the_answer_says_when_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESTART_WAIT", (0.01, 0.01))
    alone = Door(f"http://127.0.0.1:{free_port()}", streams)
    status, headers, body = await ask(alone, scope_of("/api/v1/account/"))
    problem = json.loads(body)
    assert (status, problem["code"]) == (502, "portal.web_unavailable")
    assert (b"retry-after", b"2") in headers and (b"content-type", b"application/problem+json") in headers
    assert alone._session is not None
    await alone._session.close()


async def test_event_streams_are_served_by_this_process(door: Door) -> None:
    status, _, body = await ask(door, scope_of(OPERATION, headers={"accept": "text/event-stream"}))
    assert (status, body) == (200, b"data: 1\n\n")


async def test_the_door_tells_that_it_lives_without_the_web_process() -> None:
    status, _, body = await ask(Door("http://127.0.0.1:1", streams), scope_of("/livez"))
    assert (status, json.loads(body)) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("path", "method", "accept", "expected"),
    [
        (OPERATION, "GET", "text/event-stream", True),
        (OPERATION, "GET", "*/*", True),
        (OPERATION, "GET", "application/json", False),
        (OPERATION, "POST", "text/event-stream", False),
        ("/api/v1/operations/x/events/", "GET", "text/event-stream", False),
        (OPERATION + "more", "GET", "text/event-stream", False),
    ],
)
def test_only_the_stream_of_an_operation_is_a_stream(path: str, method: str, accept: str, expected: bool) -> None:
    assert is_stream(scope_of(path, method, {"accept": accept})) is expected


def test_who_asks_is_added_at_the_right_of_what_was_claimed() -> None:
    headers = dict(
        request_headers(scope_of("/", headers={"x-forwarded-for": "10.0.0.1", "x-real-ip": "10.0.0.1"}), False)
    )
    assert headers[b"x-forwarded-for"] == b"10.0.0.1, 192.0.2.7"
    assert b"x-real-ip" not in headers


def test_a_claimed_scheme_counts_only_behind_a_proxy() -> None:
    scope = scope_of("/", headers={"x-forwarded-proto": "https"})
    assert dict(request_headers(scope, False))[b"x-forwarded-proto"] == b"http"
    assert dict(request_headers(scope, True))[b"x-forwarded-proto"] == b"https"


def test_headers_named_by_connection_are_dropped() -> None:
    kept = end_to_end([(b"connection", b"close, X-A"), (b"x-a", b"1"), (b"x-b", b"2")])
    assert list(kept) == [(b"x-b", b"2")]


def test_the_path_goes_on_byte_for_byte() -> None:
    scope = {"path": "/a b", "raw_path": b"/a%20b", "query_string": b"x=%2F"}
    assert str(target_of(URL("http://127.0.0.1:8001/"), scope)) == "http://127.0.0.1:8001/a%20b?x=%2F"

"""The watching client beside servers that lie, drip and hang."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anywhere.gateways.connect import ClusterAccess
from anywhere.gateways.errors import (
    AddressRefused,
    BadResponse,
    Forbidden,
    GatewayError,
    TimedOut,
    TlsFailed,
    TooLarge,
    Unreachable,
)
from anywhere.gateways.stream import ClusterStream
from anywhere.lib.addresses import AddressPolicy

from .odd_server import Conversation, OddServer, Speak, make_certificates

LOOPBACK = AddressPolicy(allow_loopback=True)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
Serve = Callable[[Speak], OddServer]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Give a starter of odd servers."""
    started: list[OddServer] = []

    def start(speak: Speak) -> OddServer:
        started.append(OddServer(tmp_path, speak))
        return started[-1]

    yield start
    for one in started:
        one.close()


def _access(server: OddServer, **more: object) -> ClusterAccess:
    return ClusterAccess(**({"server": server.url, "ca_data": server.ca, "policy": LOOPBACK} | more))  # type: ignore[arg-type]


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def _event(kind: str, /, **obj: object) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


def _sends(*parts: bytes, stay: bool = False) -> Speak:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        for part in parts:
            conversation.sock.sendall(part)
            time.sleep(0.02)
        if stay:
            time.sleep(5)

    return speak


async def _watch(server: OddServer, **more: float) -> list[tuple[str, dict[str, object]]]:
    async with ClusterStream(_access(server)) as stream:
        return [event async for event in stream.watch("/api/v1/pods", {}, **more)]


async def test_events_come_whole_however_they_are_cut(serve: Serve) -> None:
    line = _event("ADDED", metadata={"name": "ä"}) + _event("MODIFIED", a=1)
    pieces = [_chunk(line[:7]), _chunk(line[7:30]), _chunk(line[30:]), _chunk(b"")]
    found = await _watch(serve(_sends(HEAD, *pieces)))
    assert found == [("ADDED", {"metadata": {"name": "ä"}}), ("MODIFIED", {"a": 1})]


async def test_a_quiet_watch_is_left(serve: Serve) -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut):
        await _watch(serve(_sends(HEAD, _chunk(_event("ADDED", a=1)), stay=True)), quiet_seconds=0.3)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    "line", [b"<html>\n", b'{"type": "ADDED"}\n', b'{"type": 1, "object": {}}\n', b"[]\n", b"[" * 100_000 + b"\n"]
)
async def test_a_line_that_is_no_event_is_a_bad_answer(serve: Serve, line: bytes) -> None:
    with pytest.raises(BadResponse):
        await _watch(serve(_sends(HEAD, _chunk(line), _chunk(b""))))


async def test_a_forgotten_version_has_a_code_of_its_own(serve: Serve) -> None:
    gone = _event("ERROR", kind="Status", status="Failure", code=410, reason="Expired", message="too old")
    with pytest.raises(GatewayError) as caught:
        await _watch(serve(_sends(HEAD, _chunk(gone), _chunk(b""))))
    assert (caught.value.code, caught.value.detail) == ("cluster.gone", "too old")


async def test_an_endless_line_is_left(serve: Serve) -> None:
    chunk = _chunk(b"x" * 1_000_000)
    with pytest.raises(TooLarge):
        await _watch(serve(_sends(HEAD, *[chunk] * 12)))


async def test_a_watch_that_is_refused_says_why(serve: Serve) -> None:
    body = json.dumps({"kind": "Status", "message": "pods is forbidden"}).encode()
    answer = b"HTTP/1.1 403 F\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with pytest.raises(Forbidden) as caught:
        await _watch(serve(_sends(answer)))
    assert caught.value.detail == "pods is forbidden"


async def test_a_redirect_is_not_followed(serve: Serve) -> None:
    other = serve(_sends(HEAD))
    server = serve(_sends(f"HTTP/1.1 302 Found\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n".encode()))
    async with ClusterStream(_access(server, token="t0k3n-of-the-portal")) as stream:
        with pytest.raises(BadResponse):
            await stream.get("/api")
    assert other.connections == 0


async def test_a_dripping_answer_is_left_at_the_deadline(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        server.drip(conversation, b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n" + b" " * 90, 0.03)

    server = serve(speak)
    started = time.monotonic()
    async with ClusterStream(_access(server)) as stream:
        with pytest.raises(TimedOut):
            await stream.get("/api", seconds=0.5)
    assert time.monotonic() - started < 2


async def test_a_cut_connection_and_a_strange_certificate_are_told_apart(serve: Serve, tmp_path: Path) -> None:
    server = serve(_sends())
    async with ClusterStream(_access(server)) as stream:
        with pytest.raises(Unreachable):
            await stream.get("/api")
    (tmp_path / "other").mkdir()
    stranger, _ = make_certificates(tmp_path / "other", "odd.test")
    async with ClusterStream(_access(server, ca_data=stranger)) as stream:
        with pytest.raises(TlsFailed):
            await stream.get("/api")


async def test_addresses_are_checked_before_anything_is_sent(serve: Serve) -> None:
    server = serve(_sends())
    with pytest.raises(AddressRefused):
        async with ClusterStream(_access(server, policy=AddressPolicy())):
            pass
    assert server.connections == 0


async def test_what_is_read_is_counted(serve: Serve) -> None:
    server = serve(_sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    async with ClusterStream(_access(server)) as stream:
        assert await stream.get("/api") == {}
        assert (stream.counts.requests, stream.counts.bytes) == (1, 2)

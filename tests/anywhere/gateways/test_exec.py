"""Running commands beside servers that cut, hang, shout and refuse; the contract has the rest."""

from __future__ import annotations

import json
import re
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anywhere.gateways import exec as commands
from anywhere.gateways.errors import BadResponse, Forbidden, GatewayError, NotFound, Stopped, TooLarge, Unreachable
from anywhere.gateways.websocket import accept_of

from .odd_server import Conversation, OddServer, Speak
from .test_kubernetes_api import _api

OK = b"\x03" + json.dumps({"status": "Success"}).encode()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Speak], OddServer]]:
    """Give a starter of odd servers."""
    started: list[OddServer] = []

    def start(speak: Speak) -> OddServer:
        started.append(OddServer(tmp_path, speak))
        return started[-1]

    yield start
    for one in started:
        one.close()


def frame(data: bytes, first: int = 0x82) -> bytes:
    """Give a frame as a server sends it."""
    size = len(data)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size)
    return bytes([first]) + (length if size < 65536 else b"\x7f" + struct.pack("!Q", size)) + data


def upgrade(talk: Conversation, *frames: bytes, protocol: str = "v5.channel.k8s.io", accept: str = "") -> None:
    """Answer the handshake, then send the frames."""
    talk.hear()
    key = re.search(rb"(?i)sec-websocket-key: (\S+)", talk.request)
    assert key
    head = [
        "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept or accept_of(key[1].decode())}", f"Sec-WebSocket-Protocol: {protocol}",
    ]  # fmt: skip
    talk.sock.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + b"".join(frames))


def run(server: OddServer, seconds: float = 5.0, **more: object) -> commands.Ran:
    """Run a command on it."""
    heard = more.pop("on_line", None)
    return _api(server, **more).run("shop", "db-0", ["move", "it"], seconds=seconds, on_line=heard)  # type: ignore[arg-type]


def test_the_command_is_asked_for_word_by_word(serve):
    server = serve(lambda talk: upgrade(talk, frame(b"\x01done\n"), frame(OK)))
    assert _api(server, token="t0k").run("shop", "db-0", ["sh", "-c", "a && b"], container="main").output == "done\n"
    line, _, head = server.requests[0].partition(b"\r\n")
    assert line == (
        b"GET /api/v1/namespaces/shop/pods/db-0/exec?command=sh&command=-c&command=a+%26%26+b"
        b"&stdout=true&stderr=true&container=main HTTP/1.1"
    )
    assert b"Authorization: Bearer t0k" in head and b"v5.channel.k8s.io, v4.channel.k8s.io" in head


def test_messages_in_pieces_and_pings_between_them_are_read(serve):
    heard: list[str] = []
    pieces = [frame(b"\x01one\ntw", 0x02), frame(b"hello", 0x89), frame(b"o\n", 0x80), frame(b"\x02three"), frame(OK)]
    done = run(serve(lambda talk: upgrade(talk, *pieces)), on_line=heard.append)
    assert (done.output, heard) == ("one\ntwo\nthree", ["one", "two"])


def test_only_the_last_of_much_output_is_kept_and_no_half_line(serve):
    line = "x" * 99 + "\n"
    shout = [frame(b"\x01" + line.encode() * 300) for _ in range(20)]
    done = run(serve(lambda talk: upgrade(talk, *shout, frame(OK))))
    assert done.is_cut and len(done.output) <= commands.KEPT_BYTES
    assert set(done.output.splitlines()) == {"x" * 99}


def test_the_last_of_stderr_is_told_apart(serve):
    noise = [frame(b"\x02" + b"y" * 79 + b"\n") for _ in range(400)]
    done = run(serve(lambda talk: upgrade(talk, *noise, frame(b"\x02no room\n"), frame(b"\x01looking\n"), frame(OK))))
    assert done.errors.endswith("yyy\nno room\n") and len(done.errors) <= commands.ERROR_BYTES
    assert done.output.endswith("no room\nlooking\n")


def test_a_connection_that_breaks_leaves_the_outcome_open(serve):
    for end in ([], [frame(b"\x01half")], [frame(b"", 0x88)]):
        with pytest.raises(Unreachable) as caught:
            run(serve(lambda talk, end=end: upgrade(talk, *end)))
        assert caught.value.outcome_unknown and caught.value.retryable


def test_a_cancelled_operation_stops_waiting_at_once(serve):
    stop, ended = threading.Event(), threading.Event()

    def hang(talk: Conversation) -> None:
        upgrade(talk)
        stop.set()
        ended.wait(20)

    server = serve(hang)
    began = time.monotonic()
    with pytest.raises(Stopped):
        run(server, 30, cancelled=stop.is_set)
    ended.set()
    assert time.monotonic() - began < 5


def test_a_silent_command_is_kept_alive_by_pings(serve, monkeypatch):
    monkeypatch.setattr(commands, "PING_SECONDS", 0.3)
    pings: list[int] = []

    def listen(talk: Conversation) -> None:
        upgrade(talk)
        while len(pings) < 3:
            pings.append(talk.sock.recv(6)[0])
        talk.sock.sendall(frame(OK))

    assert run(serve(listen)).exit_code == 0
    assert pings == [0x89] * 3


@pytest.mark.parametrize(("status", "error"), [("403 Forbidden", Forbidden), ("404 Not Found", NotFound)])
def test_a_refusal_before_the_command_is_the_servers_own(serve, status, error):
    body = json.dumps({"kind": "Status", "status": "Failure", "message": "because of that"}).encode()

    def refuse(talk: Conversation) -> None:
        talk.hear()
        talk.answer(status, body)

    with pytest.raises(error) as caught:
        run(serve(refuse))
    assert caught.value.detail == "because of that"


def test_what_is_no_websocket_is_refused(serve):
    for speak in (
        lambda talk: upgrade(talk, frame(OK), accept="c29tZXRoaW5nIGVsc2U="),
        lambda talk: upgrade(talk, frame(OK, 0xF2)),
        lambda talk: upgrade(talk, frame(b"\x03no json")),
    ):
        with pytest.raises(BadResponse):
            run(serve(speak))
    with pytest.raises(TooLarge):
        run(serve(lambda talk: upgrade(talk, b"\x82\x7f" + struct.pack("!Q", 1 << 40))))


def test_how_it_ended_is_read_from_the_status(serve):
    def ends(**status: object) -> OddServer:
        said = b"\x03" + json.dumps({"status": "Failure", **status}).encode()
        return serve(lambda talk: upgrade(talk, frame(said)))

    causes = {"causes": [{"reason": "ExitCode", "message": "42"}]}
    assert run(ends(reason="NonZeroExitCode", details=causes)).exit_code == 42
    with pytest.raises(GatewayError) as caught:
        run(ends(reason="InternalError", message='exec: "move": executable file not found in $PATH'))
    assert caught.value.code == "command.not_started" and not caught.value.retryable
    with pytest.raises(GatewayError) as caught:
        run(ends(reason="InternalError", message="error dialing backend: the node is away"))
    assert caught.value.retryable and caught.value.outcome_unknown

"""Running a command in a container: one WebSocket, its last output, its exit code."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from anywhere.gateways.answers import error_of
from anywhere.gateways.channel import Deadline
from anywhere.gateways.errors import (
    BadResponse,
    CommandTimedOut,
    GatewayError,
    Invalid,
    NotFound,
    TimedOut,
    Unreachable,
)
from anywhere.gateways.kubernetes import Ran
from anywhere.gateways.transport import Request, Transport
from anywhere.gateways.websocket import accept_of, new_key
from anywhere.lib import redact

PROTOCOLS = "v5.channel.k8s.io, v4.channel.k8s.io"
STDOUT, STDERR, STATUS = 1, 2, 3
KEPT_BYTES = 64 * 1024
ERROR_BYTES = 8 * 1024
MAX_LINE = 1000
PING_SECONDS = 20.0
NOT_STARTED = ("executable file not found", "OCI runtime exec failed", "no such file or directory", "permission denied")

OnLine = Callable[[str], None]


class _Waiting(Deadline):
    """A deadline that sends a sign of life now and then: balancers cut connections that say nothing."""

    def __init__(self, seconds: float, cancelled: Callable[[], bool]) -> None:
        super().__init__(seconds, cancelled)
        self.ping: Callable[[], None] | None = None
        self._next = time.monotonic() + PING_SECONDS

    def remaining(self) -> float:
        """Give the seconds left."""
        left = super().remaining()
        if self.ping is not None and time.monotonic() >= self._next:
            self._next = time.monotonic() + PING_SECONDS
            self.ping()
        return left


class _Output:
    """The last bytes that were said, and every whole line as it comes."""

    def __init__(self, on_line: OnLine | None) -> None:
        self.on_line, self.is_cut = on_line, False
        self._kept = self._errors = b""
        self._open = {STDOUT: b"", STDERR: b""}

    def add(self, channel: int, data: bytes) -> None:
        """Keep some bytes."""
        self._kept += data
        if len(self._kept) > 2 * KEPT_BYTES:
            self._kept, self.is_cut = self._kept[-KEPT_BYTES:], True
        if channel == STDERR:
            self._errors = (self._errors + data)[-2 * ERROR_BYTES :]
        if self.on_line is None:
            return
        *lines, rest = (self._open[channel] + data).split(b"\n")
        self._open[channel] = rest[-MAX_LINE:]
        for line in lines[-20:]:
            if line.strip():
                self.on_line(redact.text(line.decode("utf-8", "replace").rstrip(), limit=MAX_LINE))

    def text(self) -> str:
        """Give the last output; a line that was cut at its beginning is left out, for it may be part of a secret."""
        kept = self._kept
        if len(kept) > KEPT_BYTES:
            kept, self.is_cut = kept[-KEPT_BYTES:], True
        if self.is_cut:
            kept = kept.partition(b"\n")[2]
        return _text(kept, KEPT_BYTES)

    def errors(self) -> str:
        """Give the last that was said on stderr."""
        kept = self._errors
        if len(kept) > ERROR_BYTES:
            kept = kept[-ERROR_BYTES:].partition(b"\n")[2]
        return _text(kept, ERROR_BYTES)


def _text(data: bytes, limit: int) -> str:
    return redact.text(data.decode("utf-8", "replace").replace("\r\n", "\n"), limit=limit)


def run(
    transport: Transport,
    path: str,
    command: Sequence[str],
    headers: Mapping[str, str],
    *,
    container: str | None,
    seconds: float,
    on_line: OnLine | None,
) -> Ran:
    """Give how the command ended; `path` is the pod's exec address."""
    query = [("command", word) for word in command] + [("stdout", "true"), ("stderr", "true")]
    if container:
        query.append(("container", container))
    key = new_key()
    asked = {
        **headers, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key, "Sec-WebSocket-Protocol": PROTOCOLS,
    }  # fmt: skip
    waiting = _Waiting(seconds, transport.cancelled)
    socket, answer = transport.upgrade(Request("GET", f"{path}?{urlencode(query)}", asked), waiting)
    if socket is None:
        raise error_of(answer, "GET")
    said = answer.headers
    output = _Output(on_line)
    try:
        if said.get("sec-websocket-accept") != accept_of(key) or not said.get("sec-websocket-protocol"):
            raise BadResponse("The server's answer is not WebSocket as expected.")
        waiting.ping = socket.ping
        for message in socket.messages():
            channel, data = (message[0], message[1:]) if message else (0, b"")
            if channel in (STDOUT, STDERR):
                output.add(channel, data)
            elif channel == STATUS:
                return _ended(data, output)
    except TimedOut as exc:
        raise CommandTimedOut(f"The command did not end within {seconds:g} seconds.", output=output.text()) from exc
    except OSError as exc:
        raise _cut_off(exc.strerror or str(exc) or "network error") from exc
    finally:
        waiting.ping = None
        socket.close()
    raise _cut_off("the server closed it")


def _cut_off(why: str) -> Unreachable:
    return Unreachable(f"The connection to the running command broke: {why}.", outcome_unknown=True)


def _ended(data: bytes, output: _Output) -> Ran:
    try:
        status = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise BadResponse("The server does not say how the command ended.") from exc
    if not isinstance(status, Mapping):
        raise BadResponse("The server does not say how the command ended.")
    if status.get("status") == "Success":
        return Ran(0, output.text(), output.is_cut, output.errors())
    code = _exit_code(status)
    if code is not None:
        return Ran(code, output.text(), output.is_cut, output.errors())
    raise _not_run(redact.text(str(status.get("message") or "The command was not run."), limit=MAX_LINE))


def _exit_code(status: Mapping[str, Any]) -> int | None:
    if status.get("reason") != "NonZeroExitCode":
        return None
    causes = (status.get("details") or {}).get("causes") or []
    said = next((str(c.get("message")) for c in causes if c.get("reason") == "ExitCode"), "")
    return int(said) if said.lstrip("-").isdigit() else 1


def _not_run(message: str) -> GatewayError:
    if any(words in message for words in NOT_STARTED):
        return Invalid(message, code="command.not_started")
    if "not found" in message:
        return NotFound(message)
    return GatewayError(message, code="command.not_run", retryable=True, outcome_unknown=True)

"""A TLS connection whose every read and write ends at one deadline, and ends early when it is told to stop."""

from __future__ import annotations

import io
import select
import socket
import ssl
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from anywhere.gateways.endpoint import Endpoint
from anywhere.gateways.errors import BadResponse, Stopped, TimedOut, TlsFailed, Unauthorized, Unreachable

CONNECT_SECONDS = 5.0
LOOK_UP_SECONDS = 0.25  # how often a waiting call asks whether it should stop


class Deadline:
    """When a call has to be over, and whether it should stop before that."""

    def __init__(self, seconds: float, cancelled: Callable[[], bool]) -> None:
        self.seconds = seconds
        self.ends = time.monotonic() + seconds
        self.cancelled = cancelled

    def remaining(self) -> float:
        """Give the seconds left; TimedOut when there are none, Stopped when the call was told to stop."""
        left = self.ends - time.monotonic()
        if self.cancelled():
            raise Stopped("The operation was stopped.")
        if left <= 0:
            raise TimedOut(f"The cluster did not finish its answer within {self.seconds:g} seconds.")
        return left

    def sleep(self, seconds: float) -> None:
        """Return after some seconds, or raise as `remaining` does."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_UP_SECONDS, self.remaining()))


class Channel:
    """What http.client needs of a socket: sendall, makefile, close; all of it bounded by the current deadline."""

    def __init__(self, sock: ssl.SSLSocket, address: str, deadline: Deadline) -> None:
        self.sock = sock
        self.address = address
        self.deadline = deadline

    def _wait(self, reading: bool) -> None:
        while True:
            left = min(self.deadline.remaining(), LOOK_UP_SECONDS)
            waiting = [self.sock]
            ready = select.select(waiting if reading else [], [] if reading else waiting, [], left)
            if ready[0] or ready[1]:
                return

    def _retry(self, call: Callable[[], Any]) -> Any:
        while True:
            try:
                return call()
            except ssl.SSLWantReadError:
                self._wait(reading=True)
            except ssl.SSLWantWriteError:
                self._wait(reading=False)

    def shake(self) -> None:
        """Return when the TLS handshake is done."""
        self._retry(self.sock.do_handshake)

    def sendall(self, data: bytes) -> None:
        """Return when all bytes are handed to the system."""
        view = memoryview(data).cast("B")
        while view:
            view = view[self._retry(partial(self.sock.send, view)) :]

    def makefile(self, mode: str = "rb", *_: object) -> io.BufferedReader:
        """Give the buffered reader http.client reads the answer from."""
        return io.BufferedReader(_Reader(self), 65536)

    def recv_into(self, buffer: Any) -> int:
        """Give how many bytes were read, 0 at the end."""
        try:
            return int(self._retry(lambda: self.sock.recv_into(buffer)))
        except ssl.SSLEOFError:
            return 0

    @property
    def is_quiet(self) -> bool:
        """Give whether the idle connection is still open and says nothing, so another request may use it."""
        try:
            return not select.select([self.sock], [], [], 0)[0]
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Return when the connection is closed."""
        self.sock.close()


class _Reader(io.RawIOBase):
    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel

    def readable(self) -> bool:
        """Give True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Give the bytes read into the buffer."""
        return self.channel.recv_into(buffer)


def dial(endpoint: Endpoint, context: ssl.SSLContext, server_name: str, deadline: Deadline) -> Channel:
    """Give an open TLS connection to the first checked address that answers.

    Unreachable: nothing answers. TlsFailed: the certificate is not trusted. Unauthorized: ours is not.
    """
    last: Exception | None = None
    for address in endpoint.addresses:
        patience = Deadline(min(CONNECT_SECONDS, deadline.remaining()), deadline.cancelled)
        try:
            return _dial_one(address, endpoint.port, context, server_name, patience)
        except TimedOut as exc:
            last = exc
        except OSError as exc:
            last = exc
    deadline.remaining()
    if isinstance(last, TimedOut):
        raise Unreachable(f"{endpoint.host}:{endpoint.port} does not answer.") from last
    reason = getattr(last, "strerror", None) or str(last)
    raise Unreachable(f"{endpoint.host}:{endpoint.port} refuses the connection: {reason}.") from last


def _dial_one(address: str, port: int, context: ssl.SSLContext, server_name: str, patience: Deadline) -> Channel:
    raw = socket.create_connection((address, port), timeout=patience.remaining())
    try:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        raw.setblocking(False)
        sock = context.wrap_socket(raw, server_hostname=server_name, do_handshake_on_connect=False)
    except BaseException:
        raw.close()
        raise
    channel = Channel(sock, address, patience)
    try:
        channel.shake()
    except ssl.SSLError as exc:
        channel.close()
        raise tls_error(exc) from exc
    except BaseException:
        channel.close()
        raise
    return channel


def tls_error(exc: ssl.SSLError) -> TlsFailed | Unauthorized | BadResponse:
    """Give our error for one of OpenSSL's."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return TlsFailed(f"The server's certificate is not trusted: {exc.verify_message}.")
    reason = (exc.reason or "").replace("_", " ").lower()
    if "alert" in reason and ("certificate" in reason or "unknown ca" in reason or "access denied" in reason):
        return Unauthorized("The server does not accept the client certificate.")
    if "wrong version number" in reason or "http request" in reason or "record layer failure" in reason:
        return BadResponse("The server does not speak TLS at this address.")
    return TlsFailed(f"A secure connection could not be made: {reason or 'the server ended it'}.")

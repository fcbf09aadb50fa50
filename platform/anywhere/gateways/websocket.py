"""The frames of a WebSocket connection as a client speaks them (RFC 6455), over a channel with a deadline."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from collections.abc import Iterator
from http.client import HTTPResponse

from anywhere.gateways.channel import Channel
from anywhere.gateways.errors import BadResponse, TooLarge

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_FRAME = 4 * 1024 * 1024
CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def new_key() -> str:
    """Give the key of a new connection."""
    return base64.b64encode(os.urandom(16)).decode()


def accept_of(key: str) -> str:
    """Give what a server that speaks WebSocket answers to a key."""
    return base64.b64encode(hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()).decode()


class WebSocket:
    """An open connection: messages in, pings out."""

    def __init__(self, channel: Channel, answer: HTTPResponse) -> None:
        self.channel = channel
        self._answer = answer  # it closes its reader when it is forgotten

    def messages(self) -> Iterator[bytes]:
        """Give each message until the server closes; ConnectionError when the connection just ends."""
        whole = b""
        while True:
            final, kind, data = self._frame()
            if kind == CLOSE:
                return
            if kind == PING:
                self._send(PONG, data)
            elif kind in (CONTINUED, TEXT, BINARY):
                whole += data
                if len(whole) > MAX_FRAME:
                    raise TooLarge("A message of the cluster is larger than the portal reads.")
                if final:
                    yield whole
                    whole = b""

    def ping(self) -> None:
        """Return when a sign of life is sent; whatever lies between keeps a silent connection open then."""
        self._send(PING, b"")

    def close(self) -> None:
        """Return when the connection is closed; the server is told where that is possible at once."""
        try:
            self.channel.sock.send(_frame(CLOSE, struct.pack("!H", 1000)))
        except (OSError, ValueError):
            pass  # it is closed either way
        self.channel.close()

    def _frame(self) -> tuple[bool, int, bytes]:
        first, second = self._exactly(2)
        if second & 0x80 or first & 0x70:
            raise BadResponse("The server's answer is not WebSocket as expected.")
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", self._exactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._exactly(8))
        if size > MAX_FRAME:
            raise TooLarge("A message of the cluster is larger than the portal reads.")
        return bool(first & 0x80), first & 0x0F, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data: bytes = self._answer.fp.read(size)
        if len(data) < size:
            raise ConnectionError("the server closed it")
        return data

    def _send(self, kind: int, data: bytes) -> None:
        self.channel.sendall(_frame(kind, data[:125]))


def _frame(kind: int, data: bytes) -> bytes:
    """Give a short frame; what a client sends is masked."""
    mask = os.urandom(4)
    return bytes((0x80 | kind, 0x80 | len(data))) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))

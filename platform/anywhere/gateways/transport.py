"""HTTP to one API server: checked address, kept connections, total deadlines, byte budgets, no redirects."""

from __future__ import annotations

import hashlib
import http.client
import os
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anywhere.gateways.channel import Channel, Deadline, dial, tls_error
from anywhere.gateways.endpoint import Endpoint, choose
from anywhere.gateways.errors import BadResponse, GatewayError, TlsFailed, TooLarge, Unauthorized, Unreachable
from anywhere.gateways.websocket import WebSocket

if TYPE_CHECKING:
    from anywhere.gateways.connect import ClusterAccess

MAX_BYTES = 32 * 1024 * 1024
IDLE_SECONDS = 20.0
MAX_IDLE = 4
SWITCHING_PROTOCOLS = 101
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Request:
    """One HTTP request, ready to be sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None
    max_bytes: int = MAX_BYTES

    @property
    def is_safe(self) -> bool:
        """Give whether sending it twice does nothing twice."""
        return self.method in SAFE


@dataclass
class _Kept:
    channel: Channel
    since: float


_lock = threading.Lock()
_idle: dict[tuple[int, str], list[_Kept]] = {}
_contexts: dict[str, ssl.SSLContext] = {}


def identity(access: ClusterAccess) -> str:
    """Give a digest of everything that makes two accesses the same connection; it does not reveal the credential."""
    hasher = hashlib.sha256()
    for part in (
        access.server,
        access.ca_data,
        access.token,
        access.client_certificate,
        access.client_key,
        access.tls_server_name,
        str(access.insecure_skip_tls_verify),
        repr(access.policy),
    ):
        data = part.encode() if isinstance(part, str) else part or b""
        hasher.update(len(data).to_bytes(4, "big") + data)
    return hasher.hexdigest()


def place(access: ClusterAccess) -> str:
    """Give a digest of where an access leads, whoever signs in there."""
    parts = (access.server, access.ca_data, access.tls_server_name, str(access.insecure_skip_tls_verify))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def tls_context(access: ClusterAccess) -> ssl.SSLContext:
    """Give the TLS settings of a cluster; keys never stay on disk. TlsFailed, Unauthorized: unusable input."""
    key = identity(access)
    with _lock:
        if key in _contexts:
            return _contexts[key]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if access.ca_data:
            context.load_verify_locations(cadata=bytes(access.ca_data).decode("ascii"))
        elif not access.insecure_skip_tls_verify:
            context.load_default_certs()
    except (ssl.SSLError, ValueError) as exc:
        raise TlsFailed("The cluster's CA certificate cannot be read.", code="cluster.bad_ca") from exc
    if access.insecure_skip_tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_certificate and access.client_key:
        _load_pair(context, bytes(access.client_certificate), bytes(access.client_key))
    with _lock:
        if len(_contexts) > 512:
            _contexts.clear()
        _contexts[key] = context
    return context


def _load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load a client certificate: OpenSSL wants a file, so one of mode 0600 lives as long as the load takes."""
    handle, path = tempfile.mkstemp(prefix="anywhere-", suffix=".pem")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(certificate + b"\n" + key + b"\n")
        context.load_cert_chain(path, password=lambda: b"")
    except (ssl.SSLError, ValueError, OSError) as exc:
        raise Unauthorized("The client certificate or its key cannot be read.", code="cluster.bad_certificate") from exc
    finally:
        os.unlink(path)


class Transport:
    """Requests to one API server. The name is resolved and checked once, when the first request is sent."""

    def __init__(self, access: ClusterAccess, cancelled: Callable[[], bool]) -> None:
        self.access = access
        self.cancelled = cancelled
        self.key = identity(access)
        self._endpoint: Endpoint | None = None
        self._answered = ""

    @property
    def endpoint(self) -> Endpoint:
        """Give the checked endpoint."""
        if self._endpoint is None:
            self._endpoint = choose(self.access.server, self.access.policy)
        return self._endpoint

    @property
    def server_name(self) -> str:
        """Give the name the server's certificate has to carry."""
        return self.access.tls_server_name or self.endpoint.host

    @property
    def url(self) -> str:
        """Give the server's URL with a checked address in place of its name, best the one that answered last."""
        return self.endpoint.url(self._answered or self.endpoint.addresses[0])

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """Give the answer of one request. A write that broke off after it was sent raises with outcome_unknown.

        A kept connection that turns out dead is replaced once for requests that are safe to send twice.
        """
        deadline.remaining()  # a kept connection may answer without a wait, and only waits ask whether to stop
        channel, was_kept = self._take(deadline)
        try:
            return self._exchange(channel, request)
        except _Dead as dead:
            if not was_kept or not request.is_safe:
                raise self._broken(dead, request) from dead
        try:
            return self._exchange(self._dial(deadline), request)
        except _Dead as dead:
            raise self._broken(dead, request) from dead

    def upgrade(self, request: Request, deadline: Deadline) -> tuple[WebSocket | None, Answer]:
        """Give an open WebSocket on a connection of its own and the answer that opened it, or None and the refusal.

        Nothing was begun when this raises Unreachable: whoever asks may ask again.
        """
        channel = self._dial(deadline)
        opened = False
        try:
            connection = http.client.HTTPConnection(self.endpoint.host, self.endpoint.port)
            connection.sock = channel
            connection.auto_open = 0
            connection.request(request.method, self.endpoint.prefix + request.target, headers=dict(request.headers))
            response = connection.getresponse()
            headers = {key.lower(): value for key, value in response.getheaders()}
            opened = response.status == SWITCHING_PROTOCOLS
            if opened:
                return WebSocket(channel, response), Answer(response.status, headers, b"")
            return None, Answer(response.status, headers, _read(response, request.max_bytes))
        except ssl.SSLError as exc:
            if isinstance(exc, ssl.SSLEOFError | ssl.SSLZeroReturnError):
                raise Unreachable(f"The connection to {self.endpoint.host} broke.") from exc
            raise tls_error(exc) from exc
        except (http.client.HTTPException, OSError) as exc:
            raise Unreachable(f"The connection to {self.endpoint.host} broke: {exc}.") from exc
        finally:
            if not opened:
                channel.close()

    def _broken(self, dead: _Dead, request: Request) -> Unreachable:
        unknown = dead.sent and not request.is_safe
        return Unreachable(f"The connection to {self.endpoint.host} broke: {dead.reason}.", outcome_unknown=unknown)

    def _dial(self, deadline: Deadline) -> Channel:
        channel = dial(self.endpoint, tls_context(self.access), self.server_name, deadline)
        channel.deadline = deadline
        self._answered = channel.address
        return channel

    def _exchange(self, channel: Channel, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self.endpoint.host, self.endpoint.port)
        connection.sock = channel
        connection.auto_open = 0
        sent = keep = False
        target = self.endpoint.prefix + request.target
        try:
            connection.request(request.method, target, body=request.body, headers=dict(request.headers))
            sent = True
            response = connection.getresponse()
            content = _read(response, request.max_bytes)
            keep = not response.will_close
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, content)
        except ssl.SSLError as exc:
            if not sent or isinstance(exc, ssl.SSLEOFError | ssl.SSLZeroReturnError):
                raise _Dead(str(exc.reason or "it was closed").lower(), sent) from exc
            raise tls_error(exc) from exc
        except (http.client.RemoteDisconnected, http.client.IncompleteRead, ConnectionError) as exc:
            raise _Dead("the server closed it before its answer was complete", sent) from exc
        except http.client.HTTPException as exc:
            raise BadResponse("The server's answer is not HTTP as expected.") from exc
        except GatewayError as exc:
            exc.outcome_unknown = sent and not request.is_safe
            raise
        except OSError as exc:
            raise _Dead(exc.strerror or "network error", sent) from exc
        finally:
            if keep:
                self._keep(channel)
            else:
                channel.close()

    def _take(self, deadline: Deadline) -> tuple[Channel, bool]:
        now = time.monotonic()
        stale: list[_Kept] = []
        found: Channel | None = None
        with _lock:
            shelf = _idle.get((os.getpid(), self.key), [])
            while shelf and found is None:
                kept = shelf.pop()
                if now - kept.since < IDLE_SECONDS and kept.channel.is_quiet:
                    found = kept.channel
                else:
                    stale.append(kept)
        for kept in stale:
            kept.channel.close()
        if found is not None:
            found.deadline = deadline
            self._answered = found.address
            return found, True
        return self._dial(deadline), False

    def _keep(self, channel: Channel) -> None:
        with _lock:
            left = _take_stale(time.monotonic())
            shelf = _idle.setdefault((os.getpid(), self.key), [])
            if len(shelf) < MAX_IDLE:
                shelf.append(_Kept(channel, time.monotonic()))
            else:
                left.append(channel)
        for one in left:
            one.close()


def _take_stale(now: float) -> list[Channel]:
    """Give the kept connections nobody asks for any more, as those of a former token; they are kept no longer."""
    stale: list[Channel] = []
    for key in [key for key in _idle if key[0] == os.getpid()]:
        fresh = [kept for kept in _idle[key] if now - kept.since < IDLE_SECONDS]
        stale += [kept.channel for kept in _idle[key] if kept not in fresh]
        if fresh:
            _idle[key] = fresh
        else:
            del _idle[key]
    return stale


class _Dead(Exception):
    def __init__(self, reason: str, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent


def _read(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    length = response.getheader("Content-Length")
    if length and length.isdigit() and int(length) > max_bytes:
        raise TooLarge(f"The answer has {int(length) // 1048576} MiB; the portal reads {max_bytes // 1048576} MiB.")
    if (response.getheader("Content-Encoding") or "identity").lower() != "identity":
        raise BadResponse("The answer is compressed although that was not asked for.")
    parts: list[bytes] = []
    total = 0
    while part := response.read1(262144):
        total += len(part)
        if total > max_bytes:
            raise TooLarge(f"The answer is larger than {max_bytes // 1048576} MiB.")
        parts.append(part)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(parts)

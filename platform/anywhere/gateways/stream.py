"""One cluster's API for a process that watches: asyncio, raw JSON, one line an event, the same connection policy."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from anywhere.gateways.answers import decode, error_of
from anywhere.gateways.channel import tls_error
from anywhere.gateways.endpoint import Endpoint, choose
from anywhere.gateways.errors import BadResponse, GatewayError, TimedOut, TooLarge, Unreachable
from anywhere.gateways.transport import MAX_BYTES, Answer, tls_context

if TYPE_CHECKING:
    from anywhere.gateways.connect import ClusterAccess

CONNECT_SECONDS = 5.0
MAX_LINE = 8 * 1024 * 1024
_names = ThreadPoolExecutor(max_workers=16, thread_name_prefix="names")


@dataclass
class Counts:
    """What a client has asked and read so far."""

    requests: int = 0
    bytes: int = 0


class _Checked(AbstractResolver):
    """Gives the addresses that were checked, whatever the name says now."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the addresses."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self.endpoint.addresses
        ]

    async def close(self) -> None:
        """Return at once."""


class ClusterStream:
    """Reads and watches of one cluster. Open it with `async with`; the name is resolved and checked then."""

    def __init__(self, access: ClusterAccess) -> None:
        self.access = access
        self.counts = Counts()
        self._session: aiohttp.ClientSession | None = None
        self._endpoint: Endpoint | None = None
        self._tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> ClusterStream:
        loop = asyncio.get_running_loop()
        look_up = loop.run_in_executor(_names, choose, self.access.server, self.access.policy)
        try:
            self._endpoint = await asyncio.wait_for(look_up, CONNECT_SECONDS)
        except TimeoutError:
            raise Unreachable(
                "The name of the cluster's server is not answered.", code="cluster.name_timeout"
            ) from None
        self._tls = tls_context(self.access)
        connector = aiohttp.TCPConnector(
            resolver=_Checked(self._endpoint), limit=20, use_dns_cache=False, keepalive_timeout=30, ssl=self._tls
        )
        headers = {"User-Agent": "anywhere-watcher", "Accept-Encoding": "identity"}
        if self.access.token:
            headers["Authorization"] = f"Bearer {self.access.token}"
        self._session = aiohttp.ClientSession(
            connector=connector, headers=headers, auto_decompress=False, max_line_size=16384, read_bufsize=262144
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self, path: str, query: Mapping[str, str], accept: str, seconds: float | None, quiet: float) -> Any:
        assert self._session is not None and self._endpoint is not None
        host = f"[{self._endpoint.host}]" if ":" in self._endpoint.host else self._endpoint.host
        url = f"https://{host}:{self._endpoint.port}{self._endpoint.prefix}{path}"
        self.counts.requests += 1
        return self._session.get(
            url,
            params=dict(query),
            headers={"Accept": accept},
            allow_redirects=False,
            server_hostname=self.access.tls_server_name or self._endpoint.host,
            timeout=aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS, sock_read=quiet),
        )

    async def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        accept: str = "application/json",
        seconds: float = 30.0,
    ) -> Any:
        """Give the decoded answer of one GET, whole within `seconds` and 32 MiB."""
        try:
            async with self._open(path, query or {}, accept, seconds, seconds) as response:
                body = await self._read(response, MAX_BYTES)
                if response.status != 200:
                    raise error_of(Answer(response.status, {}, body), "GET")
                return decode(body)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise _error(exc, seconds) from exc

    async def _read(self, response: aiohttp.ClientResponse, most: int) -> bytes:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise BadResponse("The answer is compressed although that was not asked for.")
        parts, total = [], 0
        async for chunk in response.content.iter_any():
            total += len(chunk)
            self.counts.bytes += len(chunk)
            if total > most:
                raise TooLarge(f"The answer is larger than {most // 1048576} MiB.")
            parts.append(chunk)
        return b"".join(parts)

    async def watch(
        self, path: str, query: Mapping[str, str], *, accept: str = "application/json", quiet_seconds: float = 90.0
    ) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Give (type, object) of every event until the server ends the watch.

        Ends with an error when nothing is heard for `quiet_seconds` (ask for bookmarks), when a line is not an event,
        and with `cluster.gone` when the server has forgotten the asked version.
        """
        try:
            async with self._open(path, {**query, "watch": "1"}, accept, None, quiet_seconds) as response:
                if response.status != 200:
                    raise error_of(Answer(response.status, {}, await self._read(response, MAX_BYTES)), "GET")
                if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                    raise BadResponse("The answer is compressed although that was not asked for.")
                async for line in self._lines(response):
                    yield _event(line)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise _error(exc, quiet_seconds) from exc

    async def _lines(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        rest = b""
        async for chunk in response.content.iter_any():
            self.counts.bytes += len(chunk)
            lines = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
            rest = lines.pop()
            if len(rest) > MAX_LINE:
                raise TooLarge("One object of the cluster is larger than the portal reads.")
            for line in lines:
                if line:
                    yield line
            await asyncio.sleep(0)


def _event(line: bytes) -> tuple[str, dict[str, Any]]:
    try:
        event = json.loads(line)
        kind, obj = event["type"], event["object"]
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise BadResponse("A line of the watch is not an event.") from exc
    if not isinstance(obj, dict) or not isinstance(kind, str):
        raise BadResponse("A line of the watch is not an event.")
    if kind == "ERROR":
        code = obj.get("code")
        raise error_of(
            Answer(code if isinstance(code, int) and code >= 400 else 500, {}, json.dumps(obj).encode()), "GET"
        )
    return kind, obj


def _error(exc: BaseException, seconds: float) -> GatewayError:
    if isinstance(exc, aiohttp.ClientConnectorCertificateError):
        return (
            tls_error(exc.certificate_error)
            if isinstance(exc.certificate_error, ssl.SSLError)
            else Unreachable(str(exc))
        )
    if isinstance(exc, aiohttp.ClientConnectorSSLError):
        return tls_error(exc.os_error) if isinstance(exc.os_error, ssl.SSLError) else Unreachable("TLS failed.")
    if isinstance(exc, ssl.SSLError):
        return tls_error(exc)
    if isinstance(exc, aiohttp.ConnectionTimeoutError):
        return Unreachable("The cluster's server does not answer.")
    if isinstance(exc, TimeoutError):
        return TimedOut(f"The cluster did not answer within {seconds:g} seconds.")
    if isinstance(exc, aiohttp.ClientConnectorError):
        return Unreachable(f"The cluster's server refuses the connection: {exc.os_error.strerror or 'no answer'}.")
    if isinstance(exc, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError | ConnectionError):
        return Unreachable("The cluster's server ended the connection.")
    if isinstance(exc, aiohttp.ClientResponseError):
        return BadResponse("The server's answer is not HTTP as expected.")
    return Unreachable("The connection to the cluster's server failed.")

"""The one address a cluster is reached at: resolved once, checked, then used by our client and by Helm alike."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anywhere.gateways.errors import AddressRefused, Unreachable
from anywhere.lib import addresses
from anywhere.lib.addresses import AddressPolicy

Resolver = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Endpoint:
    """Where to connect: addresses that were checked, and the name to hold the certificate against."""

    addresses: tuple[str, ...]
    port: int
    host: str
    prefix: str  # the path before /api, mostly ""

    def url(self, address: str) -> str:
        """Give the URL with an address in place of the name."""
        host = f"[{address}]" if ":" in address else address
        return f"https://{host}:{self.port}{self.prefix}"


def resolve(host: str, port: int) -> list[str]:
    """Give the addresses of a name, as the system resolves it."""
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


def choose(server: str, policy: AddressPolicy, resolver: Resolver = resolve) -> Endpoint:
    """Give the checked endpoint of a server's URL.

    The name is resolved once and every address it has must be allowed, so a name with a good and a bad address is
    refused and one that changes afterwards changes nothing. AddressRefused says which address and why, Unreachable that
    the name has none.
    """
    try:
        parsed = addresses.parse_server(server)
        policy.check(parsed)
        if parsed.is_address:
            found: Sequence[str] = [parsed.host]
        else:
            found = resolver(parsed.host, parsed.port)
        allowed = policy.choose(parsed.host, found)
    except addresses.AddressRefused as refused:
        if refused.code == "address.unknown_host":
            raise Unreachable(refused.detail, code="cluster.name_not_found") from None
        raise AddressRefused(refused.detail, code=refused.code) from None
    except (OSError, UnicodeError) as exc:
        raise Unreachable(f"The name {parsed.host} has no address.", code="cluster.name_not_found") from exc
    return Endpoint(tuple(allowed), parsed.port, parsed.host, parsed.path)

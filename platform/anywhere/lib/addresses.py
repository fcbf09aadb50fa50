"""Which addresses the portal may connect to: pure decisions over parsed hosts and resolved IPs.

Always refused: cloud metadata services, link-local, unspecified, multicast and reserved ranges, and names that mean
something only inside a cluster. Loopback is refused unless allowed. Private ranges are fine: most clusters live there.
Whoever opens a connection resolves the name once, hands the answers to `AddressPolicy.choose`, and connects to the
address that comes back, so that a name cannot change its meaning between the check and the use.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from anywhere.lib.errors import UserFault

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.170.2",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
    )
)
METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.azure.com",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "metadata.platformequinix.com",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback"})
INSIDE_NAMES = frozenset({"kubernetes", "kubernetes.default"})
INSIDE_SUFFIXES = (".svc", ".cluster.local")
LOW_PORTS = frozenset({443})
OTHER_SERVICES = frozenset(
    {1433, 1521, 2049, 2181, 2375, 2379, 2380, 3306, 3389, 5432, 5672, 5900, 5984, 6379, 9042, 9092, 9200, 9300}
    | {11211, 27017, 27018}
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")
_BAD = re.compile(r"[\x00-\x20\x7f-\xa0\\^`{|}<>\"]|%")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(UserFault):
    """The portal does not connect to this address."""

    code = "address.refused"
    title = "This address is not allowed"


@dataclass(frozen=True)
class Server:
    """A cluster's API server in canonical form: `host` is lower case, without brackets, trailing dot or odd digits."""

    host: str
    port: int
    path: str = ""

    @property
    def is_address(self) -> bool:
        """Tell whether the host is an IP address and not a name."""
        return literal(self.host) is not None

    @property
    def netloc(self) -> str:
        """Give host:port as it stands in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Give the URL of the server, always with its port."""
        return f"https://{self.netloc}{self.path}"


@dataclass(frozen=True)
class AddressPolicy:
    """What may be connected to. The default refuses loopback."""

    allow_loopback: bool = False

    def check(self, server: Server) -> None:
        """Raise AddressRefused when the server may not be connected to, as far as its name and port tell."""
        self.check_host(server.host)

    def check_host(self, host: str) -> None:
        """Raise AddressRefused for a name or literal address that is refused before it is resolved."""
        name = canonical_host(host)
        address = literal(name)
        if address is not None:
            self.check_address(address)
            return
        if name in METADATA_NAMES:
            raise _refused("metadata", f"{name} is a cloud's metadata service, not a cluster.")
        if name in LOOPBACK_NAMES or name.endswith(".localhost"):
            self._check_loopback(name)
        if name in INSIDE_NAMES or name.endswith(INSIDE_SUFFIXES):
            raise _refused(
                "inside_name", f"{name} means something only inside a cluster. Give the address seen from here."
            )

    def check_address(self, address: IPAddress | str) -> None:
        """Raise AddressRefused for an IP address that may not be connected to."""
        given = ipaddress.ip_address(address) if isinstance(address, str) else address
        for one in _meanings(given):
            if one in METADATA_ADDRESSES:
                raise _refused("metadata", f"{given} is a cloud's metadata service, not a cluster.")
            if one.is_loopback:
                self._check_loopback(str(given))
            elif one.is_link_local:
                raise _refused("link_local", f"{given} is a link-local address.")
            elif one.is_unspecified or one.is_multicast or _is_reserved(one):
                raise _refused("reserved", f"{given} is not the address of one machine.")

    def choose(self, host: str, resolved: Iterable[str]) -> list[str]:
        """Give the addresses to try, in order, after every one of them has been checked.

        One refused address among the answers refuses the name: half a trap is a trap.
        """
        self.check_host(host)
        addresses: list[str] = []
        for text in resolved:
            address = ipaddress.ip_address(text.split("%", 1)[0])
            self.check_address(address)
            if str(address) not in addresses:
                addresses.append(str(address))
        if not addresses:
            raise AddressRefused(f"The name {host} has no address.", code="address.unknown_host")
        return addresses

    def _check_loopback(self, name: str) -> None:
        if not self.allow_loopback:
            raise _refused(
                "loopback",
                f"{name} is the portal's own machine. Give the address of the cluster as seen from the portal.",
            )


def parse_server(url: str) -> Server:
    """Give the canonical server of an https URL; AddressRefused says what is wrong with any other text."""
    if len(url) > 500:
        raise _malformed("The server's URL is longer than 500 characters.")
    if _BAD.search(url):
        raise _malformed("The server's URL holds a space, a percent sign or a control character.")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise _malformed("The server's URL cannot be read.") from None
    if parts.scheme.lower() != "https":
        raise AddressRefused("The server's URL must start with https://.", code="address.not_https")
    if "@" in parts.netloc:
        raise AddressRefused(
            "The server's URL holds a user name or password. Use a token or a client certificate instead.",
            code="address.credentials_in_url",
        )
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise _malformed("The server's URL holds a query or a fragment.")
    if not host:
        raise _malformed("The server's URL has no host.")
    path = parts.path.rstrip("/")
    if any(segment in {".", ".."} for segment in path.split("/")) or "//" in path or not path.isascii():
        raise _malformed("The path of the server's URL cannot be read.")
    server = Server(host=canonical_host(host), port=443 if port is None else port, path=path)
    check_port(server.port)
    return server


def check_port(port: int) -> None:
    """Raise AddressRefused for a port where no Kubernetes API server listens."""
    if port in LOW_PORTS or (1024 <= port <= 65535 and port not in OTHER_SERVICES):
        return
    raise AddressRefused(
        f"Port {port} is not allowed. A Kubernetes API server listens on 443, 6443 or another port from 1024 on.",
        code="address.port",
    )


def canonical_host(host: str) -> str:
    """Give the one spelling of a host: lower case ASCII, numbers in odd notations as plain addresses."""
    text = unicodedata.normalize("NFKC", host).strip("[]").rstrip(".").lower()
    if not text or _BAD.search(text):
        raise _malformed("The host of the server's URL cannot be read.")
    if ":" in text:
        try:
            return str(ipaddress.IPv6Address(text))
        except ValueError:
            raise _malformed("The host of the server's URL is not an IPv6 address.") from None
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii")
        except UnicodeError:
            raise _malformed("The host of the server's URL is not a name of the internet.") from None
    labels = text.split(".")
    if _NUMBER.match(labels[-1]):
        return str(_odd_ipv4(labels))
    if len(text) > 253 or not all(_LABEL.match(label) for label in labels):
        raise _malformed("The host of the server's URL is not a valid name.")
    return text


def literal(host: str) -> IPAddress | None:
    """Give the address a canonical host spells out, or None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _odd_ipv4(labels: list[str]) -> ipaddress.IPv4Address:
    """Read an IPv4 address the way inet_aton does: 1 to 4 parts, each decimal, octal or hexadecimal."""
    try:
        if len(labels) > 4:
            raise ValueError
        numbers = [_number(label) for label in labels]
        head, tail = numbers[:-1], numbers[-1]
        if any(part > 255 for part in head) or tail >= 256 ** (5 - len(labels)):
            raise ValueError
    except ValueError:
        raise _malformed("The host of the server's URL is not an IPv4 address.") from None
    return ipaddress.IPv4Address(sum(part << (24 - 8 * index) for index, part in enumerate(head)) + tail)


def _number(label: str) -> int:
    if not _NUMBER.match(label) or len(label) > 20:
        raise ValueError(label)
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8) if label.startswith("0") and label != "0" else int(label)


def _meanings(address: IPAddress) -> list[IPAddress]:
    """Give the address and every IPv4 address hidden in it (mapped, NAT64, 6to4, Teredo)."""
    found: list[IPAddress] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        hidden: list[ipaddress.IPv4Address | None] = [address.ipv4_mapped, address.sixtofour]
        hidden += list(address.teredo or ())
        number = int(address)
        if address in _NAT64 or number >> 32 == 0 and number > 1:
            hidden.append(ipaddress.IPv4Address(number & 0xFFFFFFFF))
        if address.ipv4_mapped is not None:
            found = []
        found += [one for one in hidden if one is not None]
    return found


def _is_reserved(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_reserved or int(address) >> 24 == 0
    return False


def _refused(reason: str, detail: str) -> AddressRefused:
    return AddressRefused(detail, code=f"address.{reason}")


def _malformed(detail: str) -> AddressRefused:
    return AddressRefused(detail, code="address.malformed", title="The server's address cannot be read")

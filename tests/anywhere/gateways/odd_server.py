"""A TLS server that behaves as oddly as a test tells it to."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Speak = Callable[["Conversation"], None]


class Conversation:
    """One accepted connection: what was asked, and ways to answer."""

    def __init__(self, sock: ssl.SSLSocket, number: int) -> None:
        self.sock = sock
        self.number = number
        self.request = b""

    def hear(self) -> bytes:
        """Give the next request's head and body as they came, empty at the end."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.sock.recv(65536)
            if not part:
                return b""
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            body += self.sock.recv(65536)
        self.request = head + b"\r\n\r\n" + body
        return self.request

    def answer(self, status: str, body: bytes, *headers: str, kind: str = "application/json") -> None:
        """Answer as a proper server does."""
        head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
        self.sock.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)


class OddServer:
    """Listens on the loopback address; `speak` decides what each connection is told."""

    def __init__(self, folder: Path, speak: Speak, name: str = "odd.test") -> None:
        self.ca, certificate = make_certificates(folder, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.context = context
        self.speak = speak
        self.connections = 0
        self.requests: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """Give its URL."""
        return f"https://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        while not self.ended.is_set():
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(raw, self.connections), daemon=True).start()

    def _talk(self, raw: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError, ValueError):
            sock = self.context.wrap_socket(raw, server_side=True)
            conversation = Conversation(sock, number)
            with contextlib.suppress(OSError):
                self.speak(conversation)
            self.requests.append(conversation.request)
            sock.close()
        raw.close()

    def drip(self, conversation: Conversation, data: bytes, seconds: float) -> None:
        """Send one byte at a time until the test is over."""
        for byte in data:
            if self.ended.wait(seconds):
                return
            conversation.sock.sendall(bytes([byte]))

    def close(self) -> None:
        """End it."""
        self.ended.set()
        self.listener.close()


def make_certificates(folder: Path, name: str) -> tuple[bytes, Path]:
    """Give a CA's certificate (PEM) and the file with a server's certificate and key it signed."""
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "odd ca")])

    def build(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        start, end = now - datetime.timedelta(hours=1), now + datetime.timedelta(days=1)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(ca_name).public_key(public)
        return made.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)

    ca = build(ca_name, ca_key.public_key()).add_extension(x509.BasicConstraints(True, None), critical=True)
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    leaf = build(subject, key.public_key()).add_extension(names, critical=False).sign(ca_key, hashes.SHA256())
    path = folder / f"{name}.pem"
    path.write_bytes(
        leaf.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return ca.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), path


def wait_for(claim: Callable[[], object], seconds: float = 10.0) -> None:
    """Return when the claim is true; fail when it is not in time."""
    ends = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < ends, "it did not become so in time"
        time.sleep(0.02)

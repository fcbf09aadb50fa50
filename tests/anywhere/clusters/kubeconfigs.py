"""Kubeconfigs for tests, made with real certificates."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TOKEN = "a-token-that-opens-it"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@cache
def new_key(bits: int = 0) -> Any:
    return rsa.generate_private_key(65537, bits) if bits else ec.generate_private_key(ec.SECP256R1())


def certificate(
    name: str = "somebody", group: str = "devs", *, days: tuple[int, int] = (-1, 365), bits: int = 0
) -> tuple[str, str]:
    """Give a self-signed certificate and its key, as PEM."""
    key = new_key(bits)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), private_pem(key)


def private_pem(key: Any, password: bytes | None = None) -> str:
    algorithm: Any = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, algorithm).decode()


def jwt(expires: datetime) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"exp": int(expires.timestamp())}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{body}.c2lnbmF0dXJl"


def document(user: dict[str, Any] | None = None, cluster: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    """Give a kubeconfig with one context; entries given are laid over a plain token one."""
    ca = b64(certificate("ca")[0])
    base = {"server": "https://10.20.30.40:6443", "certificate-authority-data": ca}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": without_none(base | (cluster or {}))}],
        "users": [{"name": "u", "user": {"token": TOKEN} if user is None else user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        "current-context": "here",
    } | top


def without_none(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None}


def text(user: dict[str, Any] | None = None, cluster: dict[str, Any] | None = None, **top: Any) -> str:
    """Give the same as YAML text."""
    return yaml.safe_dump(document(user, cluster, **top))

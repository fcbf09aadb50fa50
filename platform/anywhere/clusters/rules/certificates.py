"""What the certificates and keys of a kubeconfig are, and whether they can be used."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anywhere.clusters.errors import KubeconfigRefused

MIN_RSA_BITS = 2048
MAX_CA_CERTIFICATES = 50
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s.*?-----END \1-----", re.S)


@dataclass(frozen=True)
class Authority:
    """The certificates a server must be signed by, as clean PEM."""

    pem: str
    fingerprint: str  # sha256 of the first one


@dataclass(frozen=True)
class ClientCertificate:
    """A client certificate with its key, as clean PEM; the key is never shown."""

    certificate: str
    key: str = field(repr=False)
    common_name: str
    organizations: tuple[str, ...]
    expires_at: datetime


def decode(text: str, path: str) -> str:
    """Give the text behind a base64 value; KubeconfigRefused names the field."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise _refused("bad_base64", f"{path} is not base64 of PEM text.", path) from None


def read_authority(text: str, path: str, now: datetime) -> Authority:
    """Give the CA certificates in PEM text; KubeconfigRefused for keys among them, broken or expired ones."""
    blocks = _blocks(text, path)
    if any("PRIVATE KEY" in kind for kind, _ in blocks):
        raise _refused("key_in_ca", f"{path} holds a private key. Only CA certificates belong there.", path)
    if any(kind != "CERTIFICATE" for kind, _ in blocks):
        raise _refused("extra_pem", f"{path} holds something besides certificates.", path)
    if len(blocks) > MAX_CA_CERTIFICATES:
        raise _refused("extra_pem", f"{path} holds more than {MAX_CA_CERTIFICATES} certificates.", path)
    certificates = [_certificate(block, path) for _, block in blocks]
    for certificate in certificates:
        _check_strength(certificate.public_key(), path)
    if all(certificate.not_valid_after_utc <= now for certificate in certificates):
        ended = max(certificate.not_valid_after_utc for certificate in certificates)
        raise _refused("ca_expired", f"The CA certificate in {path} expired on {ended:%d %b %Y}.", path)
    pem = "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates)
    fingerprint = hashlib.sha256(certificates[0].public_bytes(Encoding.DER)).hexdigest()
    return Authority(pem=pem, fingerprint=fingerprint)


def read_client(certificate_text: str, key_text: str, path: str, now: datetime) -> ClientCertificate:
    """Give the client certificate and its key; KubeconfigRefused when they do not belong together or cannot be used."""
    certificate_path, key_path = f"{path}.client-certificate-data", f"{path}.client-key-data"
    blocks = _blocks(certificate_text, certificate_path)
    if any(kind != "CERTIFICATE" for kind, _ in blocks):
        raise _refused("extra_pem", f"{certificate_path} holds something besides certificates.", certificate_path)
    chain = [_certificate(block, certificate_path) for _, block in blocks]
    leaf = chain[0]
    if leaf.not_valid_after_utc <= now:
        raise _refused(
            "certificate_expired",
            f"The client certificate expired on {leaf.not_valid_after_utc:%d %b %Y}. Get a new kubeconfig.",
            certificate_path,
        )
    if leaf.not_valid_before_utc > now:
        raise _refused(
            "certificate_not_yet_valid",
            f"The client certificate is valid only from {leaf.not_valid_before_utc:%d %b %Y %H:%M} UTC on.",
            certificate_path,
        )
    _check_strength(leaf.public_key(), certificate_path)
    key = _key(key_text, key_path)
    if key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != leaf.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    ):
        raise _refused("key_mismatch", "The client key does not belong to the client certificate.", key_path)
    names = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    groups = leaf.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return ClientCertificate(
        certificate="".join(one.public_bytes(Encoding.PEM).decode() for one in chain),
        key=key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
        common_name=str(names[0].value) if names else "",
        organizations=tuple(str(group.value) for group in groups),
        expires_at=leaf.not_valid_after_utc,
    )


def _blocks(text: str, path: str) -> Sequence[tuple[str, str]]:
    blocks = [(match.group(1), match.group(0)) for match in _BLOCK.finditer(text)]
    if not blocks:
        raise _refused("bad_pem", f"{path} holds no PEM block.", path)
    return blocks


def _certificate(block: str, path: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(block.encode())
    except ValueError:
        raise _refused("bad_certificate", f"A certificate in {path} cannot be read.", path) from None


def _key(text: str, path: str) -> serialization.SSHCertPrivateKeyTypes:
    blocks = [(kind, block) for kind, block in _blocks(text, path) if kind != "EC PARAMETERS"]
    if len(blocks) != 1 or "PRIVATE KEY" not in blocks[0][0]:
        raise _refused("extra_pem", f"{path} must hold one private key and nothing else.", path)
    if "ENCRYPTED" in blocks[0][0] or "ENCRYPTED" in blocks[0][1].split("\n\n", 1)[0]:
        raise _refused("encrypted_key", f"The key in {path} is encrypted. Give it without a passphrase.", path)
    try:
        return serialization.load_pem_private_key(blocks[0][1].encode(), password=None)  # type: ignore[return-value]
    except TypeError:
        raise _refused(
            "encrypted_key", f"The key in {path} is encrypted. Give it without a passphrase.", path
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise _refused("bad_key", f"The private key in {path} cannot be read.", path) from None


def _check_strength(key: object, path: str) -> None:
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise _refused("weak_key", f"{path} uses an RSA key of {key.key_size} bits; {MIN_RSA_BITS} are needed.", path)


def _refused(reason: str, detail: str, path: str) -> KubeconfigRefused:
    return KubeconfigRefused(detail, code=f"kubeconfig.{reason}", fields={"kubeconfig": [f"{path}: {detail}"]})

"""A certificate authority of a test's own, and what it signs."""

import base64
import datetime
import ipaddress
from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


class Authority:
    """Signs certificates of servers; `certificate` is its own, in PEM."""

    def __init__(self, name: str = "test authority") -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._build(self._name, self._key).add_extension(x509.BasicConstraints(True, None), critical=True)
        self.certificate = made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def secret_data(self, names: Iterable[str], addresses: Iterable[str]) -> dict[str, str]:
        """The data of a Secret as cert-manager makes it with the encoding PKCS8, for these names and addresses."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        wanted = [*map(x509.DNSName, names), *(x509.IPAddress(ipaddress.ip_address(each)) for each in addresses)]
        made = self._build(x509.Name([]), key).add_extension(x509.SubjectAlternativeName(wanted), critical=True)
        encoding, format_ = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        files = {
            "tls.crt": made.sign(self._key, hashes.SHA256()).public_bytes(encoding),
            "tls.key": key.private_bytes(encoding, format_, serialization.NoEncryption()),
            "ca.crt": self.certificate.encode(),
        }
        return {name: base64.b64encode(content).decode() for name, content in files.items()}

    def _build(self, subject: x509.Name, key: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
        start, end = now - datetime.timedelta(hours=1), now + datetime.timedelta(days=1)
        return made.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)

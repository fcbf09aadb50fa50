"""An encrypted JSON column, bound to its row: a ciphertext copied to another row does not open.

Keys come from settings.FIELD_KEYS, newest first; `FIELD_KEYS = ["name:fernet-key", …]`. AES-GCM with the row's id as
associated data, so every model that has such a field has a UUID primary key made before the first save.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from anywhere.lib.errors import PlatformFault


class CannotDecrypt(PlatformFault):
    """The key that wrote this value is gone, or the value belongs to another row."""

    code = "portal.cannot_decrypt"


def _keys() -> list[tuple[bytes, AESGCM]]:
    pairs = [entry.split(":", 1) for entry in settings.FIELD_KEYS]
    if not pairs:
        raise ImproperlyConfigured("FIELD_KEYS is empty")
    return [(name.encode(), AESGCM(base64.urlsafe_b64decode(key))) for name, key in pairs]


def seal(value: Any, bound_to: str) -> bytes:
    """Give the ciphertext of JSON data; it opens only with the same `bound_to`."""
    name, cipher = _keys()[0]
    nonce = os.urandom(12)
    body = json.dumps(value, separators=(",", ":")).encode()
    return bytes([len(name)]) + name + nonce + cipher.encrypt(nonce, body, bound_to.encode())


def unseal(blob: bytes, bound_to: str) -> Any:
    """Give the JSON data of a ciphertext, or raise CannotDecrypt."""
    length = blob[0]
    wanted, nonce, body = blob[1 : 1 + length], blob[1 + length : 13 + length], blob[13 + length :]
    for name, cipher in _keys():
        if name == wanted:
            try:
                return json.loads(cipher.decrypt(nonce, body, bound_to.encode()))
            except InvalidTag:
                raise CannotDecrypt("A stored secret does not belong to its row.") from None
    raise CannotDecrypt("The key that sealed a stored secret is not among FIELD_KEYS.")


class SealedField(models.BinaryField):
    """A binary column whose content is sealed JSON; read and write it through `Sealed` descriptors on the model."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs["editable"] = False
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        """Give the migration's view of the field."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs


class Sealed:
    """A descriptor: `secret = Sealed("secret_blob")` reads and writes plain JSON over a SealedField."""

    def __init__(self, column: str) -> None:
        self.column = column

    def _bound_to(self, row: models.Model) -> str:
        return f"{row._meta.label_lower}:{row.pk}:{self.column}"

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        blob = getattr(row, self.column)
        return None if blob is None else unseal(bytes(blob), self._bound_to(row))

    def __set__(self, row: Any, value: Any) -> None:
        setattr(row, self.column, None if value is None else seal(value, self._bound_to(row)))

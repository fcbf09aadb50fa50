"""Removal of secrets from text and data before it is stored, logged or shown."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

MASK = "••••"
MIN_SECRET_LENGTH = 4

_PATTERNS = (
    re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"),
    re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.S),
    re.compile(r"(?i)((?:password|passwd|secret|token|api[-_]?key)[\"']?\s*[:=]\s*[\"']?)([^\s\"',;&}{]+)"),
    re.compile(r"(?i)([a-z][a-z0-9+.-]*://[^\s/:@]+:)([^\s/@]+)(@)"),
)
_CONTROL = re.compile(
    r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def text(value: str, secrets: Iterable[str] = (), limit: int = 8192) -> str:
    """Give the text without the named secrets, what looks like one, and control characters, cut at limit."""
    known = {form for s in secrets if len(s) >= MIN_SECRET_LENGTH for form in _forms(s)}
    for secret in sorted(known, key=len, reverse=True):
        value = value.replace(secret, MASK)
    value = _PATTERNS[0].sub(lambda m: f"{m.group(1)} {MASK}", value)
    value = _PATTERNS[1].sub(MASK, value)
    value = _PATTERNS[2].sub(MASK, value)
    value = _PATTERNS[3].sub(lambda m: m.group(1) + MASK, value)
    value = _PATTERNS[4].sub(lambda m: m.group(1) + MASK + m.group(3), value)
    value = _CONTROL.sub(" ", value)
    return value if len(value) <= limit else value[: limit - 1] + "…"


def _forms(secret: str) -> set[str]:
    """Give a secret as it may be written: plain, escaped in JSON or a URL, and as the data of a Kubernetes Secret."""
    raw = secret.encode(errors="replace")
    return {secret, json.dumps(secret)[1:-1], quote(raw, safe=""), b64encode(raw).decode()}


def data(value: Any, secrets: Iterable[str] = ()) -> Any:
    """Give a copy of JSON-like data with every string redacted."""
    known = tuple(secrets)
    if isinstance(value, str):
        return text(value, known)
    if isinstance(value, Mapping):
        return {str(key): data(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [data(item, known) for item in value]
    return value

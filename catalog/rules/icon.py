"""A package's icon: its own SVG when that is a drawing and nothing more, else its first letter."""

from __future__ import annotations

import re
from html import escape

MAX_BYTES = 64 * 1024
_ACTIVE = re.compile(
    r"<\s*(script|foreignobject|iframe|object|embed|image|audio|video|handler|set|animate)\b"
    r"|\bon[a-z]+\s*=|javascript:|<!ENTITY|<!DOCTYPE|<\?xml-stylesheet|@import|url\(\s*['\"]?(?!#)|href\s*=\s*['\"]?(?!['\"]?#)",
    re.IGNORECASE,
)


def safe(svg: str) -> str:
    """Give the SVG, or "" when it is too large, no SVG, or could do or load anything."""
    text = svg.strip()
    if not text or len(text.encode()) > MAX_BYTES or "<svg" not in text[:1000] or _ACTIVE.search(text):
        return ""
    return text


def letter(title: str) -> str:
    """Give a plain square with the title's first letter."""
    first = escape((title.strip() or "?")[0].upper())
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img">'
        '<rect width="48" height="48" rx="10" fill="#5b6b7a"/>'
        '<text x="24" y="33" font-family="sans-serif" font-size="26" font-weight="600" fill="#fff" '
        f'text-anchor="middle">{first}</text></svg>'
    )

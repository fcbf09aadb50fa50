"""A pattern in words, when it is one of the plain kind that names are made of. Pure."""

from __future__ import annotations

import re

SIGNS = {"_": "underscores", "-": "hyphens", ".": "dots"}
RANGES = {"a-z": "small letters", "A-Z": "capital letters", "0-9": "digits"}
PLAIN = re.compile(r"^\^(?:\[([^\]\[^]+)\])?\[([^\]\[^]+)\](\*|\+|\{\d+,\d+\})\$$")


def sentence(pattern: str) -> str:
    """Give "This takes small letters and digits, begins with a small letter …."; empty when it is of another kind."""
    found = PLAIN.match(pattern)
    if found is None:
        return ""
    first, rest = _words(found[1] or ""), _words(found[2])
    if not rest or (found[1] and not first):
        return ""
    parts = [f"takes {_listed(rest, 'and')}"]
    if first and first != rest:
        parts.append(f"begins with {_listed([_one(word) for word in first], 'or')}")
    if found[3].startswith("{"):
        parts.append(f"has at most {int(found[3][1:-1].split(',')[1]) + bool(first)} characters")
    return f"This {_listed(parts, 'and')}."


def _words(signs: str) -> list[str]:
    """Give what stands between brackets in words; nothing when there is something else among it."""
    words = []
    for span, name in RANGES.items():
        if span in signs:
            words.append(name)
            signs = signs.replace(span, "", 1)
    return words + [SIGNS[sign] for sign in signs] if set(signs) <= set(SIGNS) else []


def _one(plural: str) -> str:
    return f"{'an' if plural[0] in 'aeiou' else 'a'} {plural[:-1]}"


def _listed(words: list[str], last: str) -> str:
    return " ".join([", ".join(words[:-1]), last, words[-1]]) if len(words) > 1 else words[0]

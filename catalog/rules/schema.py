"""What a values.schema.json says: where the secrets are, and whether it is safe to use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.rules.values import path_of

MAX_DEPTH = 40
MAX_NODES = 50_000
MAX_PATTERN = 500
_APPLIED = ("allOf", "anyOf", "oneOf")
_SINGLE = ("if", "then", "else", "not")


def faults(schema: Any) -> list[str]:
    """Give why the schema is not used, as sentences; an empty list means it is safe.

    References lead only to the schema itself (`#…`), nesting and size are bounded, patterns are short.
    """
    if not isinstance(schema, Mapping):
        return ["The schema is not a map."]
    found: list[str] = []
    nodes = 0
    level: list[Any] = [schema]
    for _depth in range(MAX_DEPTH):
        below: list[Any] = []
        for node in level:
            nodes += 1
            if isinstance(node, Mapping):
                found += _faults_of(node)
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
        level = below
        if nodes > MAX_NODES:
            return [*found[:5], f"The schema has more than {MAX_NODES} parts."]
        if not level:
            return found[:20]
    return [*found[:5], f"The schema is nested deeper than {MAX_DEPTH} levels."]


def _faults_of(node: Mapping[str, Any]) -> Iterator[str]:
    for word in ("$ref", "$dynamicRef", "$recursiveRef"):
        target = node.get(word)
        if isinstance(target, str) and not target.startswith("#"):
            yield f"A reference leads outside of the schema: {target[:80]}."
    pattern = node.get("pattern")
    if isinstance(pattern, str) and len(pattern) > MAX_PATTERN:
        yield f"A pattern is longer than {MAX_PATTERN} characters."


def resolve(schema: Mapping[str, Any], ref: str) -> Mapping[str, Any]:
    """Give the part of the schema a local reference names, or an empty map."""
    node: Any = schema
    for part in ref.removeprefix("#").strip("/").split("/") if ref not in ("#", "#/") else []:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else {}


Part = tuple[tuple[str, ...], Mapping[str, Any]]


def properties(schema: Mapping[str, Any]) -> Iterator[Part]:
    """Give (keys, part of the schema) of every property, also of conditional parts; `*` stands for any item."""
    return _below(schema, schema, (), frozenset())


def _below(
    schema: Mapping[str, Any], node: Mapping[str, Any], keys: tuple[str, ...], seen: frozenset[str]
) -> Iterator[Part]:
    if len(keys) > MAX_DEPTH:
        return
    for name, part in _children(node):
        yield (*keys, name), part
        yield from _below(schema, part, (*keys, name), seen)
    for part in _alternatives(node):
        yield keys, part
        yield from _below(schema, part, keys, seen)
    ref = node.get("$ref")
    if isinstance(ref, str) and ref not in seen:
        target = resolve(schema, ref)
        yield keys, target
        yield from _below(schema, target, keys, seen | {ref})


def _children(node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the parts one level deeper in the values."""
    yield from _maps(node.get("properties"))
    for _pattern, part in _maps(node.get("patternProperties")):
        yield "*", part
    for word in ("additionalProperties", "items"):
        below = node.get(word)
        if isinstance(below, Mapping):
            yield "*", below


def _alternatives(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give the parts that say more about the same place in the values."""
    for word in _APPLIED:
        for part in node.get(word) or []:
            if isinstance(part, Mapping):
                yield part
    for word in _SINGLE:
        part = node.get(word)
        if isinstance(part, Mapping):
            yield part


def _maps(node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(node, Mapping):
        for name, below in node.items():
            if isinstance(below, Mapping):
                yield str(name), below


def secret_paths(schema: Mapping[str, Any]) -> list[str]:
    """Give the paths of the values that are secret: `writeOnly`, `format: password` or the password widget."""
    found: dict[str, None] = {}
    for keys, node in properties(schema):
        form = node.get("x-form")
        widget = form.get("widget") if isinstance(form, Mapping) else None
        if not keys:
            continue
        if node.get("writeOnly") is True or node.get("format") == "password" or widget == "password":
            found[path_of(keys)] = None
    return list(found)


def generated(schema: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Give [(path, kind)] of the values that are made when nobody gives them, but for those that the chart makes."""
    found = []
    for name, node in _maps(schema.get("properties")):
        if (kind := (node.get("x-form") or {}).get("generate")) and kind != "chart":
            found.append((f"{prefix}{name}", kind))
        found += generated(node, f"{prefix}{name}.")
    return found


_SECRET_NAME = re.compile(r"(?i)(password|passwd|passphrase|secret$|secretkey|token$|apikey|api_key|privatekey)")
_NOT_SECRET = re.compile(r"(?i)(existing|name$|ref$|key$|mount|automount|enabled|create)")


def likely_secret_paths(values: Mapping[str, Any]) -> list[str]:
    """Give the paths of texts that are named like secrets, for charts whose schema does not say."""
    found: list[str] = []

    def walk(node: Any, keys: tuple[str, ...]) -> None:
        if isinstance(node, Mapping) and len(keys) < MAX_DEPTH:
            for key, value in node.items():
                walk(value, (*keys, str(key)))
        elif keys and (isinstance(node, str) or node is None):
            name = keys[-1]
            is_named = _SECRET_NAME.search(name)
            is_exempt = _NOT_SECRET.search(name) and not re.search(r"(?i)(secretkey|apikey|api_key|privatekey)$", name)
            if is_named and not is_exempt:
                found.append(path_of(keys))

    walk(values, ())
    return found

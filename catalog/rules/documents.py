"""YAML as Helm reads it, with its traps refused: alias bombs, tags, duplicate keys, deep nesting, a second document."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import yaml

from catalog.rules.faults import ArchiveRefused

MAX_DEPTH = 40
MAX_NODES = 100_000
MAX_BYTES = 5 * 1024 * 1024


class _Loader(yaml.CSafeLoader):
    """Reads scalars as Go does: no dates, no base-60 numbers."""


_KEPT = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"}
_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in rules if tag in _KEPT]
    for letter, rules in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"^(?:[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.[0-9]+(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
    ),
    list("-+0123456789."),
)


def load(text: str | bytes, name: str = "The document") -> Any:
    """Give the data of one YAML document, JSON-like; raise ArchiveRefused with `yaml.unsafe` or `yaml.invalid`."""
    if len(text) > MAX_BYTES:
        raise ArchiveRefused("yaml.unsafe", f"{name} is larger than 5 MB.")
    try:
        raw = text.decode("utf-8") if isinstance(text, bytes) else text
        loader = _Loader(raw)
        try:
            root = loader.get_single_node()
            if root is None:
                return None
            _Check(name).size(root)
            data = loader.construct_document(root)
        finally:
            loader.dispose()
    except UnicodeDecodeError:
        raise ArchiveRefused("yaml.invalid", f"{name} is not UTF-8.") from None
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ArchiveRefused("yaml.invalid", f"{name} is not YAML that is taken{where}.") from None
    except (RecursionError, ValueError) as exc:
        if isinstance(exc, ArchiveRefused):
            raise
        raise ArchiveRefused("yaml.invalid", f"{name} has a value that cannot be read.") from None
    return _plain(data, name)


class _Check:
    """Counts what a document is once its aliases are followed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sizes: dict[int, int] = {}
        self.open: set[int] = set()

    def size(self, node: yaml.Node, depth: int = 0) -> int:
        """Give the number of values; refuse too many, too deep, a circle, the same key twice."""
        key = id(node)
        if key in self.sizes:
            return self.sizes[key]
        if key in self.open or depth > MAX_DEPTH:
            raise ArchiveRefused("yaml.unsafe", f"{self.name} is nested deeper than {MAX_DEPTH} levels, or in itself.")
        self.open.add(key)
        total = 1
        if isinstance(node, yaml.MappingNode):
            self._keys(node)
            total += sum(self.size(part, depth + 1) for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            total += sum(self.size(part, depth + 1) for part in node.value)
        if total > MAX_NODES:
            raise ArchiveRefused("yaml.unsafe", f"{self.name} has more than {MAX_NODES} values.")
        self.open.discard(key)
        self.sizes[key] = total
        return total

    def _keys(self, node: yaml.MappingNode) -> None:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise ArchiveRefused("yaml.unsafe", f"{self.name} has a key twice at line {line}.")
                seen.add(key.value)


def _plain(data: Any, name: str) -> Any:
    """Give the data with text keys only; refuse what JSON cannot hold."""
    if isinstance(data, dict):
        return {_key(key): _plain(value, name) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value, name) for value in data]
    if isinstance(data, str) and "\x00" in data:
        raise ArchiveRefused("yaml.invalid", f"{name} has a NUL character.")
    if data is None or isinstance(data, str | bool | int) or (isinstance(data, float) and math.isfinite(data)):
        return data
    raise ArchiveRefused("yaml.invalid", f"{name} has a value that JSON cannot hold.")


def _key(key: Any) -> str:
    return key if isinstance(key, str) else json.dumps(key, default=str)

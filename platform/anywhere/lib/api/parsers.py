"""A JSON parser that takes only what has one meaning."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from anywhere.lib.api.middleware import JSON_LIMIT
from anywhere.lib.errors import UserFault

MAX_DEPTH = 32


class BadJson(UserFault):
    """The body is not JSON, or JSON with two meanings."""

    code = "request.bad_json"
    title = "The body cannot be read as JSON"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadJson(f"The key {twice[:60]!r} is there twice.")
    return found


def _constant(name: str) -> Any:
    raise BadJson(f"{name} is not a JSON number.")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadJson("A number is too large.")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check(value: Any) -> None:
    """Give nothing; raise BadJson for data deeper than 32 levels, or text that no database can keep."""
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for item in level:
            if isinstance(item, Mapping):
                below += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                below += item
            elif isinstance(item, str) and ("\x00" in item or not _is_unicode(item)):
                raise BadJson("A text has a character that cannot be kept.")
        level = below
        if not level:
            return
    if any(isinstance(item, Mapping | list) for item in level):
        raise BadJson(f"The data is nested deeper than {MAX_DEPTH} levels.")
    check(level)


def loads(text: str) -> Any:
    """Give the data of a JSON text; raise BadJson for duplicate keys, NaN, deep nesting, unpaired surrogates."""
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_constant, parse_float=_float)
    except RecursionError:
        raise BadJson(f"The data is nested deeper than {MAX_DEPTH} levels.") from None
    except json.JSONDecodeError as exc:
        raise BadJson(f"{exc.msg} at line {exc.lineno}, column {exc.colno}.") from None
    except ValueError:
        raise BadJson("A number is too large.") from None
    check(value)
    return value


class StrictJSONParser(BaseParser):
    """Parses application/json by `loads`."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Give the body's data; an empty body is an empty object."""
        raw = stream.read(JSON_LIMIT + 1)
        if not raw.strip():
            return {}
        try:
            return loads(raw.decode("utf-8"))
        except UnicodeDecodeError as exc:
            raise BadJson(f"The body is not UTF-8 at byte {exc.start}.") from None

"""Whether values fit a schema, said in plain words a field at a time. No message ever holds the value itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import jsonschema_rs

from catalog.rules import pattern
from catalog.rules import schema as schemas
from catalog.rules.values import path_of

LIMIT = 100
NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a group of values",
    "null": "nothing",
}


class BadSchema(ValueError):
    """The schema itself cannot be used; its text says why."""


@dataclass(frozen=True)
class FieldProblem:
    """One value that is not right: where, a stable word for why, and the sentence to show beside the field."""

    path: str
    code: str
    message: str

    def as_dict(self) -> dict[str, str]:
        """Give it as a map."""
        return asdict(self)


def _no_retrieval(uri: str) -> Any:
    raise ValueError(f"References outside of the schema are not followed: {uri[:80]}")


@lru_cache(maxsize=128)
def _compiled(text: str) -> Any:
    schema = json.loads(text)
    found = schemas.faults(schema)
    if found:
        raise BadSchema(found[0])
    kind = {
        "http://json-schema.org/draft-04/schema": jsonschema_rs.Draft4Validator,
        "http://json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
        "https://json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
        "https://json-schema.org/draft/2020-12/schema": jsonschema_rs.Draft202012Validator,
    }.get(str(schema.get("$schema", "")).rstrip("#"), jsonschema_rs.Draft7Validator)
    linear = jsonschema_rs.RegexOptions(size_limit=2_000_000, dfa_size_limit=2_000_000)
    bounded = jsonschema_rs.FancyRegexOptions(backtrack_limit=20_000, size_limit=2_000_000, dfa_size_limit=2_000_000)
    for engine in (linear, bounded):
        try:
            return kind(schema, validate_formats=True, retriever=_no_retrieval, pattern_options=engine)
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as exc:
            reason = str(exc).splitlines()[0][:200]
    raise BadSchema(reason)


def check_schema(schema: Mapping[str, Any]) -> None:
    """Give nothing; raise BadSchema when the schema cannot be used."""
    _compiled(json.dumps(schema, sort_keys=True))


def problems(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[FieldProblem]:
    """Give what is wrong with the values, by path; an empty list means they fit. An empty schema takes everything.

    Raises BadSchema when the schema itself cannot be used.
    """
    if not schema:
        return []
    found: dict[tuple[str, str], FieldProblem] = {}
    for error in _compiled(json.dumps(schema, sort_keys=True)).iter_errors(dict(values)):
        for problem in _plain(error):
            found.setdefault((problem.path, problem.code), problem)
        if len(found) >= LIMIT:
            break
    return sorted(found.values(), key=lambda problem: problem.path)


def fields(found: list[FieldProblem]) -> dict[str, list[str]]:
    """Give the problems as the `fields` of a problem document."""
    result: dict[str, list[str]] = {}
    for problem in found:
        result.setdefault(problem.path, []).append(problem.message)
    return result


def _plain(error: Any) -> list[FieldProblem]:
    """Give our sentences for one of the validator's errors."""
    word, limit, keys = error.kind.name, error.kind.value, list(error.instance_path)
    if word == "required":
        return [FieldProblem(path_of([*keys, str(limit)]), "required", "This is needed.")]
    if word in ("additionalProperties", "unevaluatedProperties"):
        return [
            FieldProblem(path_of([*keys, str(name)]), "unknown", "The package does not know this.") for name in limit
        ]
    if word in ("oneOf", "anyOf"):
        return [_of_branches(word, limit, keys)]
    if word == "propertyNames":
        return [
            replace(each, path=path_of(keys), message=each.message.replace("This ", "Each name ", 1))
            for each in _plain(limit)
        ]
    if word == "const" and list(error.schema_path)[-2:] == ["else", "const"] and isinstance(limit, str):
        # A schema says in words what a value must be: JSON Schema has no keyword for it that validators print.
        return [FieldProblem(path_of(keys), "pattern", f"This has to be {limit}.")]
    if word == "not" and not isinstance(error.instance, dict | list):
        return [FieldProblem(path_of(keys), word, "This value cannot be used here.")]
    return [FieldProblem(path_of(keys), word, _sentence(word, limit))]


def _of_branches(word: str, branches: Any, keys: list[Any]) -> FieldProblem:
    """Give one problem for a choice of forms: the nearest form's own, when all forms fail by type the types."""
    first = [branch[0] for branch in branches or [] if branch]
    wanted = [
        NAMES.get(str(kind), str(kind))
        for error in first
        if error.kind.name == "type"
        for kind in _list(error.kind.value)
    ]
    if first and len(wanted) >= len(first):
        return FieldProblem(path_of(keys), "type", f"This has to be {' or '.join(dict.fromkeys(wanted))}.")
    for error in first:
        if error.kind.name != "type":
            return _plain(error)[0]
    return FieldProblem(path_of(keys), word, "This has none of the forms the package takes.")


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plural(count: Any, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _sentence(word: str, limit: Any) -> str:
    simple: dict[str, Callable[[], str]] = {
        "minimum": lambda: f"This has to be at least {limit}.",
        "maximum": lambda: f"This has to be at most {limit}.",
        "exclusiveMinimum": lambda: f"This has to be more than {limit}.",
        "exclusiveMaximum": lambda: f"This has to be less than {limit}.",
        "multipleOf": lambda: f"This has to be a multiple of {limit}.",
        "minLength": lambda: "This is needed." if limit == 1 else f"This needs at least {_plural(limit, 'character')}.",
        "maxLength": lambda: f"This may have at most {_plural(limit, 'character')}.",
        "minItems": lambda: f"This list needs at least {_plural(limit, 'entry').replace('entrys', 'entries')}.",
        "maxItems": lambda: f"This list may have at most {_plural(limit, 'entry').replace('entrys', 'entries')}.",
        "minProperties": lambda: f"This needs at least {_plural(limit, 'value')}.",
        "maxProperties": lambda: f"This may have at most {_plural(limit, 'value')}.",
        "uniqueItems": lambda: "An entry is there twice.",
        "pattern": lambda: (
            pattern.sentence(str(limit)) or f"This does not have the form the package takes ({str(limit)[:120]})."
        ),
        "format": lambda: f"This is not a valid {limit}.",
        "const": lambda: f"This has to be {_shown(limit)}.",
        "enum": lambda: f"This has to be one of {', '.join(_shown(choice) for choice in _list(limit)[:20])}.",
        "type": lambda: f"This has to be {' or '.join(NAMES.get(str(kind), str(kind)) for kind in _list(limit))}.",
        "falseSchema": lambda: "This is not taken here.",
        "not": lambda: "This combination is not taken.",
    }
    return simple.get(word, lambda: "The package does not take this value.")()

"""Values and their layers, merged the way Helm does: maps merge, lists are replaced, null takes a key away.

A path names a place: `auth.password`, `users.0.name`; a dot inside a key is written `\\.`; `*` in the path of a secret
means every item of a list or map.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

MASK = "••••"
MASKED: dict[str, bool] = {"$secret": True}
Values = dict[str, Any]
CHART = "chart"
_DOT = re.compile(r"(?<!\\)\.")


class Layer(NamedTuple):
    """Values with the name of who gave them; the one named "chart" holds the defaults."""

    name: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Merged:
    """The result of layers: the values, and which layer gave each of them ({"a.b": "plan"})."""

    values: Values
    origin: dict[str, str]


def keys_of(path: str) -> list[str]:
    """Give the keys a path is made of."""
    return [part.replace("\\.", ".") for part in _DOT.split(path)]


def path_of(keys: Iterable[str | int]) -> str:
    """Give the path made of keys."""
    return ".".join(str(key).replace(".", "\\.") for key in keys)


def overlay(layers: Sequence[Mapping[str, Any]]) -> Values:
    """Give the layers above the chart as one, later ones winning; nulls are kept, since Helm needs them."""
    result: Values = {}
    for layer in layers:
        _lay(result, layer)
    return result


def _lay(below: Values, above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        current = below.get(key)
        if isinstance(value, Mapping) and isinstance(current, dict):
            _lay(current, value)
        else:
            below[key] = copy.deepcopy(dict(value) if isinstance(value, Mapping) else value)


def merge(layers: Sequence[Layer | tuple[str, Mapping[str, Any]]]) -> Merged:
    """Give the values the chart sees; each later layer wins over those before it.

    With the layer "chart" first, nulls above it take its values away. Without it the result is an overlay for Helm,
    and nulls are kept.
    """
    named = [Layer(*layer) for layer in layers]
    if named and named[0].name == CHART:
        values = _coalesce(named[0].values, overlay([layer.values for layer in named[1:]]))
    else:
        values = overlay([layer.values for layer in named])
    origin = dict.fromkeys(_leaves(values), "")
    for layer in named:
        for path in _leaves(layer.values):
            if path in origin:
                origin[path] = layer.name
    return Merged(values, origin)


def _coalesce(defaults: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    result: Values = {}
    for key in [*defaults, *(key for key in above if key not in defaults)]:
        if key not in above:
            value = _without_nulls(defaults[key])
        elif above[key] is None:
            continue
        elif isinstance(above[key], Mapping):
            own = defaults.get(key)
            value = _coalesce(own if isinstance(own, Mapping) else {}, above[key])
        else:
            value = copy.deepcopy(above[key])
        result[key] = value
    return result


def _without_nulls(value: Any) -> Any:
    return _coalesce(value, {}) if isinstance(value, Mapping) else copy.deepcopy(value)


def _leaves(values: Any, keys: tuple[str, ...] = ()) -> Iterable[str]:
    if isinstance(values, Mapping) and (values or not keys):
        for key, value in values.items():
            yield from _leaves(value, (*keys, str(key)))
    else:
        yield path_of(keys)


def difference(defaults: Mapping[str, Any], values: Mapping[str, Any]) -> Values:
    """Give the smallest overlay that turns defaults into values; a key to take away is null."""
    result: Values = {}
    for key, value in values.items():
        own = defaults.get(key)
        if key in defaults and _same(own, value):
            continue
        if isinstance(value, Mapping) and isinstance(own, Mapping):
            below = difference(own, value)
            if below:
                result[key] = below
        else:
            result[key] = copy.deepcopy(dict(value) if isinstance(value, Mapping) else value)
    for key, own in defaults.items():
        if key not in values and own is not None:
            result[key] = None
    return result


def _same(left: Any, right: Any) -> bool:
    """Give whether two values are the same to YAML: true is not 1, but 1 and 1.0 are one number."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _places(values: Any, keys: Sequence[str], done: tuple[str | int, ...] = ()) -> Iterable[tuple[str | int, ...]]:
    """Give the concrete keys of every place in the values that a path, perhaps with `*`, names."""
    if not keys:
        yield done
        return
    key, rest = keys[0], keys[1:]
    if isinstance(values, Mapping):
        for name in list(values) if key == "*" else [key] if key in values else []:
            yield from _places(values[name], rest, (*done, name))
    elif isinstance(values, list):
        numbers = range(len(values)) if key == "*" else [int(key)] if key.isdigit() and int(key) < len(values) else []
        for number in numbers:
            yield from _places(values[number], rest, (*done, number))


def find(values: Any, path: str, default: Any = None) -> Any:
    """Give what is at the path, or the default."""
    for place in _places(values, keys_of(path)):
        return _at(values, place)
    return default


def holds(rule: Mapping[str, Any], values: Any) -> bool:
    """Give whether a rule of a package is in force: it has no `when`, or the values are as that says.

    `when` is {path, equals: what it is} or {path, above: a number below it}, or a list of which all must be so; a value
    that is no number is above none.
    """
    return all(_is_so(condition, values) for condition in conditions(rule.get("when")))


def conditions(said: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    """Give the conditions of a `when` or `showIf`, which says none, one or a list of them."""
    return [said] if isinstance(said, Mapping) else list(said or [])


def _is_so(condition: Mapping[str, Any], values: Any) -> bool:
    value = find(values, condition["path"])
    if "above" in condition:
        return isinstance(value, int | float) and value > condition["above"]
    return bool(value == condition["equals"])


def _at(values: Any, keys: Iterable[str | int]) -> Any:
    for key in keys:
        values = values[key]
    return values


def put(values: Mapping[str, Any], path: str, value: Any) -> Values:
    """Give the values with this one set; maps on the way are made, a list's item must exist."""
    result = copy.deepcopy(dict(values))
    node: Any = result
    keys = keys_of(path)
    for key in keys[:-1]:
        if isinstance(node, list):
            node = node[int(key)]
            continue
        if not isinstance(node.get(key), dict | list):
            node[key] = {}
        node = node[key]
    if isinstance(node, list):
        node[int(keys[-1])] = value
    else:
        node[keys[-1]] = value
    return result


def is_masked(value: Any) -> bool:
    """Give whether the value stands for "the secret that is kept"."""
    return value in (MASK, MASKED)


def take_secrets(values: Mapping[str, Any], secret_paths: Iterable[str]) -> tuple[Values, dict[str, Any]]:
    """Give (the values without their secrets, {path: secret}). A masked or null secret is in neither: it keeps."""
    public = copy.deepcopy(dict(values))
    secrets: dict[str, Any] = {}
    for path in secret_paths:
        for place in list(_places(public, keys_of(path))):
            node = _at(public, place[:-1])
            value = node[place[-1]]
            if value is not None and value != "" and not is_masked(value):
                secrets[path_of(place)] = value
            if isinstance(node, list):
                node[int(place[-1])] = ""
            else:
                del node[place[-1]]
                _prune(public, place[:-1])
    return public, secrets


def _prune(values: Values, keys: Sequence[str | int]) -> None:
    """Take away the maps that became empty by taking a secret."""
    while keys:
        node = _at(values, keys[:-1])
        if not isinstance(node, dict) or node.get(keys[-1]) != {}:
            return
        del node[keys[-1]]
        keys = keys[:-1]


def put_secrets(values: Mapping[str, Any], secrets: Mapping[str, Any]) -> Values:
    """Give the values with the secrets back in their places; one whose list item is gone is left out."""
    result = copy.deepcopy(dict(values))
    for path, secret in secrets.items():
        try:
            result = put(result, path, secret)
        except (IndexError, ValueError, KeyError, AttributeError):
            continue
    return result


def mask(values: Mapping[str, Any], secret_paths: Iterable[str], by: Any = None) -> Values:
    """Give the values with each secret that is there replaced by the mask ({"$secret": true}, or `by`)."""
    result = copy.deepcopy(dict(values))
    for path in secret_paths:
        for place in list(_places(result, keys_of(path))):
            node = _at(result, place[:-1])
            if node[place[-1]] not in (None, ""):
                node[place[-1]] = dict(MASKED) if by is None else by
    return result

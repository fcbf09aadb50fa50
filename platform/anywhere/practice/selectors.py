"""Label and field selectors, read once and asked often."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from anywhere.practice.kinds import Obj
from anywhere.practice.status import bad_request
from anywhere.practice.store import Entry

Test = Callable[[Mapping[str, str]], bool]
_SET = re.compile(r"^\s*([^\s!=,()]+)\s+(in|notin)\s+\(([^)]*)\)\s*$")
_EQUAL = re.compile(r"^\s*([^\s!=,()]+)\s*(==|=|!=)\s*([^\s,()]*)\s*$")
_EXISTS = re.compile(r"^\s*(!?)\s*([^\s!=,()]+)\s*$")


def label_test(text: str) -> Test | None:
    """A test of labels for a labelSelector parameter, or None when everything matches."""
    parts = [part for part in re.split(r",(?![^(]*\))", text) if part.strip()]
    tests = [_requirement(part) for part in parts]
    return (lambda labels: all(test(labels) for test in tests)) if tests else None


def _requirement(part: str) -> Test:
    if found := _SET.match(part):
        key, verb, values = found[1], found[2], {v.strip() for v in found[3].split(",")}
        return _expression({"key": key, "operator": "In" if verb == "in" else "NotIn", "values": values})
    if found := _EQUAL.match(part):
        return _expression({"key": found[1], "operator": "NotIn" if found[2] == "!=" else "In", "values": {found[3]}})
    if found := _EXISTS.match(part):
        return _expression({"key": found[2], "operator": "DoesNotExist" if found[1] else "Exists"})
    raise bad_request(f"unable to parse requirement: {part}")


def _expression(one: Mapping[str, Any]) -> Test:
    key, values = one["key"], set(one.get("values") or ())
    tests: dict[str, Test] = {
        "In": lambda labels: labels.get(key) in values,
        "NotIn": lambda labels: labels.get(key) not in values,
        "Exists": lambda labels: key in labels,
        "DoesNotExist": lambda labels: key not in labels,
        "Gt": lambda labels: labels.get(key, "").isdigit() and int(labels[key]) > int(next(iter(values))),
        "Lt": lambda labels: labels.get(key, "").isdigit() and int(labels[key]) < int(next(iter(values))),
    }
    return tests.get(one["operator"], lambda labels: False)


def expressions_match(expressions: list[Obj], labels: Mapping[str, str]) -> bool:
    """Whether labels meet every matchExpression."""
    return all(_expression(one)(labels) for one in expressions)


def selector_matches(selector: Obj | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector document matches labels; an absent one matches nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    return all(labels.get(k) == v for k, v in wanted.items()) and expressions_match(
        selector.get("matchExpressions") or [], labels
    )


def field_of(obj: Obj, path: str) -> str:
    """The text at a dotted path, as field selectors compare it."""
    here: Any = obj
    for part in path.split("."):
        here = here.get(part) if isinstance(here, dict) else None
    return "" if here is None else str(here).lower() if isinstance(here, bool) else str(here)


def entry_test(labels: str, fields: str) -> Callable[[Entry], bool] | None:
    """A test of stored objects for both selectors of a request, or None when all match."""
    by_label = label_test(labels)
    wanted = []
    for part in filter(None, (p.strip() for p in fields.split(","))):
        if not (found := re.match(r"^([\w.\[\]/-]+)(!=|==|=)(.*)$", part)):
            raise bad_request(f"invalid field selector: {part}")
        wanted.append((found[1], found[2] != "!=", found[3]))
    if by_label is None and not wanted:
        return None

    def test(entry: Entry) -> bool:
        if by_label is not None and not by_label(entry.labels):
            return False
        obj: Obj | None = None
        for path, equal, value in wanted:
            if path == "metadata.name":
                have = entry.name
            elif path == "metadata.namespace":
                have = entry.namespace
            else:
                obj = obj or entry.obj()
                have = field_of(obj, path)
            if (have == value) is not equal:
                return False
        return True

    return test

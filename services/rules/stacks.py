"""Names of a stack and its members, and what a person is told of a stack that did not come about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.rules import names


def member_name(stack: str, member: str) -> str:
    """Give the name of a member's service."""
    return f"{stack}-{member}"


def problem_with_name(stack: str, members: Sequence[str]) -> str | None:
    """Give a sentence that says what is wrong with a stack's name, or None when all members can be named after it."""
    if problem := names.problem_with_name(stack):
        return problem
    longest = max(members, key=len, default="")
    room = names.NAME_LIMIT - len(member_name("", longest))
    if len(stack) > room:
        whole = member_name("…", longest)
        return f"At most {room} characters: {whole} has to fit into {names.NAME_LIMIT}; this has {len(stack)}."
    return None


def bound_names(values: Mapping[str, Any], paths: Sequence[Sequence[str]] = ()) -> set[str]:
    """Give the names of Secrets that values are bound with: texts under `bindings`, and those at other known paths."""
    found = set(_texts(values.get("bindings")))
    for path in paths:
        node: Any = values
        for key in path:
            node = node.get(key) if isinstance(node, Mapping) else None
        found |= set(_texts(node))
    return found


def _texts(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node] if node else []
    if isinstance(node, Mapping):
        return [text for value in node.values() for text in _texts(value)]
    return []


# What a person should look at first; a service that is not seen is not known to be bad.
_WORST_FIRST = ("failed", "degraded", "progressing", "unknown", "suspended", "healthy")


def worst(services: Sequence[tuple[str, str, str]]) -> tuple[str, str]:
    """Give (verdict, reason) of the worst of services, each (name, verdict, reason); unknown when there is none."""
    if not services:
        return "unknown", ""
    name, verdict, reason = min(services, key=lambda service: _WORST_FIRST.index(service[1]))
    return verdict, "" if verdict == "healthy" or not reason else f"{name}: {reason}"


def and_others(names_: Sequence[str]) -> str:
    """Give names as words: "a", "a and b", "a, b and c"."""
    if len(names_) < 2:
        return "".join(names_)
    return f"{', '.join(names_[:-1])} and {names_[-1]}"


def what_is_left(done: Sequence[str], begun: Sequence[str], untouched: Sequence[str], verb: str) -> str:
    """Give the sentences that say how far the work on the members came, such as "db is installed and stays."."""
    said = []
    if done:
        said.append(f"{and_others(done)} {_is(done)} {verb}" + (" and stay" + ("" if len(done) > 1 else "s")) + ".")
    if begun:
        said.append(f"{and_others(begun)} {'was' if len(begun) == 1 else 'were'} begun; its page says what is left.")
    if untouched:
        said.append(f"{and_others(untouched)} {'was' if len(untouched) == 1 else 'were'} not touched.")
    return " ".join(said) or "Nothing had been done yet."


def _is(names_: Sequence[str]) -> str:
    return "is" if len(names_) == 1 else "are"

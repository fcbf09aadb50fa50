"""Stacks: what a stack's file says, checked by itself and against the packages it is made of; the order of members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.rules import documents, validation
from catalog.rules.faults import ArchiveRefused
from catalog.rules.schema import properties
from catalog.rules.values import find, keys_of, put
from catalog.rules.versions import is_version

Member = Mapping[str, Any]
PLACEHOLDER = "a-binding"  # stands for the name of a Secret while values are checked
_ABSENT = object()


@dataclass(frozen=True)
class PackageFacts:
    """What a stack has to know of a package: its plans, whether it publishes a Secret to bind to, its values."""

    plans: tuple[str, ...]
    publishes_binding: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] = field(default_factory=dict)


class NotOffered(ValueError):
    """The stack is right in itself, but a package it is made of is not published here."""


def read(data: bytes, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the file says, its shape, names and order checked; raise ArchiveRefused."""
    said = documents.load(data, name)
    if not isinstance(said, Mapping):
        raise _refused(f"{name} is not a map.")
    found = validation.problems(schema, said)
    if found:
        raise _refused(f"{name}: " + "; ".join(f"{problem.path}: {problem.message}" for problem in found[:3]))
    if not is_version(said["version"]):
        raise _refused(f"{name}: version: This has to be a semantic version such as 1.2.0.")
    if said["name"] != name.rsplit("/", 1)[-1].removesuffix(".yaml"):
        raise _refused(f"The stack is called {said['name']} but its file is called {name}.")
    _no_twins("plans", said["plans"])
    _no_twins("members", said["members"])
    in_order(said["members"])
    return dict(said)


def _refused(detail: str) -> ArchiveRefused:
    return ArchiveRefused("stack.invalid", detail)


def _no_twins(what: str, entries: Sequence[Mapping[str, Any]]) -> None:
    names = [entry["name"] for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _refused(f"Two {what} are called {twice[0]}. Give one another name.")


def needs(member: Member) -> list[str]:
    """Give the members that one is bound to, each once."""
    return list(dict.fromkeys(binding["member"] for binding in member.get("bindings") or []))


def in_order(members: Sequence[Member]) -> list[Member]:
    """Give the members so that each comes after those it is bound to, else in the order of the file.

    Raises ArchiveRefused for a member bound to itself, to one that is not there, or in a circle.
    """
    known = {member["name"]: member for member in members}
    for member in members:
        for other in needs(member):
            if other == member["name"]:
                raise _refused(f"{other} is bound to itself. Take that binding out.")
            if other not in known:
                offered = ", ".join(known)
                raise _refused(f"{member['name']} is bound to {other}, which is no member. The members: {offered}.")
    done: list[Member] = []
    left = list(members)
    while left:
        names = {member["name"] for member in done}
        following = next((member for member in left if set(needs(member)) <= names), None)
        if following is None:
            raise _refused(f"Members are bound in a circle: {' → '.join(_circle(left))}. Take one binding out.")
        done.append(following)
        left.remove(following)
    return done


def _circle(members: Sequence[Member]) -> list[str]:
    """Give the names of a circle; each of the members needs another one of them."""
    known = {member["name"]: member for member in members}
    path = [members[0]["name"]]
    while True:
        following = next(name for name in needs(known[path[-1]]) if name in known)
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def plan_of(member: Member, plan: str) -> str:
    """Give the member's own plan for a plan of the stack."""
    return str((member.get("plan") or {}).get(plan) or plan)


def chosen(members: Sequence[Member], without: Iterable[str]) -> list[Member]:
    """Give the members in order, without those left out; bindings to these are left out too.

    Raises ValueError with a sentence for a name that is no member, or a member that is needed.
    """
    left_out = set(without)
    for name in sorted(left_out):
        member = next((m for m in members if m["name"] == name), None)
        if member is None:
            raise ValueError(f"{name} is no member. The members: {', '.join(m['name'] for m in members)}.")
        if not member.get("optional"):
            raise ValueError(f"{name} cannot be left out.")
    kept: list[Member] = [
        {**m, "bindings": [b for b in m.get("bindings") or [] if b["member"] not in left_out]}
        for m in in_order(members)
        if m["name"] not in left_out
    ]
    if not kept:
        raise ValueError("Keep at least one member.")
    return kept


def check(definition: Mapping[str, Any], packages: Mapping[str, PackageFacts]) -> None:
    """Give nothing when the stack fits the packages; raise NotOffered or ArchiveRefused with a sentence otherwise."""
    missing = sorted({m["package"] for m in definition["members"]} - set(packages))
    if missing:
        raise NotOffered(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not published.")
    of = {member["name"]: packages[member["package"]] for member in definition["members"]}
    for member in definition["members"]:
        package = packages[member["package"]]
        for plan in definition["plans"]:
            wanted = plan_of(member, plan["name"])
            if wanted not in package.plans:
                offered = ", ".join(package.plans) or "none"
                raise _refused(f"{member['name']}: {member['package']} has no plan {wanted}. Its plans: {offered}.")
        for binding in member.get("bindings") or []:
            if not of[binding["member"]].publishes_binding:
                raise _refused(f"{member['name']} is bound to {binding['member']}, which publishes no credentials.")
            if not _has(package, binding["path"]):
                raise _refused(f"{member['name']}: {member['package']} has no value {binding['path']} to bind with.")


def _has(package: PackageFacts, path: str) -> bool:
    if find(package.values, path, _ABSENT) is not _ABSENT:
        return True
    return any(list(keys) == keys_of(path) for keys, _ in properties(package.schema))


def bound(values: Mapping[str, Any], member: Member, secrets: Mapping[str, str]) -> dict[str, Any]:
    """Give the values with the name of the other members' Secrets at the paths of the member's bindings."""
    result = dict(values)
    for binding in member.get("bindings") or []:
        result = put(result, binding["path"], secrets[binding["member"]])
    return result

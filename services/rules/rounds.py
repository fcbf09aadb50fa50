"""A guided change of size: in which rounds nodes come and go, and what is run before and after each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from services.rules import commands
from services.rules.commands import Place, Task, Workload
from services.rules.connection import expand

Object = Mapping[str, Any]
SETTLE_SECONDS = 15 * 60  # what a round may take beside its commands


@dataclass(frozen=True)
class Live:
    """A workload as it is now. `pods` are in the order in which they would be taken away, the first one last."""

    kind: str
    replicas: int
    pods: tuple[str, ...]
    first_ordinal: int = 0
    claims: tuple[str, ...] = ()  # names of its claim templates


@dataclass(frozen=True)
class Round:
    """One step of size: commands, a change of the number, commands.

    `numbers` are values laid over the wanted ones for this apply only. A round whose `applies` is False was applied by
    an earlier operation that did not come to its end; one that is `late` needs no apply but the operation's own.
    """

    name: str
    title: str
    path: str
    workload: str
    kind: str
    before: int
    after: int
    leaving: tuple[str, ...]
    joining: tuple[str, ...]
    numbers: dict[str, Any]
    first: tuple[Task, ...]
    then: tuple[Task, ...]
    claims: tuple[str, ...]
    applies: bool = True
    late: bool = False

    @property
    def shrinks(self) -> bool:
        """Give whether pods go."""
        return self.after < self.before

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Give the round's steps as (name, title), in their order."""
        return [
            *((task.step, task.title) for task in self.first),
            *([(f"{self.name}-apply", self._change())] if self.applies and not self.late else []),
            *([(f"{self.name}-settle", self._wait())] if not self.late else []),
            *((task.step, task.title) for task in self.then),
            *([(f"{self.name}-claims", f"Delete the volumes of {self._who()}")] if self.claims else []),
        ]

    @property
    def seconds(self) -> int:
        """Give how long it may take."""
        tasks = sum(task.seconds * max(len(task.pods), 1) for task in (*self.first, *self.then))
        return tasks + SETTLE_SECONDS

    def _change(self) -> str:
        return f"{'Take away' if self.shrinks else 'Add'} {self._who()}"

    def _wait(self) -> str:
        return f"Wait until {self._who()} {'left' if self.shrinks else 'joined'} and the rest works"

    def _who(self) -> str:
        """Give the names of who comes or goes; only a StatefulSet knows those to come."""
        count = abs(self.after - self.before)
        names = self.leaving or self.joining
        return ", ".join(names) if 0 < len(names) <= 3 else "1 pod" if count == 1 else f"{count} pods"

    def as_dict(self) -> dict[str, Any]:
        """Give it as data."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Round:
        """Give it back from data."""
        tasks = {key: tuple(Task.of(task) for task in data[key]) for key in ("first", "then")}
        lists = {key: tuple(data[key]) for key in ("leaving", "joining", "claims")}
        return cls(**{**data, **tasks, **lists})


def is_guided(scaling: Sequence[Mapping[str, Any]]) -> bool:
    """Give whether a change of size may need commands."""
    return any("guided" in (entry.get("in"), entry.get("out")) for entry in scaling)


def workload_of(entry: Mapping[str, Any], definition: Mapping[str, Any], release: str) -> str:
    """Give the name of the workload whose pods an entry of scaling counts."""
    return expand(str(entry.get("workload") or "{fullname}"), commands.facts_of(definition, release))


def live(obj: Object, pods: Sequence[Object]) -> Live:
    """Give what a workload is now; a StatefulSet's pods have their names by number, others the ones they have."""
    spec = obj.get("spec") or {}
    replicas = int(spec.get("replicas", 1))
    if obj.get("kind") == "StatefulSet":
        first = int((spec.get("ordinals") or {}).get("start") or 0)
        name = obj["metadata"]["name"]
        claims = tuple(t["metadata"]["name"] for t in spec.get("volumeClaimTemplates") or [])
        return Live("StatefulSet", replicas, _numbered(name, first, replicas), first, claims)
    ordered = sorted(pods, key=lambda p: (str(p["metadata"].get("creationTimestamp")), p["metadata"]["name"]))
    return Live(str(obj.get("kind")), replicas, tuple(p["metadata"]["name"] for p in ordered))


def _numbered(name: str, first: int, count: int) -> tuple[str, ...]:
    return tuple(f"{name}-{number}" for number in range(first, first + count))


def plan(
    definition: Mapping[str, Any],
    scaling: Sequence[Mapping[str, Any]],
    release: str,
    namespace: str,
    now: Mapping[str, Live],
    wanted: Mapping[str, int],
    worked: Mapping[str, int] | None = None,
) -> list[Round]:
    """Give the rounds from the numbers of pods that workloads have now to the wanted ones; those that shrink first.

    `scaling` are the definition's entries in force. Both numbers are by the workload's name; one that is in only one of
    them does not change its size here. `worked` are the values of the last revision that worked, by path: pods beyond
    these numbers have never been part of it.
    """
    entries = [
        (entry, name)
        for entry in scaling
        if (name := workload_of(entry, definition, release)) in now and name in wanted
    ]
    moving = [(entry, name) for entry, name in entries if _is_guided_move(entry, now[name].replicas, wanted[name])]
    moving.sort(key=lambda one: wanted[one[1]] > now[one[1]].replicas)
    sizes = {name: wanted.get(name, now[name].replicas) for name in now}
    place = Place(release, namespace, commands.workloads(definition, release), sizes=sizes)
    numbers = {entry["path"]: now[name].replicas for entry, name in moving}
    found: list[Round] = []
    for entry, name in moving:
        before, goal = now[name].replicas, wanted[name]
        for after in _stops(before, goal, bool(entry.get("oneAtATime"))):
            numbers = {**numbers, entry["path"]: after}
            proven = (worked or {}).get(entry["path"], before)
            found.append(_round(f"r{len(found) + 1}", entry, name, now[name], (before, after), numbers, place, proven))
            before = after
    if found and not found[-1].shrinks:
        found[-1] = replace(found[-1], late=True)
    return found


def _is_guided_move(entry: Mapping[str, Any], before: int, after: int) -> bool:
    return before != after and entry.get("in" if after < before else "out") == "guided"


def _stops(before: int, goal: int, one_at_a_time: bool) -> list[int]:
    if not one_at_a_time:
        return [goal]
    return list(range(before - 1, goal - 1, -1)) if goal < before else list(range(before + 1, goal + 1))


def _round(
    name: str,
    entry: Mapping[str, Any],
    workload: str,
    live: Live,
    change: tuple[int, int],
    numbers: Mapping[str, Any],
    place: Place,
    proven: int,
) -> Round:
    before, after = change
    pods = live.pods
    if live.kind == "StatefulSet":
        pods = _numbered(workload, live.first_ordinal, before)
    shrinks = after < before
    leaving = tuple(reversed(pods[after:before])) if shrinks else ()
    joining: tuple[str, ...] = ()
    if after > before and live.kind == "StatefulSet":
        joining = _numbered(workload, live.first_ordinal, after)[before:]
    here = Place(
        place.release, place.namespace, place.workloads, entry["component"],
        (*pods[:before], *joining),
        leaving, joining, pods[proven:before], {**place.sizes, workload: after},
    )  # fmt: skip
    left = replace(here, pods=tuple(pod for pod in here.pods if pod not in leaving))
    confirm = {entry["confirm"]: True} if shrinks and entry.get("confirm") else {}
    return Round(
        name=name,
        title=str(entry.get("title") or entry["component"]),
        path=entry["path"],
        workload=workload,
        kind=live.kind,
        before=before,
        after=after,
        leaving=leaving,
        joining=joining,
        numbers={**numbers, **confirm},
        first=tuple(commands.tasks(f"{name}-b", entry.get("beforeIn") or [], here)) if shrinks else (),
        then=tuple(commands.tasks(f"{name}-a", entry.get("afterIn" if shrinks else "afterOut") or [], left)),
        claims=tuple(f"{t}-{pod}" for pod in leaving for t in live.claims) if entry.get("deleteClaims") else (),
    )


def left_over(
    rounds: Sequence[Round], states: Mapping[str, str], now: Mapping[str, Live], wanted: Mapping[str, int]
) -> list[Round]:
    """Give what an operation that did not come to its end left to do: the rounds it applied, without what it did.

    `states` are those of its steps. A round that added pods counts only while they are still wanted.
    """
    found: list[Round] = []
    for one in rounds:
        names = [*(task.step for task in one.then), *([f"{one.name}-claims"] if one.claims else [])]
        if all(states.get(name) == "done" for name in names) or not _was_applied(one, states, now):
            continue
        if one.shrinks or not one.workload or one.after <= wanted.get(one.workload, 0):
            found.append(_carried(one, len(found) + 1, states))
    return found


def _was_applied(one: Round, states: Mapping[str, str], now: Mapping[str, Live]) -> bool:
    """Give whether a round changed the number: by its own account, or by what is there after it had begun to."""
    if not one.applies:
        return bool(one.workload)  # the commands after an upgrade are found anew
    state = states.get("apply" if one.late else f"{one.name}-apply", "pending")
    if state in ("done", "pending") or one.workload not in now:
        return state == "done"
    if any(states.get(task.step) != "done" for task in one.first):
        return False  # whoever lowered the number did so without moving anything
    replicas = now[one.workload].replicas
    return replicas <= one.after if one.shrinks else replicas >= one.after


def _carried(one: Round, number: int, states: Mapping[str, str]) -> Round:
    name = f"c{number}"
    then = [task for task in one.then if states.get(task.step) != "done"]
    renamed = tuple(replace(task, step=f"{name}-a-{index}") for index, task in enumerate(then))
    claims = () if states.get(f"{one.name}-claims") == "done" else one.claims
    return replace(one, name=name, first=(), then=renamed, claims=claims, applies=False, late=not one.shrinks)


def after_upgrade(tasks: Sequence[Task]) -> Round:
    """Give the commands that follow an upgrade as a round of their own."""
    return Round("u", "", "", "", "", 0, 0, (), (), {}, (), tuple(tasks), (), applies=False, late=True)


__all__ = ["Live", "Round", "Workload", "after_upgrade", "is_guided", "left_over", "live", "plan", "workload_of"]

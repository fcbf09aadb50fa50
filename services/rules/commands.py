"""The commands of a package, ready to be run: in which pods, with which words, as which steps. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from services.rules.connection import expand

SECONDS = 600  # as the schema of package.yaml says
_WORD = re.compile(r"(?<!\$)\{(release|namespace|replicas|leaving)\}")  # a shell's ${release} is its own
_POD = re.compile(r"(?<!\$)\{pod\}")


@dataclass(frozen=True)
class Workload:
    """A StatefulSet or Deployment that a package speaks of, and the container its commands run in."""

    component: str
    name: str
    title: str
    container: str = ""


@dataclass(frozen=True)
class Place:
    """Where commands run: the workload they are about, who comes and goes, and what their words stand for.

    `pods` are all its pods where they are known before; `joining` ones only for a StatefulSet.
    """

    release: str
    namespace: str
    workloads: tuple[Workload, ...]
    component: str = ""
    pods: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    joining: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()  # pods that were never part of a service that worked
    sizes: Mapping[str, int] = field(default_factory=dict)  # pods by workload, once it is done

    def workload_of(self, component: str) -> Workload:
        """Give the workload of a component; the one this is about, else the first, when none is named."""
        wanted = component or self.component
        found = [w for w in self.workloads if w.component == wanted] or list(self.workloads)
        return found[0] if found else Workload("", self.release, self.release)


@dataclass(frozen=True)
class Task:
    """One step: a command and the pods it runs in. Without pods they are found when its turn comes, but `others`."""

    step: str
    title: str
    on: str
    workload: str
    container: str
    command: tuple[str, ...]
    seconds: int
    pods: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()  # when one of these does not run, there is nothing to do in it

    def as_dict(self) -> dict[str, Any]:
        """Give it as data."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Task:
        """Give it back from data."""
        lists: dict[str, Any] = {key: tuple(data.get(key, ())) for key in ("command", "pods", "others", "unproven")}
        return cls(**{**data, **lists})

    def words_for(self, pod: str) -> list[str]:
        """Give program and arguments for one pod."""
        return [_POD.sub(lambda _: pod, word) for word in self.command]


def workloads(definition: Mapping[str, Any], release: str) -> tuple[Workload, ...]:
    """Give the workloads that nodes and scaling name; nodes come first, and say which container."""
    facts = facts_of(definition, release)
    found: dict[str, Workload] = {}
    for entry in definition.get("nodes") or []:
        name = expand(entry["workload"], facts)
        found[entry["component"]] = Workload(entry["component"], name, entry["title"], entry.get("container", ""))
    for entry in definition.get("scaling") or []:
        name = expand(str(entry.get("workload") or "{fullname}"), facts)
        title = entry.get("title") or entry["component"]
        found.setdefault(entry["component"], Workload(entry["component"], name, title))
    return tuple(found.values())


def facts_of(definition: Mapping[str, Any], release: str) -> dict[str, str]:
    """Give what {release} and {fullname} stand for."""
    fullname = expand(str(definition.get("fullname") or "{release}"), {"release": release})
    return {"release": release, "fullname": fullname}


def tasks(prefix: str, commands: Sequence[Mapping[str, Any]], place: Place) -> list[Task]:
    """Give the steps of some commands: one a pod where the title names the pod and pods are known, else one each."""
    found: list[Task] = []
    for number, entry in enumerate(commands):
        pods = _pods(entry, place)
        alone = "{pod}" in entry["title"] and entry["pods"] != "one"
        for index, some in enumerate([(pod,) for pod in pods] if alone and pods else [pods]):
            found.append(_task(f"{prefix}-{number}-{index}", entry, place, some))
    return found


def _task(step: str, entry: Mapping[str, Any], place: Place, pods: tuple[str, ...]) -> Task:
    workload = place.workload_of(str(entry.get("component") or ""))
    known = {
        "release": place.release, "namespace": place.namespace, "replicas": str(place.sizes.get(workload.name, "")),
        "leaving": ",".join(place.leaving),
    }  # fmt: skip
    words = tuple(_WORD.sub(lambda found: known[found[1]], word) for word in entry["command"])
    shown = pods[0] if len(pods) == 1 and entry["pods"] != "one" else workload.name
    return Task(
        step=step,
        title=entry["title"].replace("{pod}", shown),
        on=entry["pods"],
        workload=workload.name,
        container=str(entry.get("container") or workload.container),
        command=words,
        seconds=int(entry.get("timeoutSeconds") or SECONDS),
        pods=pods,
        others=_others(entry, place),
        unproven=tuple(pod for pod in pods if pod in place.unproven),
    )


def _is_elsewhere(entry: Mapping[str, Any], place: Place) -> bool:
    """Give whether a command runs in pods of another component than the one that changes."""
    component = str(entry.get("component") or "")
    return bool(component and place.component and component != place.component)


def _pods(entry: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    if entry["pods"] == "leaving":
        return place.leaving
    if entry["pods"] == "joining":
        return place.joining
    if entry["pods"] == "one" or _is_elsewhere(entry, place):
        return ()
    return tuple(pod for pod in place.pods if entry["pods"] == "each" or pod not in (*place.leaving, *place.joining))


def _others(entry: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    """Give the pods in which a command does not run although they are the workload's."""
    if _is_elsewhere(entry, place) or entry["pods"] == "each":
        return ()
    return place.pods if entry["pods"] == "joining" else place.leaving


def choose(task: Task, pods: Sequence[tuple[str, bool]]) -> list[str]:
    """Give the pods to run in, of those that are there as (name, ready), when they were not known before."""
    there = [(name, ready) for name, ready in pods if name not in task.others]
    if task.on == "one":
        return [name for name, ready in there if ready][:1]
    return [name for name, _ in there]

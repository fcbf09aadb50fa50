"""Guided changes of size: the package's own commands before nodes leave and after they came or went, round by round.

Nothing is taken away before its commands have succeeded. What is done is kept as the steps of the operation, so that
another worker goes on where a lost one was, and another operation does what a failed one left undone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import NotFound
from anywhere.gateways.helm import Release
from anywhere.gateways.kubernetes import Object, Ref
from anywhere.operations.errors import OperationFailed
from anywhere.operations.run import Run
from catalog.rules.values import find, put
from services import selectors
from services.models import Service
from services.operations import commands, recovery
from services.operations.desired import Desired
from services.operations.settle import ways_on
from services.rules import conditions, upgrades
from services.rules import rounds as rules
from services.rules.commands import Place, tasks, workloads
from services.rules.rounds import Live, Round

GONE_SECONDS = 120.0  # beyond the grace that pods have
CLAIMS_SECONDS = 60.0
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def prepare(
    run: Run,
    service: Service,
    wanted: Desired,
    gateways: Gateways,
    newest: Release | None,
    rendered: Sequence[Object] | None,
) -> None:
    """Find out, once an operation, in which rounds it is carried out; they are noted and shown as steps."""
    if "rounds" in run.remembers or newest is None:
        return
    now, goal = _sizes(service, wanted, gateways, rendered)
    sized = [*_left_over(run, now, goal), *_rounds(service, wanted, now, goal)]
    found = [*sized, *_after_upgrade(service, wanted, gateways, changes_size=bool(sized))]
    if not found:
        return
    if any(one.first or one.then for one in found):
        commands.check_right(run, gateways, service.namespace)
    run.remember(rounds=[one.as_dict() for one in found])


def claims_lost(
    service: Service, wanted: Desired, gateways: Gateways, rendered: Sequence[Object]
) -> list[tuple[str, str]]:
    """Give (pod, claim) of the volumes that a change of size deletes once the pods have left."""
    rounds = _rounds(service, wanted, *_sizes(service, wanted, gateways, rendered))
    return [(pod, claim) for one in rounds for pod in one.leaving for claim in one.claims if claim.endswith(f"-{pod}")]


def early(run: Run) -> list[Round]:
    """Give the rounds before the operation's own apply, their steps shown and their time allowed."""
    everything = _noted(run)
    if everything:
        run.allow(sum(one.seconds for one in everything))
    for one in everything:
        run.insert_steps(one.steps, before="binding" if one.late else "apply")
    return [one for one in everything if not one.late]


def late(run: Run) -> list[Round]:
    """Give the rounds whose commands follow when everything works."""
    return [one for one in _noted(run) if one.late]


def _noted(run: Run) -> list[Round]:
    return [Round.of(data) for data in run.remembers.get("rounds") or []]


def _scaling(wanted: Desired) -> list[Mapping[str, Any]]:
    return conditions.scaling(wanted.version.definition, wanted.merged)


def _sizes(
    service: Service, wanted: Desired, gateways: Gateways, rendered: Sequence[Object] | None
) -> tuple[dict[str, Live], dict[str, int]]:
    """Give the workloads that a guided scaling counts as they are now, and the numbers of pods they should have."""
    definition, scaling = wanted.version.definition, _scaling(wanted)
    if not rules.is_guided(scaling):
        return {}, {}
    objects = gateways.helm.template(wanted.request()) if rendered is None else rendered
    goal = {
        obj["metadata"]["name"]: int(replicas)
        for obj in objects
        if obj.get("kind") in commands.KINDS
        and (replicas := (obj.get("spec") or {}).get("replicas")) is not None  # else something else scales it
    }
    now: dict[str, Live] = {}
    for entry in scaling:
        name = rules.workload_of(entry, definition, service.name)
        obj = commands.find_workload(gateways.kubernetes, service.namespace, name)
        if obj is not None:
            is_set = obj["kind"] == "StatefulSet"
            pods = [] if is_set else commands.pods_of(gateways.kubernetes, service.namespace, name)
            now[name] = rules.live(obj, pods)
    return now, goal


def _rounds(service: Service, wanted: Desired, now: Mapping[str, Live], goal: Mapping[str, int]) -> list[Round]:
    return rules.plan(
        wanted.version.definition,
        _scaling(wanted),
        service.name,
        service.namespace,
        now,
        goal,
        _worked(service, wanted) if now else {},
    )


def _worked(service: Service, wanted: Desired) -> dict[str, int]:
    """Give the numbers of the last revision that worked, by path: nodes beyond them have nothing to move."""
    values = selectors.worked_values(service)
    found = {entry["path"]: find(values, entry["path"]) for entry in _scaling(wanted)}
    return {path: number for path, number in found.items() if isinstance(number, int)}


def _left_over(run: Run, now: Mapping[str, Live], goal: Mapping[str, int]) -> list[Round]:
    """Give what the last guided operation on this service has left undone."""
    before = recovery.operations_of(run).exclude(pk=run.operation.pk).filter(memory__has_key="rounds")
    last = before.order_by("-created_at").first()
    if last is None or last.state == "succeeded":
        return []
    states = {step["name"]: step["state"] for step in last.steps}
    return rules.left_over([Round.of(data) for data in last.memory["rounds"]], states, now, goal)


def _after_upgrade(service: Service, wanted: Desired, gateways: Gateways, changes_size: bool) -> list[Round]:
    """Give the commands that follow the way from the version that worked last to this one."""
    entries = conditions.in_force(service.version.definition.get("upgrades"), wanted.merged)
    if not any(entry.get("after") for entry in entries):
        return []
    old = selectors.worked_values(service)
    following = upgrades.commands_after(entries, old, wanted.merged)
    if changes_size:  # then the pods are found when their turn comes
        place = Place(service.name, service.namespace, workloads(service.version.definition, service.name))
        found = tasks("u", following, place)
    else:
        found = commands.plan(gateways.kubernetes, service, "u", following)
    return [rules.after_upgrade(found)] if found else []


# carrying out


def values_of(wanted: Desired, one: Round) -> Desired:
    """Give the release as a round applies it: its numbers, and the confirmation for this one time."""
    values: dict[str, Any] = wanted.values
    for path, value in one.numbers.items():
        values = put(values, path, value)
    return replace(wanted, values=values)


def before(run: Run, gateways: Gateways, namespace: str, one: Round) -> None:
    """Run what has to succeed before nodes leave."""
    kept = f"Nothing was taken away: {_count(one.before, one)}."
    run.left = kept
    back = {"action": "change", "title": f"Stay at {one.before}", "detail": f"Set {one.title} back to {one.before}."}
    commands.carry_out(run, gateways, namespace, one.first, kept, _ways(run, back))
    if one.kind == "Deployment" and not run.is_done(f"{one.name}-apply"):
        for pod in one.leaving:  # so that these are the ones that go
            with suppress(NotFound):
                patch = {"metadata": {"annotations": {DELETION_COST: "-1000"}}}
                gateways.kubernetes.patch(Ref("v1", "Pod", pod, namespace), patch)


def wait_until_gone(run: Run, gateways: Gateways, namespace: str, one: Round) -> None:
    """Return when no pod that leaves is there any more."""
    step = f"{one.name}-settle"
    end = time.monotonic() + GONE_SECONDS
    while True:
        there = [p for name in one.leaving if (p := gateways.kubernetes.find(Ref("v1", "Pod", name, namespace)))]
        if not there:
            run.detail(step, "")
            return
        names = ", ".join(p["metadata"]["name"] for p in there)
        grace = max(int(p["metadata"].get("deletionGracePeriodSeconds") or 0) for p in there)
        if time.monotonic() > end + grace:
            raise OperationFailed(
                f"{names} was told to end and is still there. Perhaps its node does not answer.",
                code="scale.pod_stays",
                title=f"{names} does not end",
                whose="cluster",
                kept="Its data had been moved before. Its volumes are kept.",
                next=_ways(run),
            )
        run.detail(step, f"{names} is ending")
        run.sleep(0.5)


def after(run: Run, gateways: Gateways, namespace: str, one: Round) -> None:
    """Run what follows when nodes came or went, then delete the volumes that must not be found again."""
    kept = f"The change itself is done: {_count(one.after, one)}." if one.workload else "The new version runs."
    run.left = f"{kept} What follows it was left out; a retry makes up for it." if one.then or one.claims else run.left
    commands.carry_out(run, gateways, namespace, one.then, kept, _ways(run))
    if one.claims and not run.is_done(f"{one.name}-claims"):
        with run.step(f"{one.name}-claims"):
            _delete_claims(run, gateways, namespace, one)


def _delete_claims(run: Run, gateways: Gateways, namespace: str, one: Round) -> None:
    for pod in one.leaving:
        if gateways.kubernetes.find(Ref("v1", "Pod", pod, namespace)) is not None:
            run.log(f"{pod} is there again, so its volumes are left alone.", level="warning", step=f"{one.name}-claims")
            return
    refs = [Ref("v1", "PersistentVolumeClaim", name, namespace) for name in one.claims]
    for ref in refs:
        if gateways.kubernetes.delete(ref):
            run.log(f"Deleted the volume {ref.name}: its data had been moved before.", step=f"{one.name}-claims")
    end = time.monotonic() + CLAIMS_SECONDS
    while [ref for ref in refs if gateways.kubernetes.find(ref) is not None] and time.monotonic() < end:
        run.sleep(0.5)


def _count(number: int, one: Round) -> str:
    return f"{one.title} still {number}" if number == one.before else f"{one.title} now {number}"


def _ways(run: Run, *first: dict[str, str]) -> list[dict[str, str]]:
    retry = {"action": "retry", "title": "Retry", "detail": "Runs the command again and goes on from there."}
    return ways_on(run.operation.kind, [retry, *first])

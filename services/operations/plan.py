"""The plan before a change: what is live beside what would be, object by object, asked of the cluster by dry run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from anywhere.clusters.connection import access_of
from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import Conflict, Forbidden, GatewayError, Invalid, InvalidChart, NotFound
from anywhere.gateways.kubernetes import Object, Ref
from anywhere.lib import redact
from anywhere.operations.registry import handler
from anywhere.operations.run import Run
from catalog.models import Version
from services import selectors
from services.models import Service
from services.operations import desired, guided
from services.operations.desired import Desired
from services.operations.growth import HELM_MANAGER
from services.operations.preflight import render_for
from services.rules import changes, demands, refusals


@handler("plan", steps=(("compare", "Compare"),), deadline_seconds=90, is_question=True)
def plan(run: Run) -> None:
    """Answer with {changes, refusals, summary} of the change asked about; nothing is touched."""
    asked = run.input
    service = Service.objects.select_related("cluster", "version", "package").get(pk=asked["service"])
    version = Version.objects.get(pk=asked["version"])
    run.secrets |= {str(s) for s in (*(service.secrets or {}).values(), *asked["secrets"].values()) if s}
    before = desired.of(service)
    after = desired.build(
        name=service.name, namespace=service.namespace, version=version, plan=asked["plan"],
        values=asked["values"], secrets=asked["secrets"],
    )  # fmt: skip
    with run.step("compare"):
        refused = guard_refusals(before, after, selectors.ran_values(service))
        found: list[changes.Change] = []
        if not refused:
            with run.connect(access_of(service.cluster)) as gateways:
                found, refused = compare(service, after, gateways)
    run.result = {
        "changes": [redact.data(change.as_dict(), run.secrets) for change in found],
        "refusals": refused,
        "summary": "This change is refused." if refused else changes.summary(found),
    }


def guard_refusals(before: Desired, after: Desired, ran: Mapping[str, Any]) -> list[dict[str, str]]:
    """Give what the package says against going from one to the other, where `ran` is what ran last."""
    return [
        _refusal(r.code, r.detail, r.way, r.path)
        for r in refusals.every(after.version.definition, before.version.definition, before.merged, after.merged, ran)
    ]


def _refusal(code: str, detail: str, way: str = "", path: str = "") -> dict[str, str]:
    return {"code": code, "detail": detail, "way": way, "path": path}


def compare(
    service: Service, after: Desired, gateways: Gateways
) -> tuple[list[changes.Change], list[dict[str, str]]]:  # fmt: skip
    """Give the changes from what is live to what would be, and the refusals of the cluster."""
    try:
        rendered = gateways.helm.template(after.request(), **render_for(service.cluster))
    except InvalidChart as exc:
        return [], [_refusal(exc.code, exc.detail)]
    wanted = [o for o in rendered if not demands.is_hook(o)]
    live = _live(gateways, wanted, service.namespace)
    growing, refused = changes.growths(live, wanted, service.namespace)
    answers = [_refusal("guard.no-decrease", why) for why in refused]
    grown = {g.statefulset for g in growing}
    found = []
    for obj in wanted:
        key = changes.key_of(obj, service.namespace)
        if key not in live:
            found.append(changes.created(obj, service.namespace))
            continue
        change = _compare_one(gateways, live[key], obj, service.namespace, key[2] in grown)
        if change is not None:
            found.append(change)
            if change.refused:
                answers.append(_refusal("cluster.invalid", change.effect))
    found += _removed(gateways, service, wanted)
    with suppress(Forbidden):  # then neither could be scaled
        lost = guided.claims_lost(service, after, gateways, wanted)
        found += [changes.claim_deleted(claim, pod, service.namespace) for pod, claim in lost]
    return found, answers


def _live(gateways: Gateways, wanted: Sequence[Object], namespace: str) -> dict[changes.Key, Object]:
    live = {}
    for obj in wanted:
        try:
            found = gateways.kubernetes.find(Ref.of(obj, namespace))
        except Forbidden:
            found = None
        if found is not None:
            live[changes.key_of(obj, namespace)] = found
    return live


def _compare_one(
    gateways: Gateways, live: Mapping[str, Any], obj: Object, namespace: str, grows: bool
) -> changes.Change | None:
    """Give the change of one object; the cluster itself says by dry run what it would be after defaulting."""
    sent = _in_namespace(gateways, obj, namespace)
    if grows:
        return changes.changed(live, _overlay(live, sent), namespace)
    try:
        result = gateways.kubernetes.apply(sent, field_manager=HELM_MANAGER, dry_run=True, force=True)
    except (Invalid, Conflict) as exc:
        return changes.changed(live, sent, namespace, refused=exc.detail)
    except GatewayError as exc:
        if exc.retryable:
            raise
        return changes.changed(live, _overlay(live, sent), namespace)
    return changes.changed(live, result, namespace)


def _in_namespace(gateways: Gateways, obj: Object, namespace: str) -> Object:
    try:
        namespaced = gateways.kubernetes.is_namespaced(obj["apiVersion"], obj["kind"])
    except NotFound:
        namespaced = True
    if not namespaced:
        return obj
    return {**obj, "metadata": {"namespace": namespace, **(obj.get("metadata") or {})}}


def _overlay(live: Any, wanted: Any) -> Any:
    """Give the live data with the wanted laid over it: for objects a dry run cannot answer for."""
    if isinstance(live, Mapping) and isinstance(wanted, Mapping):
        return {k: _overlay(live.get(k), wanted[k]) if k in wanted else live[k] for k in {**live, **wanted}}
    return wanted


def _removed(gateways: Gateways, service: Service, wanted: Sequence[Object]) -> list[changes.Change]:
    keys = {changes.key_of(obj, service.namespace) for obj in wanted}
    try:
        before = gateways.helm.manifest(service.name, service.namespace)
    except NotFound:
        return []
    return [changes.deleted(o, service.namespace) for o in before if changes.key_of(o, service.namespace) not in keys]

"""Install, change, scale, roll back, retry: all bring about what the service row asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from anywhere.clusters.connection import access_of
from anywhere.clusters.models import Cluster
from anywhere.clusters.rules.findings import Finding
from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import Conflict, GatewayError, InvalidChart, ReleaseBusy, Stopped
from anywhere.gateways.helm import Release
from anywhere.gateways.kubernetes import Object, Ref
from anywhere.operations.errors import Cancelled, OperationFailed, TryAgainLater
from anywhere.operations.registry import handler
from anywhere.operations.run import Run
from services.errors import Gone
from services.models import Revision, Service, ServiceState
from services.operations import binding, desired, growth, guided, preflight, recovery
from services.operations.desired import Desired
from services.operations.observe import look
from services.operations.settle import settle, ways_on
from services.operations.unstick import start_again

STEPS = (
    ("preflight", "Check that it fits"),
    ("namespace", "Prepare the namespace"),
    ("apply", "Apply"),
    ("settle", "Wait until it works"),
    ("binding", "Publish the address"),
)
DEADLINE_SECONDS = 30 * 60
HELM_SECONDS = 240


def bring_about(run: Run) -> None:
    """Carry out the desired state of the operation's service; Gone when it was uninstalled before its turn came."""
    service = _service(run)
    if service.state == ServiceState.UNINSTALLED:
        raise Gone(f"{service.name} was uninstalled. Install it again.")
    with recovery.waking(run, service.cluster):
        _bring_about(run, service)


for _kind in ("install", "change", "scale", "rollback", "retry"):
    handler(_kind, steps=STEPS, deadline_seconds=DEADLINE_SECONDS, verifies=True)(bring_about)


def _bring_about(run: Run, service: Service) -> None:
    desired.ensure_secrets(run, service)
    wanted = desired.of(service)
    run.secrets |= set(wanted.secret_values)
    with run.connect(access_of(service.cluster)) as gateways:
        newest = recovery.ready_for_helm(run, gateways, service.name, service.namespace)
        run.confirm()
        run.left = _left_before(newest)
        rendered = _check(run, service, wanted, gateways, newest)
        with run.step("namespace"):
            ensure_namespace(run, gateways, service.cluster, service.namespace)
        try:
            newest = _early_rounds(run, service, wanted, gateways, newest, rendered)
            release = _apply(run, service, wanted, gateways, newest, rendered)
            manifest = gateways.helm.manifest(service.name, service.namespace)
            with run.step("settle"):
                if run.operation.kind == "retry" and not run.remembers.get("started_again"):
                    run.remember(started_again=True)
                    start_again(run, gateways, look(gateways.kubernetes, manifest, service.namespace, events=False))
                settle(run, gateways, manifest, service.namespace)
            for one in guided.late(run):
                guided.after(run, gateways, service.namespace, one)
            with run.step("binding"):
                _publish(run, service, release, binding.read(service, gateways, manifest))
        except (OperationFailed, Cancelled, Stopped):
            if any(run.is_done(step["name"]) for step in run.steps if step["name"].endswith("apply")):
                _record_failure(run, service)
            raise
    run.result = {"revision": release.revision, "version": service.version.version, "plan": service.plan}


def _early_rounds(
    run: Run,
    service: Service,
    wanted: Desired,
    gateways: Gateways,
    newest: Release | None,
    rendered: list[Object] | None,
) -> Release | None:
    """Give the newest revision after the rounds in which nodes come or go before everything else is applied."""
    for one in guided.early(run):
        name, step = service.namespace, f"{one.name}-settle"
        guided.before(run, gateways, name, one)
        if one.applies and not run.is_done(f"{one.name}-apply"):
            newest = _apply(run, service, guided.values_of(wanted, one), gateways, newest, rendered, one.name)
        if not run.is_done(step):
            with run.step(step):
                if one.applies:
                    settle(run, gateways, gateways.helm.manifest(service.name, name), name, step)
                guided.wait_until_gone(run, gateways, name, one)
        guided.after(run, gateways, name, one)
    return newest


def _service(run: Run) -> Service:
    related = ("cluster", "version", "package", "organization")
    return Service.objects.select_related(*related).get(pk=str(run.operation.subject_id))


def _check(
    run: Run, service: Service, wanted: Desired, gateways: Gateways, newest: Release | None
) -> list[Object] | None:
    """Give the objects that were rendered and fit, None when they were checked by an earlier attempt."""
    if recovery.already_done(run, newest) or run.remembers.get("checked") or "rounds" in run.remembers:
        run.skip("preflight", "done before")
        return None
    with run.step("preflight"):
        upgrade = newest is not None and preflight.is_ours(newest, service)
        try:
            objects = gateways.helm.template(wanted.request(), **preflight.render_for(service.cluster))
        except InvalidChart as exc:
            raise _does_not_fit(run, [Finding("error", exc.code, exc.title, exc.detail)]) from exc
        findings = preflight.findings(service.cluster, gateways, objects, wanted, upgrade=upgrade, owner=service)
        for finding in findings:
            level = {"error": "error", "warning": "warning"}.get(finding.level, "info")
            run.log(f"{finding.title}: {finding.detail} {finding.fix}", level=level, step="preflight")
        errors = [f for f in findings if f.level == "error"]
        if errors:
            raise _does_not_fit(run, errors)
        guided.prepare(run, service, wanted, gateways, newest, objects)
    return objects


UNTOUCHED = {
    "change": "Mend what is wrong and install.",
    "retry": "Check again, and install when it fits.",
    "uninstall": "Take it off the list; the cluster has nothing of it.",
}


def _does_not_fit(run: Run, errors: Sequence[Finding]) -> OperationFailed:
    first = errors[0]
    others = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
    kept, next_ways = "What ran before runs on unchanged.", ways_on(run.operation.kind)
    if run.operation.kind == "install":
        kept = "Nothing was applied."
        next_ways = [{**way, "detail": UNTOUCHED.get(way["action"], way["detail"])} for way in next_ways]
    return OperationFailed(
        f"{first.detail} {first.fix}{others}".strip(),
        code=first.code,
        title=first.title,
        whose="cluster" if first.code.startswith("preflight.forbidden") else "yours",
        kept=kept,
        next=next_ways,
    )


def ensure_namespace(run: Run, gateways: Gateways, cluster: Cluster, namespace: str) -> None:
    """Make the namespace when it is not there; wait while one of the name is being deleted."""
    if cluster.access_mode == "namespace" and cluster.namespace == namespace:
        return  # our account lives in it, and may not read it
    found = gateways.kubernetes.find(Ref("v1", "Namespace", namespace))
    if found is None:
        labels = {"app.kubernetes.io/managed-by": "anywhere"}
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
        try:
            gateways.kubernetes.create(body)
        except Conflict:
            return  # made by somebody else meanwhile
        run.log(f"Made the namespace {namespace}.", step="namespace")
    elif (found.get("metadata") or {}).get("deletionTimestamp"):
        raise TryAgainLater(f"The namespace {namespace} is being deleted.", 5)


def _apply(
    run: Run,
    service: Service,
    wanted: Desired,
    gateways: Gateways,
    newest: Release | None,
    rendered: list[Object] | None,
    part: str = "",
) -> Release:
    step = f"{part}-apply" if part else "apply"
    if newest is not None and recovery.already_done(run, newest, part):
        run.left = _left_after(newest, service)
        run.skip(step, f"revision {newest.revision} was applied before")
        return newest
    with run.step(step):
        if newest is not None:
            if rendered is None:
                try:
                    rendered = gateways.helm.template(wanted.request(), **preflight.render_for(service.cluster))
                except InvalidChart as exc:
                    raise _not_applied(run, exc) from exc
            growth.grow(run, gateways, access_of(service.cluster), rendered, service.namespace)
        try:
            seconds = int(min(HELM_SECONDS, max(run.seconds_left(), 10)))
            run.left = f"Applying had begun: some of its objects may be in {service.namespace}. {_way_back(newest)}"
            with recovery.applying(run, newest):
                release = gateways.helm.install_or_upgrade(wanted.request(recovery.mark(run, part), seconds))
        except ReleaseBusy as exc:  # somebody was faster by a moment
            raise TryAgainLater(exc.detail, 5) from exc
        except GatewayError as exc:
            if exc.retryable or exc.outcome_unknown or run.should_stop():
                raise
            raise _not_applied(run, exc) from exc
        run.left = _left_after(release, service)
        run.log(f"Applied as revision {release.revision}.", step=step)
        return release


def _left_before(newest: Release | None) -> str:
    if newest is None:
        return "Nothing was applied."
    return f"Revision {newest.revision} is left as it was ({newest.status})."


def _way_back(newest: Release | None) -> str:
    return "Uninstall removes them." if newest is None else "Retry to finish it, or roll back."


def _left_after(release: Release, service: Service) -> str:
    return f"Revision {release.revision} was applied to {service.namespace} and stays. Uninstall removes it."


def _not_applied(run: Run, exc: GatewayError) -> OperationFailed:
    return OperationFailed(
        exc.detail,
        code=exc.code,
        title=exc.title,
        whose=exc.whose,
        kept="What had been applied before is left as it is.",
        next=ways_on(run.operation.kind),
    )


def _publish(run: Run, service: Service, release: Release, found: Mapping[str, Any]) -> None:
    """Write binding, revision and what is applied now, in one fenced transaction; a repeated run writes it once."""
    with desired.locked(service), run.fenced():
        row = Service.objects.get(pk=service.pk)
        row.binding = dict(found)
        row.applied_generation = max(row.applied_generation, service.generation)
        row.release_revision = release.revision
        row.save(update_fields=["binding", "applied_generation", "release_revision"])
        record_revision(run, service)


def _record_failure(run: Run, service: Service) -> None:
    """Write what was applied and did not come to its end as a revision to go back from; a newer intent has its own."""
    if not recovery.operations_of(run).filter(pk=run.operation.pk, superseded_by__isnull=False).exists():
        with desired.locked(service), run.fenced():
            record_revision(run, service, status="failed")


def record_revision(run: Run, service: Service, status: str = "current") -> Revision:
    """Give the revision row of this operation, current or failed; the one that was current is superseded."""
    existing = Revision.objects.filter(service=service, operation=run.operation).first()
    if existing:
        existing.status = status
        existing.save(update_fields=["status"])
        return existing
    last = Revision.objects.filter(service=service).order_by("-number").first()
    Revision.objects.filter(service=service, status="current").update(status="superseded")
    revision = Revision(
        service=service,
        number=(last.number if last else 0) + 1,
        operation=run.operation,
        version=service.version,
        plan=service.plan,
        values=service.values,
        status=status,
        kind=run.operation.kind,
        summary=run.operation.summary,
        requested_by=run.operation.requested_by,
    )
    revision.secrets = service.secrets
    revision.save(force_insert=True)
    return revision

"""What people ask of services. Each action writes intent, operation and audit in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from anywhere.accounts.actions import write_audit
from anywhere.accounts.models import Organization, User
from anywhere.clusters.models import Cluster, ClusterState
from anywhere.lib import quantities
from anywhere.operations import actions as operations
from anywhere.operations.models import Operation
from catalog.models import Version
from catalog.rules.schema import generated
from catalog.rules.validation import fields, problems
from catalog.rules.values import find, holds, put, put_secrets, take_secrets
from services import errors, selectors
from services.models import Revision, Service, ServiceState
from services.rules import names, procedures, refusals
from services.rules.stacks import and_others

PLACEHOLDER = "a-secret-that-is-kept-or-will-be-made"  # stands for a secret while values are checked; never stored


@dataclass(frozen=True)
class Choice:
    """A complete, checked choice: version, plan, the person's values without secrets, and the secrets."""

    version: Version
    plan: str
    values: Mapping[str, Any]
    secrets: dict[str, str]


def choose(
    version: Version, plan: str | None, values: Mapping[str, Any], kept: Mapping[str, str] | None = None
) -> Choice:
    """Give the choice; BadValues names every field that is not right, UnknownPlan a plan that is not there.

    `kept` are secrets that stay unless other ones are given; masked and empty secrets keep theirs.
    """
    plan = plan_of(version, plan)
    public, given = take_secrets(values, version.secret_paths)
    secrets = {**(kept or {}), **{path: str(value) for path, value in given.items()}}
    whole = selectors.merged(version, plan, put_secrets(public, secrets))
    found = problems(version.schema, _with_generated(version, whole)) if version.schema else []
    if found:
        messages = fields(found)
        first = next(iter(messages.items()))
        raise errors.BadValues(f"{first[0]}: {first[1][0]}", fields=messages)
    return Choice(version, plan, public, secrets)


def plan_of(version: Version, plan: str | None) -> str:
    """Give the name of the plan, or of the recommended one; UnknownPlan says which there are."""
    known = [p["name"] for p in version.plans]
    if plan:
        if plan not in known:
            offered = ", ".join(known) or "none"
            raise errors.UnknownPlan(f"{version.version} has no plan {plan!r}. Its plans: {offered}.")
        return plan
    recommended = next((p["name"] for p in version.plans if p.get("recommended")), None)
    return recommended or (known[0] if known else "")


def _with_generated(version: Version, whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the values with a stand-in at each empty secret, which will be made before anything is applied."""
    for path, _ in generated(version.schema):
        if path in version.secret_paths and not find(whole, path):
            whole = put(whole, path, PLACEHOLDER)
    return whole


def request_install(
    organization: Organization,
    user: User,
    *,
    cluster: Cluster,
    version: Version,
    name: str,
    namespace: str,
    plan: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> tuple[Service, Operation]:
    """Give the new service and the operation that installs it; NameTaken, BadName, BadValues, ClusterNotReady."""
    check_cluster(cluster)
    if problem := names.problem_with_name(name):
        raise errors.BadName(problem, fields={"name": [problem]})
    if problem := names.problem_with_namespace(namespace):
        raise errors.BadName(problem, fields={"namespace": [problem]})
    choice = choose(version, plan, values or {}, secrets_before(cluster, namespace, name, version))
    try:
        with transaction.atomic():
            service = Service(
                organization=organization, cluster=cluster, package=version.package, version=choice.version,
                name=name, namespace=namespace, plan=choice.plan, values=choice.values, requested_by=user,
                reason="Being installed",
            )  # fmt: skip
            service.secrets = choice.secrets
            service.save(force_insert=True)
            operation = begin(service, user, "install", f"Install {version.package.title} {version.version}")
    except IntegrityError as exc:
        if "service_name_once" not in str(exc):
            raise
        detail = f"A service {name} is in {namespace} on {cluster.name} already."
        raise errors.NameTaken(detail, fields={"name": [detail]}) from None
    return service, operation


def secrets_before(cluster: Cluster, namespace: str, name: str, version: Version) -> dict[str, str]:
    """Give the secrets of the uninstalled service whose volumes a new one of this name would find; they open them."""
    before = (
        Service.objects.filter(
            cluster=cluster, namespace=namespace, name=name, package=version.package, state=ServiceState.UNINSTALLED
        )
        .exclude(data_kept=[])
        .order_by("-created_at")
        .first()
    )
    return dict((before.secrets if before else None) or {})


def check_cluster(cluster: Cluster) -> None:
    """Raise ClusterNotReady unless the cluster is registered."""
    if cluster.state != ClusterState.REGISTERED:
        raise errors.ClusterNotReady(f"{cluster.name} is {cluster.state}. Wait until it is registered.")


def begin(
    service: Service,
    user: User | None,
    kind: str,
    summary: str,
    extra: Mapping[str, Any] | None = None,
    parent: Operation | None = None,
    supersede: bool = True,
) -> Operation:
    """Give the new operation of a service, written down as what is being done about it and who asked."""
    operation = operations.request(
        kind=kind,
        organization=service.organization,
        summary=summary,
        subject=("service", service.pk, service.name),
        requested_by=user,
        generation=service.generation,
        input=extra,
        parent=parent,
        supersede=supersede,
    )
    Service.objects.filter(pk=service.pk).update(operation=operation)
    service.operation = operation
    detail = {"summary": summary, "cluster": service.cluster.name, "operation": str(operation.pk)}
    write_audit(service.organization, user, f"service.{kind}", ("service", service.pk, service.name), detail)
    return operation


def check_guards(service: Service, choice: Choice) -> None:
    """Raise ChangeRefused when a guard of the package refuses the change; nothing has been touched."""
    refused = guard_problems(service, choice)
    if refused:
        ways = [{"action": "change", "title": r["way"], "detail": ""} for r in refused if r["way"]]
        raise errors.ChangeRefused(
            " ".join(r["detail"] for r in refused), next=ways, fields={r["path"]: [r["detail"]] for r in refused}
        )


def guard_problems(service: Service, choice: Choice) -> list[dict[str, str]]:
    """Give [{code, path, detail, way}] of the guards that refuse the change."""
    new = selectors.merged(choice.version, choice.plan, choice.values)
    old, ran = selectors.merged_values(service), selectors.ran_values(service)
    found = refusals.every(choice.version.definition, service.version.definition, old, new, ran)
    return [{"code": r.code, "path": r.path, "detail": r.detail, "way": r.way} for r in found]


def choice_of_change(service: Service, body: Mapping[str, Any]) -> Choice:
    """Give what a service would be after a change: any of values, plan, version, revision, replicas."""
    if (number := body.get("revision")) is not None:
        revision = _revision(service, number)
        values = _with_grown_volumes(service, revision.version, revision.plan, revision.values)
        return Choice(revision.version, revision.plan, values, dict(revision.secrets or {}))
    version = body.get("version") or service.version
    plan = body.get("plan") or service.plan
    given = body.get("values")
    kept = dict(service.secrets or {})
    values = dict(given) if given is not None else service.values
    if body.get("replicas") is not None:
        values = put(values, *_scaled(service, body.get("component"), int(body["replicas"])))
    if plan != service.plan and body.get("values") is None:
        values = _with_grown_volumes(service, version, plan, values)
    return choose(version, plan, values, kept)


def _with_grown_volumes(service: Service, version: Version, plan: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the values with each volume at least as large as it is now: volumes grow and never shrink."""
    now = selectors.merged_values(service)
    after = selectors.merged(version, plan, values)
    for volume in version.definition.get("volumes") or []:
        has, wanted = find(now, volume["path"]), find(after, volume["path"])
        if has and wanted and quantities.number(has) > quantities.number(wanted):
            values = put(values, volume["path"], has)
    return values


def _revision(service: Service, number: int) -> Revision:
    row = Revision.objects.select_related("version").filter(service=service, number=number).first()
    if row is None:
        raise errors.NoSuchRevision(f"{service.name} has no revision {number}.")
    return row


def _scaled(service: Service, component: str | None, replicas: int) -> tuple[str, int]:
    """Give the path and number of a scale; CannotScale says what the package allows."""
    rules = service.version.definition.get("scaling") or []
    values = selectors.merged_values(service)
    rule = next((r for r in rules if component in (None, "", r["component"]) and holds(r, values)), None)
    if rule is None:
        raise errors.CannotScale(f"{service.package.title} cannot be scaled.", fields={"replicas": ["Not scalable."]})
    now = int(find(values, rule["path"], 1) or 0)
    why = _why_not(rule, now, replicas)
    if why:
        raise errors.CannotScale(why, fields={"replicas": [why]})
    return rule["path"], replicas


def _why_not(rule: Mapping[str, Any], now: int, replicas: int) -> str | None:
    allowed, least, most = rule.get("allowed"), rule.get("minimum", 0), rule.get("maximum")
    if replicas < now and rule.get("in") == "refused":
        return rule.get("reason") or f"{rule.get('title', rule['component'])} cannot be lowered from {now}."
    if replicas > now and rule.get("out") == "refused":
        return rule.get("reason") or f"{rule.get('title', rule['component'])} cannot be raised from {now}."
    if allowed and replicas not in allowed:
        return f"It can be {', '.join(map(str, allowed))}."
    if replicas < least or (most is not None and replicas > most):
        return f"It can be {least} to {most}." if most is not None else f"It is at least {least}."
    return None


def _live(service: Service) -> Service:
    row = Service.objects.select_for_update(of=("self",)).select_related(
        "organization", "cluster", "package", "version"
    ).get(pk=service.pk)  # fmt: skip
    _check_present(row)
    return row


def _check_present(service: Service) -> None:
    if service.state == ServiceState.PLANNED:
        raise errors.Gone(f"{service.name} is not installed yet.", title="This service is not installed yet")
    if service.state != ServiceState.PRESENT:
        raise errors.Gone(f"{service.name} was uninstalled.")


def _intend(service: Service, user: User, kind: str, choice: Choice, summary: str) -> Operation:
    service.version, service.plan, service.values = choice.version, choice.plan, choice.values
    service.secrets = choice.secrets
    service.generation += 1
    service.save(update_fields=["version", "plan", "values", "secrets_blob", "generation"])
    return begin(service, user, kind, summary)


@transaction.atomic
def request_change(service: Service, user: User, body: Mapping[str, Any]) -> Operation:
    """Give the operation that changes values, plan or version."""
    row = _live(service)
    choice = choice_of_change(row, body)
    check_guards(row, choice)
    return _intend(row, user, "change", choice, _what_changes(row, choice))


def _what_changes(service: Service, choice: Choice) -> str:
    said = []
    if choice.version.pk != service.version_id:
        said.append(f"version {service.version.version} → {choice.version.version}")
    if choice.plan != service.plan:
        said.append(f"plan {service.plan} → {choice.plan}")
    if choice.values != service.values or choice.secrets != (service.secrets or {}):
        said.append("values")
    return "Change " + (", ".join(said) or "nothing")


@transaction.atomic
def request_rollback(service: Service, user: User, number: int) -> Operation:
    """Give the operation that goes back to a revision; guards hold here too."""
    row = _live(service)
    choice = choice_of_change(row, {"revision": number})
    check_guards(row, choice)
    return _intend(row, user, "rollback", choice, f"Roll back to revision {number}")


@transaction.atomic
def request_scale(service: Service, user: User, component: str | None, replicas: int) -> Operation:
    """Give the operation that scales a component."""
    row = _live(service)
    choice = choice_of_change(row, {"component": component, "replicas": replicas})
    check_guards(row, choice)
    return _intend(row, user, "scale", choice, f"Scale {component or 'it'} to {replicas}")


@transaction.atomic
def request_procedure(service: Service, user: User, name: str) -> Operation:
    """Give the operation that runs a procedure; NoSuchProcedure, OperationInProgress while another is under way."""
    row = _live(service)
    offered = procedures.offered(row.version.definition, selectors.merged_values(row))
    chosen = next((one for one in offered if one["name"] == name), None)
    if chosen is None:
        known = ", ".join(one["name"] for one in offered) or "none"
        raise errors.NoSuchProcedure(f"{row.package.title} has no procedure {name!r} here. It has: {known}.")
    return begin(row, user, "procedure", chosen["title"], {"procedure": name}, supersede=False)


@transaction.atomic
def request_retry(service: Service, user: User) -> Operation:
    """Give the operation that brings about the present intent once more."""
    row = _live(service)
    return begin(row, user, "retry", "Apply again")


@transaction.atomic
def request_uninstall(
    service: Service, user: User, *, delete_data: bool, confirm: str, force: bool = False
) -> Operation:
    """Give the operation that uninstalls; deleting the data wants the name typed (NotConfirmed).

    One that others are bound to wants `force` too (OthersAreBound).
    """
    row = _live(service)
    if not force:
        _check_unbound(row)
    if delete_data and confirm != row.name:
        detail = f"Type {row.name} to delete its data for good."
        raise errors.NotConfirmed(detail, fields={"confirm": [detail]})
    summary = "Uninstall and delete the data" if delete_data else "Uninstall"
    return begin(row, user, "uninstall", summary, {"delete_data": delete_data})


def _check_unbound(service: Service) -> None:
    others = [other.name for other in selectors.bound_by(service)]
    if not others:
        return
    they = and_others(others)
    one = len(others) == 1
    raise errors.OthersAreBound(
        f"{they} {'is' if one else 'are'} bound to {service.name} and will not work without it.",
        next=[
            {"action": "uninstall_others", "title": f"Uninstall {they} first", "detail": "Nothing needs it then."},
            {"action": "force", "title": "Uninstall it anyway", "detail": f"{they} will fail until bound to another."},
        ],
    )  # fmt: skip


def ask_preflight(
    organization: Organization,
    user: User,
    *,
    version: Version,
    plan: str | None,
    values: Mapping[str, Any],
    name: str,
    namespace: str,
    clusters: Sequence[Cluster],
) -> Operation:
    """Give the question's operation; its result says for each cluster whether it fits."""
    choice = choose(version, plan, values)
    body = {
        "version": str(version.pk), "plan": choice.plan, "values": choice.values, "secrets": choice.secrets,
        "name": name or version.package.name, "namespace": namespace or name or version.package.name,
        "any_namespace": not namespace, "clusters": [str(c.pk) for c in clusters],
    }  # fmt: skip
    return operations.request(kind="preflight", organization=organization, requested_by=user, input=body)


def ask_plan(service: Service, user: User, body: Mapping[str, Any]) -> Operation:
    """Give the question's operation; its result says what the change would do."""
    _check_present(service)
    choice = choice_of_change(service, body)
    asked = {
        "service": str(service.pk), "version": str(choice.version.pk), "plan": choice.plan,
        "values": choice.values, "secrets": choice.secrets,
    }  # fmt: skip
    return operations.request(kind="plan", organization=service.organization, requested_by=user, input=asked)

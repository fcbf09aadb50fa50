"""What people ask of stacks: does it fit, install it, go on with it, uninstall it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from anywhere.accounts.actions import write_audit
from anywhere.accounts.models import Organization, User
from anywhere.clusters.models import Cluster
from anywhere.lib.errors import NotFoundFault
from anywhere.operations import actions as operations
from anywhere.operations.models import Operation
from catalog import access as catalog
from catalog.models import Version
from catalog.rules import stack as rules
from catalog.rules.values import overlay
from services import actions, errors, selectors
from services.actions import Choice
from services.models import Service, ServiceState, Stack, StackState
from services.rules import names, stacks
from services.rules.connection import binding_secret

PREFLIGHT = ("preflight", "Check that all of it fits")


@dataclass(frozen=True)
class MemberChoice:
    """What a member of a stack will be: its name in the stack, that of its service, and the choice for it."""

    member: str
    title: str
    service: str
    choice: Choice


@dataclass(frozen=True)
class Wanted:
    """A stack as a person asks for it."""

    version: Version
    plan: str | None
    name: str
    namespace: str
    values: Mapping[str, Any]  # by member
    without: Sequence[str] = ()


def wanted(version: Version, body: Mapping[str, Any], name: str = "", namespace: str = "") -> Wanted:
    """Give the stack that a body asks for; without a name one called as the catalogue calls it."""
    name = name or body.get("name") or version.package.name
    namespace = namespace or body.get("namespace") or name
    return Wanted(version, body.get("plan"), name, namespace, body.get("values") or {}, body.get("without") or ())


def choose(wanted: Wanted, cluster: Cluster | None = None) -> list[MemberChoice]:
    """Give the choices for all members, in the order they are installed, each bound to the others it needs.

    With a cluster, a member finds the secrets of volumes that an earlier one of its name has left there. Raises
    UnknownPlan, BadStack, BadName, BadValues.
    """
    plan = actions.plan_of(wanted.version, wanted.plan)
    members = wanted.version.definition["members"]
    try:
        kept = rules.chosen(members, wanted.without)
    except ValueError as problem:
        raise errors.BadStack(str(problem), fields={"without": [str(problem)]}) from None
    _check_names(wanted, [member["name"] for member in kept])
    versions = {m["name"]: _newest(m["package"]) for m in kept}
    called = {m["name"]: stacks.member_name(wanted.name, m["name"]) for m in kept}
    secrets = {name: binding_secret(version.definition, called[name]) or "" for name, version in versions.items()}
    return [_choose_member(wanted, m, plan, versions[m["name"]], called[m["name"]], secrets, cluster) for m in kept]


def _newest(package: str) -> Version:
    try:
        return catalog.get_chart(package)
    except NotFoundFault:
        raise errors.BadStack(f"{package}, which is a part of it, is not published here. Ask its provider.") from None


def _check_names(wanted: Wanted, members: Sequence[str]) -> None:
    if problem := stacks.problem_with_name(wanted.name, members):
        raise errors.BadName(problem, fields={"name": [problem]})
    if problem := names.problem_with_namespace(wanted.namespace):
        raise errors.BadName(problem, fields={"namespace": [problem]})
    for name, values in wanted.values.items():
        if name not in members:
            problem = f"{name} is no member that is installed. Those are: {', '.join(members)}."
            raise errors.BadStack(problem, fields={f"values.{name}": [problem]})
        if not isinstance(values, Mapping):
            problem = f"The values of {name} are a group of values."
            raise errors.BadStack(problem, fields={f"values.{name}": [problem]})


def _choose_member(
    wanted: Wanted,
    member: Mapping[str, Any],
    plan: str,
    version: Version,
    name: str,
    secrets: Mapping[str, str],
    cluster: Cluster | None,
) -> MemberChoice:
    values = rules.bound(member.get("values") or {}, member, secrets)
    values = overlay([values, wanted.values.get(member["name"]) or {}])
    kept = actions.secrets_before(cluster, wanted.namespace, name, version) if cluster else {}
    try:
        choice = actions.choose(version, rules.plan_of(member, plan), values, kept)
    except errors.BadValues as bad:
        found = {f"values.{member['name']}.{path}": messages for path, messages in (bad.fields or {}).items()}
        raise errors.BadValues(f"{member['name']}: {bad.detail}", fields=found) from None
    return MemberChoice(member["name"], member["title"], name, choice)


def request_install(
    organization: Organization, user: User, *, cluster: Cluster, wanted: Wanted
) -> tuple[Stack, Operation]:
    """Give the new stack and the one operation that installs its members; nothing is made on the cluster before all
    of them were found to fit. Raises NameTaken, ClusterNotReady and what `choose` raises."""
    actions.check_cluster(cluster)
    chosen = choose(wanted, cluster)
    _refuse_taken(cluster, wanted.namespace, [choice.service for choice in chosen])
    try:
        with transaction.atomic():
            stack = Stack.objects.create(
                organization=organization, cluster=cluster, package=wanted.version.package, version=wanted.version,
                name=wanted.name, namespace=wanted.namespace, plan=actions.plan_of(wanted.version, wanted.plan),
                requested_by=user,
            )  # fmt: skip
            for choice in chosen:
                _plan_service(stack, user, choice)
            title = f"Install {wanted.version.package.title} {wanted.version.version}"
            operation = _begin(stack, user, "install", title, [PREFLIGHT, *((c.member, c.title) for c in chosen)])
    except IntegrityError as exc:
        if "stack_name_once" not in str(exc):
            raise
        raise _taken(f"A stack {wanted.name} is in {wanted.namespace} on {cluster.name} already.") from None
    return stack, operation


def _taken(detail: str) -> errors.NameTaken:
    return errors.NameTaken(detail, fields={"name": [detail]})


def _refuse_taken(cluster: Cluster, namespace: str, services: Sequence[str]) -> None:
    rows = Service.objects.filter(cluster=cluster, namespace=namespace, name__in=services, state=ServiceState.PRESENT)
    taken = rows.order_by("name").values_list("name", flat=True).first()
    if taken:
        raise _taken(f"A service {taken} is in {namespace} on {cluster.name} already. Choose another name.")


def _plan_service(stack: Stack, user: User, chosen: MemberChoice) -> None:
    choice = chosen.choice
    service = Service(
        organization=stack.organization, cluster=stack.cluster, package=choice.version.package,
        version=choice.version, name=chosen.service, namespace=stack.namespace, plan=choice.plan,
        values=choice.values, requested_by=user, stack=stack, member=chosen.member, state=ServiceState.PLANNED,
        reason="Not begun yet",
    )  # fmt: skip
    service.secrets = choice.secrets
    service.save(force_insert=True)


def _begin(
    stack: Stack,
    user: User,
    verb: str,
    summary: str,
    steps: Sequence[tuple[str, str]],
    extra: Mapping[str, Any] | None = None,
) -> Operation:
    operation = operations.request(
        kind="uninstall_stack" if verb == "uninstall" else "install_stack",
        organization=stack.organization,
        summary=summary,
        subject=("stack", stack.pk, stack.name),
        requested_by=user,
        input=extra,
        steps=steps,
    )
    Stack.objects.filter(pk=stack.pk).update(operation=operation)
    stack.operation = operation
    detail = {"summary": summary, "cluster": stack.cluster.name, "operation": str(operation.pk)}
    write_audit(stack.organization, user, f"stack.{verb}", ("stack", stack.pk, stack.name), detail)
    return operation


def _live(stack: Stack) -> Stack:
    row = Stack.objects.select_for_update(of=("self",)).select_related(
        "organization", "cluster", "package", "version"
    ).get(pk=stack.pk)  # fmt: skip
    if row.state != StackState.PRESENT:
        raise errors.Gone(f"{row.name} was uninstalled.", title="This stack is uninstalled")
    return row


@transaction.atomic
def request_retry(stack: Stack, user: User) -> Operation:
    """Give the operation that goes on with the members that are not installed."""
    row = _live(stack)
    steps = [PREFLIGHT, *((s.member, selectors.member_title(row, s)) for s in selectors.members(row))]
    return _begin(row, user, "retry", "Go on with what is not installed", steps)


@transaction.atomic
def request_uninstall(stack: Stack, user: User, *, delete_data: bool, confirm: str) -> Operation:
    """Give the operation that uninstalls all members, the last one first; deleting the data wants the name typed."""
    row = _live(stack)
    if delete_data and confirm != row.name:
        detail = f"Type {row.name} to delete the data of all its services for good."
        raise errors.NotConfirmed(detail, fields={"confirm": [detail]})
    steps = [(s.member, selectors.member_title(row, s)) for s in reversed(selectors.members(row))]
    summary = "Uninstall and delete the data" if delete_data else "Uninstall"
    return _begin(row, user, "uninstall", summary, steps, {"delete_data": delete_data})


def ask_preflight(organization: Organization, user: User, *, wanted: Wanted, clusters: Sequence[Cluster]) -> Operation:
    """Give the question's operation; its result says for each cluster whether all members fit there together."""
    parts = [
        {
            "title": chosen.title, "name": chosen.service, "version": str(chosen.choice.version.pk),
            "plan": chosen.choice.plan, "values": chosen.choice.values, "secrets": chosen.choice.secrets,
        }
        for chosen in choose(wanted)
    ]  # fmt: skip
    free = wanted.namespace == wanted.name
    body = {
        "parts": parts, "namespace": wanted.namespace, "any_namespace": free, "clusters": [str(c.pk) for c in clusters]
    }  # fmt: skip
    return operations.request(kind="preflight", organization=organization, requested_by=user, input=body)

"""Reads of installed services that span tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from anywhere.accounts.models import Organization
from anywhere.clusters.models import Cluster
from anywhere.operations import selectors
from anywhere.operations.models import Operation
from catalog.models import Provider, Version
from catalog.rules.stack import in_order
from catalog.rules.values import MASK, find, keys_of, merge, put
from services.models import Revision, Service, ServiceState, Sighting, Stack, Verdict
from services.rules import commands, conditions, server
from services.rules.connection import binding_secret
from services.rules.costs import asked
from services.rules.health.words import shorten
from services.rules.procedures import offered
from services.rules.stacks import bound_names

BINDABLE_MOST = 200
WHY = 300  # characters of an error where many are listed
ALIKE = 40  # characters at the end of a title that stand in the detail, too, when one repeats the other
STALE_AFTER = timedelta(seconds=90)  # the watcher writes on change, and touches what it sees each minute


def services(organization: Organization, **filters: str) -> QuerySet[Service]:
    """Give the services of an organization, newest first; filters: cluster, package, verdict, q, state."""
    rows = with_related(Service.objects.filter(organization=organization))
    state = filters.get("state") or ServiceState.PRESENT
    rows = rows.exclude(state=ServiceState.PLANNED) if state == "all" else rows.filter(state=state)
    if stack := filters.get("stack"):
        rows = rows.filter(Q(stack__name=stack) | Q(stack__id=_uuid(stack)))
    if cluster := filters.get("cluster"):
        rows = rows.filter(Q(cluster__name=cluster) | Q(cluster__id=_uuid(cluster)))
    if package := filters.get("package"):
        rows = rows.filter(package__name=package)
    if verdict := filters.get("verdict"):
        rows = rows.filter(verdict=verdict)
    if text := filters.get("q"):
        rows = rows.filter(Q(name__icontains=text) | Q(package__title__icontains=text) | Q(namespace__icontains=text))
    return rows


def _uuid(text: str) -> str | None:
    from uuid import UUID

    try:
        return str(UUID(text))
    except ValueError:
        return None


def with_related(rows: QuerySet[Service]) -> QuerySet[Service]:
    """Give the rows with all that a service's document shows, in one query."""
    return rows.select_related(
        "organization", "cluster", "package", "package__latest", "version", "operation", "operation__organization",
        "operation__requested_by", "requested_by", "stack",
    ).defer(
        "objects_seen", "binding", "secrets_blob", "operation__input_blob", "version__readme", "version__icon",
        "version__schema", "version__values_yaml", "package__latest__readme", "package__latest__icon",
        "package__latest__schema", "package__latest__values", "package__latest__values_yaml",
        "package__latest__definition", "package__latest__plans", "package__latest__metadata", "package__search_text",
        "cluster__inventory", "cluster__ca_data",
    )  # fmt: skip


def bound_to(service: Service) -> list[Service]:
    """Give the services beside it whose Secret it takes address and credentials from."""
    paths = [keys_of(binding["path"]) for binding in _bindings(service)]
    secrets = bound_names(merged_values(service), paths)
    return [other for other in _beside(service) if _secret(other) in secrets] if secrets else []


def bound_by(service: Service) -> list[Service]:
    """Give the services beside it that take address and credentials from its Secret."""
    secret = _secret(service)
    if not secret:
        return []
    return [
        other
        for other in _beside(service)
        if secret in bound_names(merged_values(other), [keys_of(b["path"]) for b in _bindings(other)])
    ]


def stacks(organization: Organization, **filters: str) -> QuerySet[Stack]:
    """Give the stacks of an organization, newest first; filters: cluster, q, state."""
    rows = stacks_with_related(Stack.objects.filter(organization=organization))
    state = filters.get("state") or "present"
    if state != "all":
        rows = rows.filter(state=state)
    if cluster := filters.get("cluster"):
        rows = rows.filter(Q(cluster__name=cluster) | Q(cluster__id=_uuid(cluster)))
    if text := filters.get("q"):
        rows = rows.filter(Q(name__icontains=text) | Q(package__title__icontains=text))
    return rows


def stacks_with_related(rows: QuerySet[Stack]) -> QuerySet[Stack]:
    """Give the rows with all that a stack's document shows, its services in one query more."""
    members = Service.objects.select_related("package", "operation").defer(
        "objects_seen", "binding", "secrets_blob", "operation__input_blob"
    )  # fmt: skip
    return (
        rows.select_related(
            "organization", "cluster", "package", "version", "operation", "operation__organization",
            "operation__requested_by", "requested_by",
        )
        .defer("version__readme", "version__icon", "operation__input_blob", "cluster__inventory", "cluster__ca_data")
        .prefetch_related(Prefetch("services", members))
    )  # fmt: skip


def members(stack: Stack) -> list[Service]:
    """Give the services of a stack in the order they are installed, as they are now."""
    order = [member["name"] for member in in_order(stack.version.definition["members"])]
    rows = Service.objects.filter(stack=stack).select_related(
        "organization", "cluster", "package", "version", "operation"
    )
    return sorted(rows, key=lambda service: order.index(service.member))


def member_title(stack: Stack, service: Service) -> str:
    """Give what the stack calls a member."""
    said = stack.version.definition["members"]
    return next((str(member["title"]) for member in said if member["name"] == service.member), service.name)


def _beside(service: Service) -> QuerySet[Service]:
    rows = Service.objects.filter(
        organization=service.organization, cluster=service.cluster, namespace=service.namespace, state="present"
    )
    return rows.exclude(pk=service.pk).select_related("package", "version", "stack__version").order_by("name")


def _secret(service: Service) -> str | None:
    return binding_secret(service.version.definition, service.name)


def _bindings(service: Service) -> list[dict[str, str]]:
    members = service.stack.version.definition["members"] if service.stack else []
    return next((list(m.get("bindings") or []) for m in members if m["name"] == service.member), [])


def bindable(organization: Organization, cluster: str, namespace: str) -> list[dict[str, str]]:
    """Give [{service, package, title, type, secret}] of the services in a namespace that others can be bound to."""
    rows = (
        Service.objects.filter(
            Q(cluster__name=cluster) | Q(cluster__id=_uuid(cluster)),
            organization=organization,
            namespace=namespace,
            state=ServiceState.PRESENT,
        )
        .select_related("package", "version")
        .order_by("name")[:BINDABLE_MOST]
    )
    return [
        {
            "service": row.name,
            "package": row.package.name,
            "title": row.package.title,
            "type": str((row.version.definition.get("binding") or {}).get("type") or ""),
            "secret": secret,
        }  # fmt: skip
        for row in rows
        if (secret := _secret(row))
    ]


def plan_values(version: Version, plan: str) -> dict[str, Any]:
    """Give the values of a plan of a version; empty without a plan."""
    return next((dict(p["values"]) for p in version.plans if p["name"] == plan), {})


def merged(version: Version, plan: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give chart, plan and a person's values as the chart will see them."""
    return merge([("chart", version.values), ("plan", plan_values(version, plan)), ("person", values)]).values


def merged_values(service: Service) -> dict[str, Any]:
    """Give chart, plan and the person's values of a service as one, without any secret."""
    return merged(service.version, service.plan, service.values)


def worked_values(service: Service) -> dict[str, Any]:
    """Give chart, plan and values of the last revision whose operation came to its end, {} when none did."""
    last = service.revisions.exclude(status="failed").select_related("version").order_by("-number").first()
    return merged(last.version, last.plan, last.values) if last else {}


def ran_values(service: Service) -> dict[str, Any]:
    """Give chart, plan and values of the last revision that came to run, {} when none did.

    One whose operation failed counts when all of it was ready once: before a later step failed, or seen since.
    """
    until = None
    for row in service.revisions.select_related("version", "operation").order_by("-number"):
        if row.status != "failed" or _came_to_run(service, row, until):
            return merged(row.version, row.plan, row.values)
        until = row.created_at
    return {}


def _came_to_run(service: Service, row: Revision, until: datetime | None) -> bool:
    steps = row.operation.steps if row.operation else []
    if any(step["name"] == "settle" and step["state"] == "done" for step in steps):
        return True
    if until is None and service.verdict == Verdict.HEALTHY and service.health_since:
        return service.health_since > row.created_at
    seen = service.sightings.filter(kind="health", reason=Verdict.HEALTHY, at__gt=row.created_at)
    return (seen if until is None else seen.filter(at__lt=until)).exists()


def server_version(version: Version, plan: str, values: Mapping[str, Any]) -> str:
    """Give the version of the server that these choices run: "18.6" beside the package's own "1.0.0"."""
    layers = (values, plan_values(version, plan), version.values)
    return server.server_version(version.definition, layers, version.app_version)


def scaling(service: Service) -> list[dict[str, Any]]:
    """Give [{component, title, replicas, minimum, maximum, allowed, in, out, reason}] as the package allows it."""
    if not service.version.definition.get("scaling"):
        return []
    merged = merged_values(service)
    return [
        {
            "component": rule["component"],
            "title": rule.get("title", rule["component"]),
            "replicas": int(find(merged, rule["path"], 1) or 0),
            "minimum": rule.get("minimum", 1),
            "maximum": rule.get("maximum"),
            "allowed": rule.get("allowed"),
            "in": rule.get("in", "free"),
            "out": rule.get("out", "free"),
            "reason": rule.get("reason", ""),
        }  # fmt: skip
        for rule in conditions.scaling(service.version.definition, merged)
    ]


def objects(service: Service) -> dict[str, Any]:
    """Give {workloads, claims, others} as seen last; a workload has a "title", empty where the package gives none."""
    seen = service.objects_seen or {}
    titles = {w.name: w.title for w in commands.workloads(service.version.definition, service.name)}
    found = {part: seen.get(part) or [] for part in ("workloads", "claims", "others")}
    return {**found, "workloads": [{**row, "title": titles.get(row["name"], "")} for row in found["workloads"]]}


def costs(service: Service) -> list[dict[str, Any]]:
    """Give [{unit, each, times}]: what the service asks its cluster for, as its package counts it."""
    definition = service.version.definition
    return asked(definition, merged_values(service)) if definition.get("costs") else []


def procedures(service: Service) -> list[dict[str, Any]]:
    """Give [{name, title, summary, danger}]: what can be done with the service beside changing it."""
    return offered(service.version.definition, merged_values(service))


def masked_values(service: Service) -> dict[str, Any]:
    """Give the person's values, with a mask where a secret is kept."""
    shown: Mapping[str, Any] = service.values
    for path in service.secrets or {}:
        shown = put(shown, path, {"$secret": True})
    return dict(shown)


def masked_merged(service: Service) -> dict[str, Any]:
    """Give the merged values, with a mask where a secret is kept."""
    shown: Mapping[str, Any] = merged_values(service)
    for path in service.secrets or {}:
        shown = put(shown, path, MASK)
    return dict(shown)


def events(service: Service, limit: int = 200) -> list[dict[str, Any]]:
    """Give what happened to a service, newest first: the cluster's events, health changes, operations."""
    seen: list[dict[str, Any]] = [
        {
            "at": s.at,
            "kind": s.kind,
            "level": s.level,
            "reason": s.reason,
            "object": s.object,
            "message": s.message,
            "count": s.count,
        }  # fmt: skip
        for s in Sighting.objects.filter(service=service).order_by("-at")[:limit]
    ]
    done = Operation.objects.filter(subject_type="service", subject_id=service.pk).order_by("-created_at")[:limit]
    seen += [
        {
            "at": o.finished_at or o.created_at,
            "kind": "operation",
            "level": "error" if o.state == "failed" else "info",
            "reason": o.kind,
            "object": f"operation/{o.pk}",
            "message": _why(o) or o.state,
            "count": 1,
        }  # fmt: skip
        for o in done
    ]
    return sorted(seen, key=lambda e: e["at"], reverse=True)[:limit]


def usual_seconds(operation: Operation) -> int | None:
    """Give how long such an operation on a service of the same package usually takes."""
    if operation.subject_type != "service":
        return None
    package = Service.objects.filter(pk=str(operation.subject_id)).values("package_id")
    alike = Service.objects.filter(package_id__in=package).values("pk")
    return selectors.usual_seconds(operation.kind, "service", alike)


_BAD = (Verdict.FAILED, Verdict.DEGRADED)
_SAYS = {Verdict.FAILED: "does not work", Verdict.DEGRADED: "is degraded"}


def needs_attention(organization: Organization, limit: int = 50) -> list[dict[str, Any]]:
    """Give what a person should look at, worst first: silent clusters, failed services, failed operations."""
    slug = organization.slug
    found: list[dict[str, Any]] = []
    for cluster in Cluster.objects.filter(organization=organization, reachable=False).exclude(
        state__in=("removed", "removing")
    )[:limit]:
        found.append(
            _attention(
                "cluster_unreachable",
                f"{cluster.name} does not answer",
                cluster.unreachable_reason,
                cluster.reachable_since,
                "Look at the cluster",
                f"/o/{slug}/clusters/{cluster.pk}",
                cluster=_ref(cluster),
            )  # fmt: skip
        )
    bad = Service.objects.filter(organization=organization, state="present", verdict__in=_BAD)
    for service in sorted(bad.select_related("cluster")[:50], key=lambda s: _BAD.index(Verdict(s.verdict))):
        found.append(
            _attention(
                f"service_{service.verdict}",
                f"{service.name} {_SAYS[Verdict(service.verdict)]}",
                service.reason,
                service.health_since,
                "See why",
                f"/o/{slug}/services/{service.pk}",
                service=_ref(service),
                cluster=_ref(service.cluster),
            )  # fmt: skip
        )
    stacks_failed = Stack.objects.filter(organization=organization, state="present", operation__state="failed")
    for stack in stacks_failed.select_related("operation", "cluster")[:limit]:
        found.append(_operation_failed(slug, "stack", stack))
    failed = (
        Service.objects.filter(organization=organization, state="present", operation__state="failed")
        .exclude(verdict__in=_BAD)
        .exclude(operation__parent__in=stacks_failed.values("operation"))
        .select_related("operation", "cluster")
    )
    for service in failed[:limit]:
        found.append(_operation_failed(slug, "service", service))
    return found[:limit]


def _operation_failed(slug: str, noun: str, row: Service | Stack) -> dict[str, Any]:
    operation = row.operation
    assert operation is not None
    return _attention(
        "operation_failed",
        f"{row.name}: {operation.kind.removesuffix('_stack')} failed",
        _why(operation),
        operation.finished_at,
        "See what to do",
        f"/o/{slug}/operations/{operation.pk}",
        operation={"id": str(operation.pk), "kind": operation.kind},
        **{noun: _ref(row)},
    )


def _why(operation: Operation) -> str:
    """Give why an operation failed: what went wrong, and the words of what refused it unless the title has them."""
    error = operation.error or {}
    title, detail = str(error.get("title") or ""), str(error.get("detail") or "")
    repeated = detail.rstrip(".…") in title or title[-ALIKE:] in detail
    return shorten(title if repeated else f"{title}: {detail}", WHY)


def _ref(row: Any) -> dict[str, str]:
    return {"id": str(row.pk), "name": row.name}


def _attention(kind: str, title: str, detail: str, since: Any, label: str, href: str, **about: Any) -> dict[str, Any]:
    action = {"label": label, "href": href}
    return {"kind": kind, "title": title, "detail": detail, "since": since, "action": action, **about}


def counts(organization: Organization) -> dict[str, int]:
    """Give how many present services have each verdict."""
    rows = Service.objects.filter(organization=organization, state="present").values("verdict")
    found = {row["verdict"]: row["count"] for row in rows.annotate(count=Count("pk"))}
    return {verdict.value: found.get(verdict.value, 0) for verdict in Verdict}


def provider_packages(provider: Provider) -> list[dict[str, Any]]:
    """Give each package of a provider: installs by version with their health, failed operations by cause."""
    present = Service.objects.filter(package__provider=provider, state="present")
    by_version = present.values("package_id", "version__version", "verdict").annotate(count=Count("pk"))
    versions: dict[Any, dict[str, dict[str, int]]] = {}
    for row in by_version:
        health = versions.setdefault(row["package_id"], {}).setdefault(row["version__version"], {})
        health[row["verdict"]] = row["count"]
    failures = _failures(provider)
    return [
        {
            "package": {"name": package.name, "title": package.title},
            "installs": sum(sum(health.values()) for health in versions.get(package.pk, {}).values()),
            "versions": [
                {
                    "version": version.version,
                    "installs": sum(versions.get(package.pk, {}).get(version.version, {}).values()),
                    "health": {
                        verdict.value: versions.get(package.pk, {}).get(version.version, {}).get(verdict.value, 0)
                        for verdict in Verdict
                    },
                }
                for version in sorted(package.versions.all(), key=lambda v: v.position, reverse=True)
            ],
            "failed_operations": failures.get(package.pk, []),
        }
        for package in provider.packages.prefetch_related("versions").order_by("name")
    ]


EXAMPLES = 3  # operations named for each cause


def _failures(provider: Provider, days: int = 30, limit: int = 1000) -> dict[Any, list[dict[str, Any]]]:
    """Give the causes of the last failed operations by package, most frequent first, with a few operations each."""
    package = Service.objects.filter(pk=OuterRef("subject_id")).values("package_id")[:1]
    rows = (
        Operation.objects.filter(
            state="failed",
            subject_type="service",
            created_at__gt=timezone.now() - timedelta(days=days),
            subject_id__in=Service.objects.filter(package__provider=provider).values("pk"),
        )
        .annotate(package_id=Subquery(package))
        .order_by("-created_at")
        .values("pk", "package_id", "finished_at", code=F("error__code"), title=F("error__title"))[:limit]
    )
    causes: dict[tuple[Any, str], dict[str, Any]] = {}
    for row in rows:
        # What follows may be the end of a log, which belongs to the one whose service it is.
        title = (row["title"] or "").partition(": ")[0]
        words = {"cause_code": row["code"], "title": title, "last_at": row["finished_at"]}
        fresh: dict[str, Any] = {**words, "count": 0, "examples": []}
        cause = causes.setdefault((row["package_id"], row["code"]), fresh)
        cause["count"] += 1
        if len(cause["examples"]) < EXAMPLES:
            cause["examples"].append(str(row["pk"]))
    found: dict[Any, list[dict[str, Any]]] = {}
    for (package_id, _), cause in sorted(causes.items(), key=lambda item: -item[1]["count"]):
        found.setdefault(package_id, []).append(cause)
    return found


def newest_version(service: Service) -> Version | None:
    """Give the package's newest version when it is newer than the service's."""
    latest = service.package.latest
    return latest if latest and latest.pk != service.version_id and latest.position > service.version.position else None

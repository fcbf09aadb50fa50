"""Preflight: does it fit, on each cluster; asked before an install and again by the worker that installs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from django.db import connection as database

from anywhere.clusters.connection import access_of
from anywhere.clusters.models import Cluster, ClusterState
from anywhere.clusters.rules.findings import Finding
from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import Forbidden, GatewayError, InvalidChart, NotFound
from anywhere.gateways.helm import Release
from anywhere.gateways.kubernetes import KubernetesGateway, Object, Ref
from anywhere.operations.registry import handler
from anywhere.operations.run import Run
from catalog.models import Version
from services.models import Service, ServiceState
from services.operations import desired, recovery
from services.operations.desired import Desired
from services.rules import demands
from services.rules import preflight as rules
from services.rules.connection import binding_secret
from services.rules.preflight import Facts, Part
from services.rules.stacks import bound_names

CLUSTERS_AT_ONCE = 4
OLDEST_KUBERNETES = "v1.29.0"


def render_for(cluster: Cluster) -> dict[str, Any]:
    """Give the arguments that make a chart render as it would on the cluster."""
    version = (cluster.inventory or {}).get("version")
    return {"kube_version": version or OLDEST_KUBERNETES}


def findings(
    cluster: Cluster,
    gateways: Gateways,
    objects: Sequence[Object],
    wanted: Desired,
    *,
    upgrade: bool = False,
    owner: Service | None = None,
) -> list[Finding]:
    """Give all that stands against these objects on this cluster, looked up now."""
    facts = _facts(cluster, gateways, objects, wanted, owner)
    facts = replace(facts, unbound=_unbound(gateways.kubernetes, objects, wanted))
    return rules.assess(objects, facts, wanted.version.definition.get("requires") or {}, upgrade)


def findings_together(
    cluster: Cluster, gateways: Gateways, parts: Sequence[tuple[str, Desired, Sequence[Object]]]
) -> list[Finding]:
    """Give all that stands against installing several services, each (title, release, objects), in one namespace."""
    everything = [obj for _, _, objects in parts for obj in objects]
    promised = {binding_secret(wanted.version.definition, wanted.release) for _, wanted, _ in parts}
    unbound = {name for _, wanted, objects in parts for name in _unbound(gateways.kubernetes, objects, wanted)}
    facts = _facts(cluster, gateways, everything, parts[0][1], None)
    facts = replace(facts, unbound=sorted(unbound - promised))
    asked = [
        Part(title, objects, wanted.version.definition.get("requires") or {}, _taken(cluster, gateways, wanted, None))
        for title, wanted, objects in parts
    ]
    return rules.assess_together(asked, facts)


def _facts(
    cluster: Cluster, gateways: Gateways, objects: Sequence[Object], wanted: Desired, owner: Service | None
) -> Facts:
    kubernetes, namespace = gateways.kubernetes, wanted.namespace
    restricted = cluster.access_mode == "namespace"
    there = _find(kubernetes, Ref("v1", "Namespace", namespace))
    labels = ((there or {}).get("metadata") or {}).get("labels") or {}
    exists = there is not None or (restricted and namespace == cluster.namespace)
    return Facts(
        inventory=cluster.inventory,
        kinds=_kinds(kubernetes, objects),
        denied=_denied(kubernetes, objects, namespace),
        quotas=_list(kubernetes, "v1/resourcequotas", namespace) if exists else (),
        limit_ranges=_list(kubernetes, "v1/limitranges", namespace) if exists else (),
        namespace_exists=exists,
        namespace_terminating=bool(((there or {}).get("metadata") or {}).get("deletionTimestamp")),
        may_create_namespace=not restricted,
        pod_security=labels.get("pod-security.kubernetes.io/enforce", ""),
        name_taken_by=_taken(cluster, gateways, wanted, owner),
        only_namespace=cluster.namespace if restricted else "",
        namespace=namespace,
    )


def _unbound(kubernetes: KubernetesGateway, objects: Sequence[Object], wanted: Desired) -> list[str]:
    """Give the Secrets that bind the release to other services, are mounted, and are not in the namespace."""
    asked = bound_names(wanted.merged) & demands.mounted_secrets(objects)
    try:
        return [name for name in sorted(asked) if kubernetes.find(Ref("v1", "Secret", name, wanted.namespace)) is None]
    except Forbidden:
        return []


def _find(kubernetes: KubernetesGateway, ref: Ref) -> Object | None:
    try:
        return kubernetes.find(ref)
    except Forbidden:
        return None


def _list(kubernetes: KubernetesGateway, resource: str, namespace: str) -> list[Object]:
    try:
        return kubernetes.list(resource, namespace)
    except (Forbidden, NotFound):
        return []


def _kinds(kubernetes: KubernetesGateway, objects: Sequence[Object]) -> frozenset[tuple[str, str]]:
    """Give the kinds of the objects that the cluster serves, and those the objects themselves define."""
    asked = demands.of(objects).kinds
    served = set(kubernetes.api_versions())
    known = {(version, kind) for version, kind in asked if f"{version}/{kind}" in served}
    for obj in objects:
        if obj.get("kind") == "CustomResourceDefinition":
            spec = obj.get("spec") or {}
            for version in spec.get("versions") or []:
                known.add((f"{spec.get('group')}/{version.get('name')}", (spec.get("names") or {}).get("kind", "")))
    return frozenset(known)


_PLURALS = {
    "StatefulSet": ("apps", "statefulsets"), "Deployment": ("apps", "deployments"), "DaemonSet": ("apps", "daemonsets"),
    "Service": ("", "services"), "Secret": ("", "secrets"), "ConfigMap": ("", "configmaps"),
    "ServiceAccount": ("", "serviceaccounts"), "Job": ("batch", "jobs"), "CronJob": ("batch", "cronjobs"),
    "Ingress": ("networking.k8s.io", "ingresses"), "NetworkPolicy": ("networking.k8s.io", "networkpolicies"),
    "PodDisruptionBudget": ("policy", "poddisruptionbudgets"), "PersistentVolumeClaim": ("", "persistentvolumeclaims"),
    "HorizontalPodAutoscaler": ("autoscaling", "horizontalpodautoscalers"),
    "Role": ("rbac.authorization.k8s.io", "roles"), "RoleBinding": ("rbac.authorization.k8s.io", "rolebindings"),
    "ClusterRole": ("rbac.authorization.k8s.io", "clusterroles"),
    "ClusterRoleBinding": ("rbac.authorization.k8s.io", "clusterrolebindings"),
    "CustomResourceDefinition": ("apiextensions.k8s.io", "customresourcedefinitions"),
}  # fmt: skip
_CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}


def _denied(kubernetes: KubernetesGateway, objects: Sequence[Object], namespace: str) -> list[tuple[str, str]]:
    """Give (verb, resource) pairs the credential may not do, asked in one review of its rules in the namespace."""
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    try:
        answer = kubernetes.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body=body)
    except GatewayError:
        return []
    status = (answer or {}).get("status") or {}
    allowed = status.get("resourceRules") or []
    wanted = {
        (verb, *_PLURALS[kind]) for _, kind in demands.of(objects).kinds if kind in _PLURALS for verb in ("create",)
    }
    wide = {_PLURALS[kind] for kind in _CLUSTER_WIDE}
    missing = [
        (verb, resource)
        for verb, group, resource in sorted(wanted | {("create", "", "secrets"), ("list", "", "pods")})
        if not _rule_allows(allowed, verb, group, resource)
        and ((group, resource) not in wide or not kubernetes.can_i(verb, group, resource))
    ]
    return [] if status.get("incomplete") and not allowed else missing


def _rule_allows(rules_: Sequence[Object], verb: str, group: str, resource: str) -> bool:
    return any(
        {verb, "*"} & set(rule.get("verbs") or [])
        and {group, "*"} & set(rule.get("apiGroups") or [])
        and {resource, "*"} & set(rule.get("resources") or [])
        and not rule.get("resourceNames")
        for rule in rules_
    )


def _taken(cluster: Cluster, gateways: Gateways, wanted: Desired, owner: Service | None) -> str:
    rows = Service.objects.filter(
        cluster=cluster, namespace=wanted.namespace, name=wanted.release, state=ServiceState.PRESENT
    )
    if owner is not None:
        rows = rows.exclude(pk=owner.pk)
    if rows.exists():
        return f"A service {wanted.release} is in {wanted.namespace} already."
    found = gateways.helm.status(wanted.release, wanted.namespace)
    if found is None or is_ours(found, owner):
        return ""
    return f"Helm has a release {wanted.release} in {wanted.namespace} that was not made here."


def is_ours(release: Release, service: Service | None) -> bool:
    """Give whether a release was made here. Helm forgets our mark when it fails, so operations that applied count."""
    if recovery.operation_of(release) is not None:
        return True
    return service is not None and (bool(service.release_revision) or recovery.has_applied(service.pk))


Parts = Sequence[tuple[str, Desired]]


@handler("preflight", steps=(("check", "Check each cluster"),), deadline_seconds=60, is_question=True)
def preflight(run: Run) -> None:
    """Answer for every cluster asked about: {clusters: [{cluster, verdict, findings, requests}]}.

    With `any_namespace`, a cluster of which one namespace may be used is asked about that one.
    With `parts`, the members of a stack, the answer is about all of them together.
    """
    asked = run.input
    parts = [(part.get("title", ""), _wanted(run, asked, part)) for part in asked.get("parts") or [asked]]
    clusters = Cluster.objects.filter(pk__in=asked["clusters"]).order_by("name")
    with run.step("check"), ThreadPoolExecutor(CLUSTERS_AT_ONCE) as pool:
        run.result = {"clusters": list(pool.map(lambda c: _answer(run, c, _placed(asked, c, parts)), clusters))}


def _placed(asked: Mapping[str, Any], cluster: Cluster, parts: Parts) -> Parts:
    if not asked.get("any_namespace") or cluster.access_mode != "namespace":
        return parts
    return [(title, replace(wanted, namespace=cluster.namespace)) for title, wanted in parts]


def _wanted(run: Run, asked: Mapping[str, Any], part: Mapping[str, Any]) -> Desired:
    version = Version.objects.select_related("package").get(pk=part["version"])
    secrets = {**part.get("secrets", {})}
    made = desired.generate_missing(version, part["plan"], part["values"], secrets)
    run.secrets |= {str(s) for s in (*secrets.values(), *made.values())}
    return desired.build(
        name=part["name"], namespace=asked["namespace"], version=version, plan=part["plan"],
        values=part["values"], secrets={**secrets, **made},
    )  # fmt: skip


def _answer(run: Run, cluster: Cluster, parts: Parts) -> dict[str, Any]:
    reference = {"id": str(cluster.pk), "name": cluster.name, "is_practice": cluster.is_practice}
    requests: dict[str, float] = {}
    try:
        found, requests = _check_one(run, cluster, parts)
    except InvalidChart as exc:
        found = [Finding("error", exc.code, exc.title, exc.detail, "Change the values.")]
    except GatewayError as exc:
        fix = "Look at the cluster's page, or choose another cluster."
        found = [Finding("error", exc.code, exc.title, exc.detail, fix, "cluster")]
    finally:
        database.close()
    return {
        "cluster": reference, "verdict": rules.verdict(found), "findings": rules.as_documents(found),
        "requests": requests,
    }  # fmt: skip


NOT_REGISTERED = {
    ClusterState.REGISTERING: ("It is being connected", "Wait for it."),
    ClusterState.FAILED: ("It was not connected", "Its page says why; replace the credential there, or remove it."),
    ClusterState.REMOVING: ("It is being removed", "Choose another cluster."),
    ClusterState.REMOVED: ("It was removed", "Choose another cluster."),
}


def _check_one(run: Run, cluster: Cluster, parts: Parts) -> tuple[list[Finding], dict[str, float]]:
    if cluster.state != ClusterState.REGISTERED:
        title, fix = NOT_REGISTERED[ClusterState(cluster.state)]
        return [Finding("error", "cluster.not_registered", title, "", fix, "cluster")], {}
    if cluster.reachable is False:
        return [Finding("error", "cluster.unreachable", "The cluster cannot be reached", cluster.unreachable_reason,
                        "Look at the cluster's page, or choose another.", "cluster")], {}  # fmt: skip
    with run.connect(access_of(cluster)) as gateways:
        rendered = rendered_for(cluster, gateways, parts)
        totals = demands.of([obj for _, _, objects in rendered for obj in objects]).totals
        if len(rendered) > 1:
            return findings_together(cluster, gateways, rendered), totals
        _, wanted, objects = rendered[0]
        return findings(cluster, gateways, objects, wanted), totals


def rendered_for(cluster: Cluster, gateways: Gateways, parts: Parts) -> list[tuple[str, Desired, Sequence[Object]]]:
    """Give each part with the objects it would be on the cluster; a chart that does not render says which it is."""
    found: list[tuple[str, Desired, Sequence[Object]]] = []
    for title, wanted in parts:
        try:
            found.append((title, wanted, gateways.helm.template(wanted.request(), **render_for(cluster))))
        except InvalidChart as exc:
            if len(parts) > 1:
                exc.detail = f"{title}: {exc.detail}"
            raise
    return found

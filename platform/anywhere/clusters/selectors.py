"""Reads of clusters."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from anywhere.accounts.models import Organization
from anywhere.clusters.access import present
from anywhere.clusters.connection import policy_of
from anywhere.clusters.errors import KubeconfigRefused
from anywhere.clusters.models import Cluster
from anywhere.clusters.rules import access as rights
from anywhere.clusters.rules import kubeconfig as rules
from anywhere.clusters.rules.findings import Finding
from anywhere.clusters.rules.kubeconfig_record import Kubeconfig
from anywhere.operations.models import ACTIVE, Operation


def clusters(organization: Organization, query: str = "") -> QuerySet[Cluster]:
    """Give the organization's clusters with the number of services on each; `query` looks in name and address."""
    rows = with_counts(present().filter(organization=organization))
    if query:
        rows = rows.filter(Q(name__icontains=query) | Q(server__icontains=query))
    return rows


def with_counts(rows: QuerySet[Cluster]) -> QuerySet[Cluster]:
    """Give the clusters with `services_count` and the portal's credential prefetched."""
    counted = rows.annotate(services_count=Count("services", filter=Q(services__state="present")))
    return counted.prefetch_related("credentials")


def last_operations(organization: Organization, cluster: UUID | None = None) -> dict[UUID, Operation]:
    """Give the active or else the last operation of each cluster of the organization, by the cluster's id."""
    rows = Operation.objects.filter(organization=organization, subject_type="cluster")
    if cluster is not None:
        rows = rows.filter(subject_id=cluster)
    first = Case(When(state__in=ACTIVE, then=Value(0)), default=Value(1), output_field=IntegerField())
    latest = rows.annotate(first=first).order_by("subject_id", "first", "-created_at").distinct("subject_id")
    found = latest.select_related("organization", "requested_by").defer("input_blob")
    return {operation.subject_id: operation for operation in found if operation.subject_id}


def options(cluster: Cluster) -> dict[str, Any]:
    """Give what the pickers of the install form offer, from the last inventory."""
    seen = cluster.inventory or {}
    return {
        "namespaces": [one for one in seen.get("namespaces") or [] if not one.get("terminating")],
        "storage_classes": seen.get("storage_classes") or [],
        "ingress_classes": seen.get("ingress_classes") or [],
    }


def inspect(
    organization: Organization,
    kubeconfig: str,
    context: str | None = None,
    *,
    namespace: str = "",
    allow_insecure_tls: bool = False,
) -> dict[str, Any]:
    """Give what a kubeconfig holds and what registering would create; nothing is stored, nothing is connected to.

    Without a context that applies, `chosen` is None and a finding asks for one.
    """
    document = rules.read(kubeconfig)
    record: Kubeconfig | None = None
    findings: list[Finding] = []
    try:
        record = document.choose(context, now=timezone.now(), policy=policy_of(), allow_insecure_tls=allow_insecure_tls)
    except KubeconfigRefused as refused:
        if refused.code != "kubeconfig.context_required":
            raise
        findings.append(
            Finding("error", refused.code, "Choose a context", refused.detail, "Choose one from the list.", "context")
        )
    return {
        "contexts": [vars(one) for one in document.contexts],
        "current_context": document.current_context or None,
        "chosen": _chosen(record) if record else None,
        "dropped": list(document.dropped),
        "will_create": rights.plan(rights.account_name(organization.pk), namespace).as_dict(),
        "findings": [one.as_dict() for one in (*findings, *(record.findings if record else ()))],
    }


def _chosen(record: Kubeconfig) -> dict[str, Any]:
    return {
        "context": record.context.name,
        "server": record.server.url,
        "host": record.server.netloc,
        "ca_fingerprint": record.authority.fingerprint if record.authority else None,
        "credential": record.credential,
        "expires_at": record.expires_at,
        "namespace": record.context.namespace or None,
    }

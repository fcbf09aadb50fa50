"""What people ask of clusters. Each writes its rows and its audit entry in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from anywhere.accounts.actions import write_audit
from anywhere.accounts.models import Organization, User
from anywhere.clusters import practice
from anywhere.clusters.connection import PORTAL, keep_upload, policy_of
from anywhere.clusters.errors import (
    AlreadyRegistered,
    HasServices,
    KubeconfigRefused,
    NameTaken,
    NotPractice,
    NotReady,
    PracticeUnavailable,
)
from anywhere.clusters.models import Cluster, ClusterState, Credential
from anywhere.clusters.rules import kubeconfig as rules
from anywhere.clusters.rules.kubeconfig_record import Kubeconfig
from anywhere.lib.errors import UserFault
from anywhere.operations import actions as operations
from anywhere.operations.models import Operation

MAX_NAMED = 20


def read_kubeconfig(text: str, context: str | None, *, allow_insecure_tls: bool = False) -> Kubeconfig:
    """Give the record of a kubeconfig under this portal's settings; KubeconfigRefused or AddressRefused say why not."""
    if allow_insecure_tls and not settings.ALLOW_INSECURE_TLS:
        raise KubeconfigRefused(
            "This portal never skips the check of a cluster's certificate.",
            code="kubeconfig.insecure_tls_not_allowed",
            fields={"allow_insecure_tls": ["The administrator does not allow this."]},
        )
    return rules.parse(text, context, now=timezone.now(), policy=policy_of(), allow_insecure_tls=allow_insecure_tls)


def request_register(
    organization: Organization,
    user: User,
    *,
    name: str,
    kubeconfig: str,
    context: str | None = None,
    namespace: str = "",
    allow_insecure_tls: bool = False,
) -> Operation:
    """Give the operation that registers a cluster; nothing has been connected to yet."""
    try:
        record = read_kubeconfig(kubeconfig, context, allow_insecure_tls=allow_insecure_tls)
    except UserFault as refused:
        said = {"code": refused.code}
        refused.record = lambda: write_audit(
            organization, user, "cluster.register_refused", ("cluster", None, name), said
        )
        raise
    with transaction.atomic():
        _refuse_twice(organization, record, namespace)
        cluster = _new_cluster(organization, name, server=record.server.url, namespace=namespace)
        keep_upload(cluster, record)
        detail = {"server": record.server.netloc, "credential": record.credential, "namespace": namespace}
        if record.insecure_skip_tls_verify:
            detail["insecure_tls"] = "allowed"
        write_audit(organization, user, "cluster.register", cluster, detail)
        return _request("register", cluster, user, _input(record, namespace))


def request_practice(organization: Organization, user: User, *, name: str = "") -> Operation:
    """Give the operation that makes and registers a practice cluster."""
    if not settings.PRACTICE_ENABLED:
        raise PracticeUnavailable("This portal has no practice clusters.", http_status=409)
    with transaction.atomic():
        cluster = _new_cluster(organization, name or _free_name(organization), is_practice=True)
        write_audit(organization, user, "cluster.register_practice", cluster)
        return _request("register", cluster, user, {})


def request_replace_credential(
    cluster: Cluster, user: User, *, kubeconfig: str, context: str | None = None
) -> Operation:
    """Give the operation that makes the cluster's account anew with another credential."""
    _refuse_practice(cluster)
    allowed = settings.ALLOW_INSECURE_TLS and cluster.insecure_skip_tls_verify
    record = read_kubeconfig(kubeconfig, context, allow_insecure_tls=allowed)
    with transaction.atomic():
        if cluster.state == ClusterState.REMOVING:
            raise NotReady(f"{cluster.name} is being removed.")
        operation = _request("replace_credential", cluster, user, _input(record, cluster.namespace))
        keep_upload(cluster, record)
        if cluster.state == ClusterState.FAILED:
            Cluster.objects.filter(pk=cluster.pk).update(state=ClusterState.REGISTERING)
        detail = {"server": record.server.netloc, "credential": record.credential}
        write_audit(cluster.organization, user, "cluster.replace_credential", cluster, detail)
        return operation


def request_refresh(cluster: Cluster, user: User) -> Operation:
    """Give the operation that reads the cluster's inventory."""
    if not Credential.objects.filter(cluster=cluster, purpose=PORTAL).exists():
        raise NotReady(f"{cluster.name} is not registered yet, so there is nothing to read it with.")
    with transaction.atomic():
        write_audit(cluster.organization, user, "cluster.refresh", cluster)
        return _request("refresh", cluster, user, {})


def request_remove(cluster: Cluster, user: User, *, forget: bool = False) -> Operation:
    """Give the operation that removes the cluster; HasServices names what lives there unless `forget` is said."""
    with transaction.atomic():
        living = list(_services(cluster)[: MAX_NAMED + 1])
        if living and not forget:
            shown = [{"id": str(key), "name": name, "namespace": space} for key, name, space in living[:MAX_NAMED]]
            names = ", ".join(one["name"] for one in shown[:5])
            raise HasServices(
                f"{names} still live there. Uninstall them first, or remove the cluster and leave them unmanaged.",
                next=[
                    {"action": "forget", "title": "Remove all the same", "detail": "What runs there stays as it is."}
                ],
                services=shown,
            )
        Cluster.objects.filter(pk=cluster.pk).update(state=ClusterState.REMOVING)
        write_audit(cluster.organization, user, "cluster.remove", cluster, {"services_left": len(living)})
        return _request("remove", cluster, user, {}, supersede=True)


def rename(cluster: Cluster, user: User, *, name: str) -> Cluster:
    """Give the cluster under its new name; NameTaken when another has it."""
    if name == cluster.name:
        return cluster
    with transaction.atomic():
        before, cluster.name = cluster.name, name
        _save_named(cluster)
        write_audit(cluster.organization, user, "cluster.rename", cluster, {"before": before})
    return cluster


def configure_practice(cluster: Cluster, user: User, **wanted: Any) -> dict[str, Any]:
    """Give the new settings of a practice cluster."""
    if not cluster.is_practice:
        raise NotPractice("Only practice clusters can be told to fail.")
    if not cluster.practice_id:
        raise NotReady(f"{cluster.name} is not made yet.")
    with transaction.atomic():
        write_audit(cluster.organization, user, "cluster.configure_practice", cluster, wanted)
        return practice.configure(cluster.practice_id, wanted)


def _refuse_practice(cluster: Cluster) -> None:
    if cluster.is_practice:
        raise NotReady("A practice cluster keeps its own credential.", code="cluster.is_practice")


def _refuse_twice(organization: Organization, record: Kubeconfig, namespace: str) -> None:
    twin = Cluster.objects.filter(
        organization=organization, server=record.server.url, namespace=namespace, is_practice=False
    ).exclude(state__in=[ClusterState.FAILED, ClusterState.REMOVED])
    found = twin.first()
    if found is not None:
        raise AlreadyRegistered(
            f"{record.server.netloc} is registered as {found.name}. Replace its credential instead.",
            cluster=str(found.pk),
        )


def _new_cluster(organization: Organization, name: str, **fields: Any) -> Cluster:
    """Give the new row; a failed registration of the same name makes way for it."""
    failed = Cluster.objects.filter(organization=organization, name=name, state=ClusterState.FAILED)
    failed.exclude(services__state="present").update(state=ClusterState.REMOVED)
    cluster = Cluster(organization=organization, name=name, **fields)
    _save_named(cluster)
    return cluster


def _save_named(cluster: Cluster) -> None:
    try:
        with transaction.atomic():
            cluster.save()
    except IntegrityError:
        raise NameTaken(
            f"Another cluster here is called {cluster.name}.", fields={"name": ["Another cluster has this name."]}
        ) from None


def _free_name(organization: Organization) -> str:
    rows = Cluster.objects.filter(organization=organization).exclude(state=ClusterState.REMOVED)
    taken = set(rows.values_list("name", flat=True))
    names = ["practice", *(f"practice-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


def _input(record: Kubeconfig, namespace: str) -> dict[str, str]:
    return {
        "namespace": namespace,
        "context_namespace": record.context.namespace,
        "expires_at": _text(record.expires_at),
    }


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _request(kind: str, cluster: Cluster, user: User, given: dict[str, Any], *, supersede: bool = False) -> Operation:
    return operations.request(
        kind=kind,
        organization=cluster.organization,
        subject=("cluster", cluster.pk, cluster.name),
        requested_by=user,
        input=given,
        supersede=supersede,
    )


def _services(cluster: Cluster) -> Any:
    rows = cluster.services.filter(state="present").order_by("name")
    return rows.values_list("pk", "name", "namespace")

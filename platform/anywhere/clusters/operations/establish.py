"""From a given credential to an account of our own: the steps that registering and replacing a credential share."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from django.utils import timezone

from anywhere.clusters import practice
from anywhere.clusters.connection import PORTAL, UPLOADED, access_of, keep_upload, uploaded_access_of
from anywhere.clusters.errors import CredentialGone
from anywhere.clusters.models import Cluster, ClusterState, Credential
from anywhere.clusters.operations import account, inventory
from anywhere.clusters.operations.refusals import explained, rights_missing
from anywhere.clusters.rules import access as rules
from anywhere.clusters.rules import tokens
from anywhere.gateways.connect import ClusterAccess
from anywhere.gateways.errors import GatewayError, Unauthorized
from anywhere.gateways.kubernetes import KubernetesGateway
from anywhere.operations.errors import OperationFailed
from anywhere.operations.run import Run

STEPS = (
    ("connect", "Connect"),
    ("inspect", "Look at version and rights"),
    ("create", "Create the account"),
    ("token", "Get a token of our own"),
    ("verify", "Check the token"),
    ("forget", "Forget the uploaded credential"),
    ("inventory", "Read what the cluster has"),
)
SETTLE_SECONDS = 10.0  # a cluster may take a moment to know new rights


@dataclass
class Found:
    """What the steps hand to each other."""

    version: str = ""
    identity: str = ""
    plan: rules.Access = field(default_factory=lambda: rules.plan(""))
    adopted: bool = False
    secret: dict[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None
    namespace: str = ""
    service_account: str = ""
    limits: list[str] = field(default_factory=list)


def establish(run: Run, cluster: Cluster) -> None:
    """Make or renew our account with the uploaded credential, keep its token, forget the upload, read the inventory.

    Each step may be carried out twice. Once the token is kept, a second attempt only reads the inventory.
    """
    if not run.remembers.get("kept"):
        _make_account(run, cluster)
    with run.step("inventory"):
        cluster.refresh_from_db()
        with run.connect(access_of(cluster)) as gateways:
            document = inventory.read(gateways.kubernetes, cluster.namespace)
        with run.fenced():
            inventory.keep(cluster, document)
    nodes = document["nodes"]
    run.result = {
        "version": document["version"],
        "nodes": None if nodes is None else len(nodes),
        "limits": cluster.limits,
    }


def _make_account(run: Run, cluster: Cluster) -> None:
    found = Found()
    with run.step("connect"):
        if cluster.is_practice and not cluster.practice_id:
            _make_practice(run, cluster)
        access = uploaded_access_of(cluster)
        run.secrets |= {value for value in (access.token, (access.client_key or b"").decode()) if value}
        try:
            with run.connect(access) as gateways:
                found.version = gateways.kubernetes.version().git_version
                found.identity = account.identity(gateways.kubernetes)
                gateways.kubernetes.can_i("get", "", "pods", "default")
        except GatewayError as error:
            run.raise_if_cancelled()
            raise explained(error, access.server) from error
        _refuse_another_cluster(cluster, found)
        run.log(f"The cluster runs Kubernetes {found.version.lstrip('v')}.", step="connect")
    with run.connect(access) as gateways:
        kubernetes = gateways.kubernetes
        with run.step("inspect"):
            _decide(run, kubernetes, found, access, rules.account_name(cluster.organization_id))
        with run.step("create"):
            if not found.adopted:
                run.remember(created=found.plan.mode, namespace=found.plan.namespace)
                found.plan = account.create(kubernetes, found.plan)
        with run.step("token"):
            _take_token(run, kubernetes, found, access)
    with run.step("verify"):
        _verify(run, cluster, found, access)
    with run.step("forget"):
        _keep(run, cluster, found)


def _make_practice(run: Run, cluster: Cluster) -> None:
    """Create the simulated cluster and take its kubeconfig as the uploaded one."""
    made_id, record = practice.create()
    with run.fenced():
        cluster.practice_id, cluster.server = made_id, record.server.url
        cluster.save(update_fields=["practice_id", "server"])
        keep_upload(cluster, record)


def _refuse_another_cluster(cluster: Cluster, found: Found) -> None:
    if cluster.identity and found.identity and cluster.identity != found.identity:
        raise OperationFailed(
            f"The kubeconfig leads to another cluster than {cluster.name}, where its services are not.",
            code="cluster.other_cluster",
            title="This is another cluster",
            kept="The credential in use was kept.",
            next=[{"action": "register", "title": "Register it", "detail": "Add it as a cluster of its own."}],
        )


def _decide(run: Run, kubernetes: KubernetesGateway, found: Found, access: ClusterAccess, name: str) -> None:
    """Choose the shape of the account: cluster-wide, one namespace, or the given account itself."""
    namespace = str(run.input.get("namespace") or "")
    if not namespace and account.may_create_everywhere(kubernetes):
        found.plan = rules.plan(name)
        run.detail("inspect", "The credential may create cluster roles.")
        return
    namespace = namespace or str(run.input.get("context_namespace") or "") or "default"
    found.plan = rules.plan(name, namespace)
    if account.may_create_inside(kubernetes, namespace):
        run.detail("inspect", f"Restricted to the namespace {namespace}.")
        return
    lacking = rules.missing(rules.NAMESPACED, lambda v, g, r: kubernetes.can_i(v, g, r, namespace))
    if access.token and not any(rules.is_vital(rule) for rule in lacking):
        found.adopted = True
        run.detail("inspect", f"Restricted to {namespace}; the given account is used, for it may not create another.")
        return
    raise rights_missing(namespace, lacking)


def _take_token(run: Run, kubernetes: KubernetesGateway, found: Found, access: ClusterAccess) -> None:
    if found.adopted:
        owner = tokens.account_of(access.token or "")
        found.namespace, found.service_account = owner or ("", "")
        token = account.own_token(kubernetes, owner) if owner else None
        found.secret = {"token": token.token if token else access.token or ""}
        found.expires_at = _time(token.expires_at) if token else _time(str(run.input.get("expires_at") or ""))
        if token is None:
            found.service_account = ""
            found.limits = ["The given token cannot be renewed: give a new kubeconfig before it expires."]
    else:
        found.namespace, found.service_account = found.plan.namespace, found.plan.account
        token = account.token(kubernetes, found.plan, run.sleep)
        found.secret, found.expires_at = {"token": token.token}, _time(token.expires_at)
    run.secrets.add(found.secret["token"])
    until = f"until {found.expires_at:%d %b %Y %H:%M} UTC" if found.expires_at else "without an end"
    run.detail("token", f"Valid {until}.")


def _verify(run: Run, cluster: Cluster, found: Found, given: ClusterAccess) -> None:
    """Ask with the new token what it may do, until the cluster has noticed the new rights."""
    access = replace(given, client_certificate=None, client_key=None, token=found.secret["token"])
    asked = None if found.plan.mode == "cluster" else found.plan.namespace
    wanted = [*rules.NAMESPACED, *rules.CLUSTER_WIDE]
    ends = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            with run.connect(access) as gateways:
                lacking = account.lacking(gateways.kubernetes, wanted, asked)
        except Unauthorized as error:
            if time.monotonic() > ends:
                raise explained(error, access.server) from error
        else:
            vital = [rule for rule in lacking if rules.is_vital(rule)]
            if not vital:
                break
            if time.monotonic() > ends:
                raise rights_missing(asked or "", vital)
        run.sleep(0.5)
    found.limits = rules.limits(found.plan.mode, found.plan.namespace, lacking) + found.limits


def _keep(run: Run, cluster: Cluster, found: Found) -> None:
    """Write the new credential and delete the uploaded one, in one transaction of the lease's holder."""
    now = timezone.now()
    with run.fenced():
        row = Cluster.objects.select_for_update().get(pk=cluster.pk)
        upload = Credential.objects.filter(cluster=row, purpose=UPLOADED).first()
        if upload is None:
            raise CredentialGone("It was forgotten while it was being used. Give the kubeconfig again.")
        given = upload.secret
        credential = Credential.objects.filter(cluster=row, purpose=PORTAL).first() or Credential(
            cluster=row, purpose=PORTAL
        )
        credential.kind = "token" if found.adopted else "service-account"
        credential.namespace, credential.service_account = found.namespace, found.service_account
        credential.secret, credential.expires_at, credential.renewed_at = found.secret, found.expires_at, now
        credential.renew_at = tokens.renewal_time(now, found.expires_at) if found.service_account else None
        credential.save()
        upload.delete()
        row.server, row.tls_server_name = given["server"], given["tls_server_name"]
        row.ca_data = given["ca_data"].encode() if given["ca_data"] else None
        row.insecure_skip_tls_verify = given["insecure_skip_tls_verify"]
        row.access_mode = found.plan.mode
        row.namespace = found.plan.namespace if found.plan.mode == "namespace" else ""
        row.limits, row.state = found.limits, ClusterState.REGISTERED
        row.identity = found.identity or row.identity
        if not row.reachable:
            row.reachable, row.reachable_since = True, now
        row.checked_at, row.unreachable_code, row.unreachable_reason = now, "", ""
        row.save()
        run.remember(kept=True)


def give_up(run: Run, cluster: Cluster) -> None:
    """Forget the uploaded credential; a cluster that never had one of ours becomes `failed`."""
    with run.fenced():
        if Cluster.objects.get(pk=cluster.pk).state == ClusterState.REMOVING:  # asked for meanwhile, and next in line
            Credential.objects.filter(cluster=cluster, purpose=UPLOADED).delete()
        else:
            settle(cluster)


def settle(cluster: Cluster) -> None:
    """Forget the uploaded credential and say what is true: registered with a credential of ours, else failed."""
    Credential.objects.filter(cluster=cluster, purpose=UPLOADED).delete()
    is_ours = Credential.objects.filter(cluster=cluster, purpose=PORTAL).exists()
    half = Cluster.objects.filter(pk=cluster.pk, state__in=[ClusterState.REGISTERING, ClusterState.REMOVING])
    half.update(state=ClusterState.REGISTERED if is_ours else ClusterState.FAILED)


def left_behind(run: Run, cluster: Cluster) -> str:
    """Give the sentence that says what is left on the cluster when a registration stops half way."""
    mode = run.remembers.get("created")
    if not mode:
        return "Nothing was created there."
    name, namespace = rules.account_name(cluster.organization_id), str(run.remembers.get("namespace"))
    command = account.deleting_command(name, namespace if mode == "namespace" else "")
    return f"The account {name} was created in {namespace}. Try again, or delete it: {command}"


def _time(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def cluster_of(run: Run) -> Cluster:
    """Give the cluster an operation is about."""
    return Cluster.objects.get(pk=str(run.operation.subject_id))

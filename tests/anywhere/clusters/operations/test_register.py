"""Registering a cluster: what is created there, what is kept here, what a failure leaves."""

from __future__ import annotations

from typing import Any

import pytest

from anywhere.accounts.models import AuditEntry, Organization
from anywhere.clusters import actions
from anywhere.clusters.connection import access_of
from anywhere.clusters.errors import AlreadyRegistered, NameTaken, NotReady
from anywhere.clusters.models import Cluster, Credential
from anywhere.clusters.rules.access import account_name
from anywhere.gateways.errors import Forbidden, TlsFailed, Unauthorized, Unreachable
from anywhere.operations import lease, runner
from anywhere.operations.errors import OperationInProgress
from anywhere.operations.models import Operation, OperationEvent
from tests.anywhere.clusters.kubeconfigs import TOKEN, b64, certificate, text

pytestmark = pytest.mark.django_db(transaction=True)


def register(acme: Any, alice: Any, **options: Any) -> Operation:
    return actions.request_register(acme, alice, **({"name": "prod", "kubeconfig": text()} | options))


def kinds(fake: Any) -> set[tuple[str, str, str]]:
    ours = [key for key, obj in fake.objects.items() if "anywhere" in obj["metadata"].get("labels", {}).values()]
    return {(kind, namespace, name.replace(account(), "account")) for _, kind, namespace, name in ours}


def account() -> str:
    return account_name(Organization.objects.get(slug="acme").pk)


def test_it_makes_our_account_and_forgets_the_uploaded_credential(fake, acme, alice, carry_out):
    operation = carry_out(register(acme, alice))
    assert (operation.state, operation.error) == ("succeeded", None)
    assert [step["state"] for step in operation.steps] == ["done"] * 7
    assert kinds(fake) == {
        ("Namespace", "", "anywhere-system"),
        ("ServiceAccount", "anywhere-system", "account"),
        ("Role", "anywhere-system", "account-self"),
        ("RoleBinding", "anywhere-system", "account-self"),
        ("ClusterRole", "", "account"),
        ("ClusterRoleBinding", "", "account"),
    }
    cluster = Cluster.objects.get()
    assert (cluster.state, cluster.access_mode, cluster.reachable, cluster.limits) == (
        "registered",
        "cluster",
        True,
        [],
    )
    credential = Credential.objects.get()
    assert (credential.purpose, credential.kind) == ("portal", "service-account")
    assert credential.secret["token"].startswith("fake-token")
    assert credential.expires_at > credential.renew_at > credential.renewed_at


def test_everything_belongs_to_the_cluster_role_so_that_one_deletion_takes_all(registered, fake):
    rbac = "rbac.authorization.k8s.io/v1"
    role = fake.objects[rbac, "ClusterRole", "", account()]
    for key in ((rbac, "ClusterRoleBinding", "", account()), ("v1", "ServiceAccount", "anywhere-system", account())):
        owners = fake.objects[key]["metadata"]["ownerReferences"]
        assert [(one["kind"], one["uid"]) for one in owners] == [("ClusterRole", role["metadata"]["uid"])]
    assert role["metadata"]["ownerReferences"][0]["kind"] == "Namespace"


def test_the_inventory_is_read_with_the_new_token(registered):
    assert registered.inventory["version"] == "1.36.3"
    assert [node["name"] for node in registered.inventory["nodes"]] == ["one"]
    assert registered.inventory_due_at > registered.inventory_at
    assert access_of(registered).token.startswith("fake-token")


def test_no_secret_is_in_the_story_or_the_audit(registered):
    story = str(list(OperationEvent.objects.values())) + str(
        list(Operation.objects.values("steps", "result", "memory"))
    )
    audit = str(list(AuditEntry.objects.values()))
    for secret in (TOKEN, Credential.objects.get().secret["token"]):
        assert secret not in story + audit
    assert AuditEntry.objects.get().action == "cluster.register"


def test_a_client_certificate_registers_too(fake, acme, alice, carry_out, monkeypatch):
    from datetime import UTC, datetime

    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 6, 1, 12, tzinfo=UTC))
    pem, key = certificate("admin", "system:masters")
    source = text({"client-certificate-data": b64(pem), "client-key-data": b64(key)})
    operation = register(acme, alice, kubeconfig=source)
    monkeypatch.undo()
    assert carry_out(operation).state == "succeeded"
    assert set(Credential.objects.get().secret) == {"token"}


def test_without_the_right_to_create_cluster_roles_it_is_restricted_to_the_contexts_namespace(
    fake, acme, alice, carry_out
):
    fake.forbidden |= {("create", "clusterroles"), ("create", "namespaces"), ("list", "nodes"), ("list", "namespaces")}
    operation = carry_out(register(acme, alice))
    assert operation.state == "succeeded"
    cluster = Cluster.objects.get()
    assert (cluster.access_mode, cluster.namespace) == ("namespace", "shop")
    assert cluster.limits[0] == "Services can be installed only in the namespace shop."
    assert any("Nodes are not seen" in limit for limit in cluster.limits)
    assert {kind for kind, _, _ in kinds(fake)} == {"ServiceAccount", "Role", "RoleBinding"}
    assert cluster.inventory["nodes"] is None
    assert {"nodes", "pods"} <= set(cluster.inventory["unseen"])


def test_a_person_may_choose_the_restriction(fake, acme, alice, carry_out):
    carry_out(register(acme, alice, namespace="default"))
    cluster = Cluster.objects.get()
    assert (cluster.access_mode, cluster.namespace, cluster.state) == ("namespace", "default", "registered")
    role = fake.objects["rbac.authorization.k8s.io/v1", "Role", "default", account()]
    owners = role["metadata"]["ownerReferences"]
    assert [one["kind"] for one in owners] == ["ServiceAccount"]


def test_rules_are_cut_down_to_what_the_credential_has_itself(fake, acme, alice, carry_out):
    fake.forbidden |= {("*", "leases"), ("create", "leases"), ("delete", "leases")}
    fake.failures["apply"] = []
    original = fake.called

    def refuse_first_role(verb: str, what: str) -> None:
        if verb == "apply" and "kind='ClusterRole'" in what and not fake.failures.get("seen"):
            fake.failures["seen"] = [Forbidden("once")]
            raise Forbidden("attempting to grant RBAC permissions not currently held")
        original(verb, what)

    fake.called = refuse_first_role
    assert carry_out(register(acme, alice)).state == "succeeded"
    rules = fake.objects["rbac.authorization.k8s.io/v1", "ClusterRole", "", account()]["rules"]
    verbs = [rule["verbs"] for rule in rules if rule["resources"] == ["leases"]]
    assert verbs == [["get", "list", "watch", "update", "patch"]]
    assert "Packages that choose a leader may fail." in Cluster.objects.get().limits


def test_an_account_that_may_not_create_roles_is_used_itself(fake, acme, alice, carry_out):
    fake.forbidden |= {("create", "clusterroles"), ("create", "namespaces")}
    asked = ("create", "roles")
    fake.forbidden |= {asked, ("create", "serviceaccounts/token")}
    operation = carry_out(register(acme, alice))
    assert operation.state == "succeeded", operation.error
    credential = Credential.objects.get()
    assert (credential.kind, credential.secret, credential.renew_at) == ("token", {"token": TOKEN}, None)
    assert "The given token cannot be renewed" in str(Cluster.objects.get().limits)
    assert kinds(fake) == set()


def test_a_credential_without_the_needed_rights_is_refused_and_forgotten(fake, acme, alice, carry_out):
    fake.forbidden |= {("create", "clusterroles"), ("create", "namespaces"), ("create", "serviceaccounts")}
    fake.forbidden |= {("create", "secrets"), ("create", "deployments")}
    operation = carry_out(register(acme, alice))
    assert (operation.state, operation.error["code"]) == ("failed", "cluster.rights_missing")
    assert "shop" in operation.error["detail"]
    assert Credential.objects.count() == 0
    assert Cluster.objects.get().state == "failed"
    assert kinds(fake) == set()


def test_a_token_comes_from_a_secret_where_token_requests_are_refused(fake, acme, alice, carry_out):
    fake.forbidden.add(("create", "serviceaccounts/token"))
    put = fake.put

    def fill(obj: dict[str, Any]) -> dict[str, Any]:
        token = {"data": {"token": b64("token-from-a-secret")}} if obj["kind"] == "Secret" else {}
        return put({**obj, **token})

    fake.put = fill
    assert carry_out(register(acme, alice)).state == "succeeded"
    credential = Credential.objects.get()
    assert (credential.secret["token"], credential.expires_at, credential.renew_at) == (
        "token-from-a-secret",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unreachable("No route to host."), "cluster.unreachable"),
        (TlsFailed("The certificate is for another name."), "cluster.tls_failed"),
        (Unauthorized("Unauthorized"), "cluster.unauthorized"),
    ],
)
def test_a_failed_first_contact_says_why_and_forgets_the_credential(fake, acme, alice, carry_out, error, code):
    fake.fail("version", error)
    operation = carry_out(register(acme, alice))
    assert (operation.state, operation.error["code"]) == ("failed", code)
    assert "10.20.30.40" in operation.error["detail"]
    assert operation.error["next"][0]["action"] == "replace_credential"
    assert Credential.objects.count() == 0
    with pytest.raises(NotReady):
        access_of(Cluster.objects.get())


def test_a_killed_worker_leaves_a_registration_that_another_finishes(fake, acme, alice):
    operation = register(acme, alice)
    fake.fail("token_request", Unreachable("The connection broke."))
    assert runner.run(str(operation.pk)) == "verifying"
    Operation.objects.filter(pk=operation.pk).update(next_attempt_at=None)
    assert runner.run(str(operation.pk)) == "succeeded"
    assert Cluster.objects.get().state == "registered"
    assert Credential.objects.get().purpose == "portal"


def test_a_worker_that_dies_after_keeping_the_token_is_followed_by_one_that_only_reads(fake, acme, alice):
    operation = register(acme, alice)
    fake.fail("list", Unreachable("The connection broke."))
    assert runner.run(str(operation.pk)) == "verifying"
    assert Credential.objects.get().purpose == "portal"
    tokens = [what for verb, what in fake.calls if verb == "token_request"]
    Operation.objects.filter(pk=operation.pk).update(next_attempt_at=None)
    assert runner.run(str(operation.pk)) == "succeeded"
    assert [what for verb, what in fake.calls if verb == "token_request"] == tokens


def test_a_cancel_forgets_the_credential_and_says_what_is_left(fake, acme, alice, carry_out):
    from anywhere.operations import actions as operations

    operation = register(acme, alice)
    original = fake.called

    def cancel_at_the_token(verb: str, what: str) -> None:
        original(verb, what)
        if verb == "token_request":
            operations.cancel(operation)
            import time

            time.sleep(1.5)

    fake.called = cancel_at_the_token
    ended = carry_out(operation)
    assert ended.state == "cancelled"
    assert f"kubectl delete clusterrole {account()}" in ended.error["detail"]
    assert Credential.objects.count() == 0
    assert Cluster.objects.get().state == "failed"


def test_the_same_cluster_or_name_twice_is_refused(registered, acme, alice):
    with pytest.raises(AlreadyRegistered):
        register(acme, alice, name="other")
    with pytest.raises(NameTaken):
        register(acme, alice, kubeconfig=text(None, {"server": "https://10.9.9.9"}))


def test_another_organization_may_register_it_and_learns_nothing(registered, carry_out):
    from tests.support import factories

    carol = factories.user()
    operation = register(factories.organization(owner=carol), carol)
    assert carry_out(operation).state == "succeeded"


def test_a_failed_registration_makes_way_for_another_of_its_name(fake, acme, alice, carry_out):
    fake.fail("version", Unauthorized("Unauthorized"))
    carry_out(register(acme, alice))
    assert carry_out(register(acme, alice)).state == "succeeded"


def test_a_failed_registration_goes_on_with_another_kubeconfig(fake, acme, alice, carry_out):
    fake.fail("version", Unauthorized("Unauthorized"))
    carry_out(register(acme, alice))
    cluster = Cluster.objects.get()
    assert carry_out(actions.request_replace_credential(cluster, alice, kubeconfig=text())).state == "succeeded"
    cluster.refresh_from_db()
    assert cluster.state == "registered"


def test_a_replaced_credential_may_bring_another_address(registered, alice, carry_out, fake):
    from anywhere.gateways.fakes import FAKES

    FAKES.clusters["https://10.20.30.41:6443"] = fake
    before = Credential.objects.get().secret
    source = text(None, {"server": "https://10.20.30.41:6443"})
    assert carry_out(actions.request_replace_credential(registered, alice, kubeconfig=source)).state == "succeeded"
    registered.refresh_from_db()
    assert registered.server == "https://10.20.30.41:6443"
    assert Credential.objects.get().secret != before


def test_a_replacement_that_fails_keeps_the_credential_in_use(registered, alice, carry_out, fake):
    before = Credential.objects.get().secret
    fake.fail("version", Unauthorized("Unauthorized"))
    operation = carry_out(actions.request_replace_credential(registered, alice, kubeconfig=text()))
    assert operation.state == "failed"
    registered.refresh_from_db()
    assert (registered.state, Credential.objects.get().secret) == ("registered", before)


def test_a_kubeconfig_of_another_cluster_is_refused(registered, alice, carry_out):
    from anywhere.gateways.fakes import FAKES

    other = FAKES.cluster("https://10.20.30.99:6443")
    other.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": "another"}})
    source = text(None, {"server": "https://10.20.30.99:6443"})
    operation = carry_out(actions.request_replace_credential(registered, alice, kubeconfig=source))
    assert operation.error["code"] == "cluster.other_cluster"


def test_a_second_request_waits_its_turn(fake, acme, alice):
    register(acme, alice)
    cluster = Cluster.objects.get()
    with pytest.raises(OperationInProgress):
        actions.request_replace_credential(cluster, alice, kubeconfig=text())


def test_the_stored_secret_opens_only_in_its_own_row(registered, fake, acme, alice, carry_out):
    from anywhere.lib.encryption import CannotDecrypt

    mine = Credential.objects.get()
    assert TOKEN.encode() not in bytes(mine.secret_blob)
    other = Credential(cluster=registered, purpose="copy", kind="token", secret_blob=mine.secret_blob)
    with pytest.raises(CannotDecrypt):
        _ = other.secret


def test_a_lost_lease_writes_nothing(fake, acme, alice):
    operation = register(acme, alice)
    original = fake.called

    def another_takes_it(verb: str, what: str) -> None:
        original(verb, what)
        if verb == "token_request":
            Operation.objects.filter(pk=operation.pk).update(lease_expires_at="2000-01-01T00:00:00Z")
            lease.take(str(operation.pk), "another", 120)

    fake.called = another_takes_it
    assert runner.run(str(operation.pk)) == "not_owner"
    assert Cluster.objects.get().state == "registering"
    assert Credential.objects.get().purpose == "uploaded"

"""Reading a cluster anew, renewing its token, removing it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from anywhere.clusters import actions
from anywhere.clusters.errors import HasServices, NotReady
from anywhere.clusters.models import Cluster, Credential
from anywhere.clusters.operations.periodic import refresh_due_inventories, renew_due_credentials, tidy_registrations
from anywhere.gateways.errors import Unauthorized, Unreachable
from anywhere.operations.models import Operation
from services.models import Service
from tests.anywhere.clusters.kubeconfigs import text
from tests.support import factories

pytestmark = pytest.mark.django_db(transaction=True)


def a_service(cluster: Cluster) -> Service:
    package = factories.package()
    return Service.objects.create(
        organization=cluster.organization, cluster=cluster, package=package, name="orders", namespace="shop",
        version=package.latest,
    )  # fmt: skip


def test_a_refresh_reads_what_has_changed(registered, alice, carry_out, fake):
    fake.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "fresh"}})
    assert carry_out(actions.request_refresh(registered, alice)).state == "succeeded"
    registered.refresh_from_db()
    assert "fresh" in [one["name"] for one in registered.inventory["namespaces"]]


def test_a_silent_cluster_keeps_its_last_known_facts(registered, alice, carry_out, fake):
    before = (registered.inventory, registered.inventory_at)
    fake.reachable = False
    operation = carry_out(actions.request_refresh(registered, alice))
    assert (operation.state, operation.error["code"]) == ("failed", "cluster.unreachable")
    assert operation.error["kept"] == "The last known facts are kept."
    registered.refresh_from_db()
    assert (registered.inventory, registered.inventory_at) == before


def test_a_cluster_without_a_credential_cannot_be_refreshed(fake, acme, alice):
    actions.request_register(acme, alice, name="prod", kubeconfig=text())
    with pytest.raises(NotReady):
        actions.request_refresh(Cluster.objects.get(), alice)


def test_a_token_is_renewed_after_two_thirds_of_its_life(registered, fake):
    before = Credential.objects.get()
    assert renew_due_credentials() == 0
    assert renew_due_credentials(before.renew_at + timedelta(seconds=1)) == 1
    after = Credential.objects.get()
    assert after.secret != before.secret
    assert after.renew_at > before.renew_at
    assert renew_due_credentials(before.renew_at + timedelta(seconds=1)) == 0


def test_a_renewal_that_fails_keeps_the_token_and_comes_again(registered, fake):
    before = Credential.objects.get()
    moment = before.renew_at + timedelta(seconds=1)
    fake.fail("token_request", Unauthorized("Unauthorized"))
    assert renew_due_credentials(moment) == 0
    assert Credential.objects.get().secret == before.secret
    assert renew_due_credentials(moment + timedelta(minutes=11)) == 1


def test_inventories_are_read_when_due_and_only_then(registered, fake):
    assert refresh_due_inventories() == 0
    moment = registered.inventory_due_at + timedelta(seconds=1)
    assert refresh_due_inventories(moment) == 1
    assert refresh_due_inventories(moment) == 0


def test_a_cluster_that_fails_does_not_stop_the_others(registered, acme, alice, fake, carry_out):
    from anywhere.gateways.fakes import FAKES

    other = FAKES.cluster("https://10.1.1.1:6443")
    source = text(None, {"server": "https://10.1.1.1:6443"})
    carry_out(actions.request_register(acme, alice, name="other", kubeconfig=source))
    other.fail("version", Unreachable("away"))
    Cluster.objects.update(inventory_due_at=timezone.now() - timedelta(hours=1))
    assert refresh_due_inventories() == 1


def test_a_cluster_known_to_be_away_is_left_to_the_watcher(registered, fake):
    Cluster.objects.update(reachable=False)
    assert refresh_due_inventories(registered.inventory_due_at + timedelta(seconds=1)) == 0


def test_an_upload_whose_operation_ended_is_forgotten(fake, acme, alice):
    operation = actions.request_register(acme, alice, name="prod", kubeconfig=text())
    later = timezone.now() + timedelta(minutes=6)
    assert tidy_registrations(later) == 0
    Operation.objects.filter(pk=operation.pk).update(state="failed")
    assert tidy_registrations(timezone.now()) == 0
    assert tidy_registrations(later) == 1
    assert (Credential.objects.count(), Cluster.objects.get().state) == (0, "failed")


def test_removing_deletes_our_account_and_uninstalls_nothing(registered, alice, carry_out, fake):
    fake.put(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app", "namespace": "shop"}, "spec": {}}
    )
    operation = carry_out(actions.request_remove(registered, alice))
    assert (operation.state, operation.result) == ("succeeded", {"left": []})
    assert [key for key in fake.objects if key[1] == "ClusterRole"] == []
    assert ("apps/v1", "Deployment", "shop", "app") in fake.objects
    assert (Cluster.objects.get().state, Credential.objects.count()) == ("removed", 0)


def test_services_that_live_there_stand_in_the_way(registered, alice):
    a_service(registered)
    with pytest.raises(HasServices) as refused:
        actions.request_remove(registered, alice)
    assert [one["name"] for one in refused.value.problem()["services"]] == ["orders"]
    registered.refresh_from_db()
    assert registered.state == "registered"


def test_services_are_let_go_when_that_is_said(registered, alice, carry_out):
    service = a_service(registered)
    assert carry_out(actions.request_remove(registered, alice, forget=True)).state == "succeeded"
    service.refresh_from_db()
    assert (service.state, service.verdict) == ("uninstalled", "unknown")
    assert "left as it is" in service.reason


def test_a_silent_cluster_is_removed_and_the_rest_is_said(registered, alice, carry_out, fake):
    fake.reachable = False
    operation = carry_out(actions.request_remove(registered, alice))
    assert operation.state == "succeeded"
    assert "kubectl delete clusterrole anywhere-" in operation.result["left"][0]
    assert Cluster.objects.get().state == "removed"


def test_a_restricted_cluster_loses_only_our_account(fake, acme, alice, carry_out):
    carry_out(actions.request_register(acme, alice, name="prod", kubeconfig=text(), namespace="shop"))
    carry_out(actions.request_remove(Cluster.objects.get(), alice))
    assert [key for key in fake.objects if key[1] == "ServiceAccount"] == []
    assert ("v1", "Namespace", "", "shop") in fake.objects


def test_a_removed_clusters_name_is_free_again(registered, acme, alice, carry_out):
    carry_out(actions.request_remove(registered, alice))
    operation = actions.request_register(acme, alice, name="prod", kubeconfig=text())
    assert carry_out(operation).state == "succeeded"


def test_a_cancelled_removal_leaves_the_cluster_registered(registered, alice, carry_out, fake):
    from anywhere.operations import actions as operations

    operation = actions.request_remove(registered, alice)
    operations.cancel(operation)
    registered.refresh_from_db()
    assert registered.state == "removing"
    assert tidy_registrations(timezone.now() + timedelta(minutes=1)) == 1
    registered.refresh_from_db()
    assert registered.state == "registered"


def test_removing_while_registering_ends_the_registration_first(fake, acme, alice, carry_out):
    first = actions.request_register(acme, alice, name="prod", kubeconfig=text())
    cluster = Cluster.objects.get()
    removal = actions.request_remove(cluster, alice)
    first.refresh_from_db()
    assert first.state == "superseded"
    assert carry_out(removal).state == "succeeded"
    assert (Cluster.objects.get().state, Credential.objects.count()) == ("removed", 0)

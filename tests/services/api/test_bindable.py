"""What a service that is being installed can be bound to."""

from __future__ import annotations

import pytest

from tests.support import factories

pytestmark = pytest.mark.django_db


def test_services_of_the_namespace_that_publish_a_binding_are_offered():
    alice = factories.user("alice@example.com")
    acme = factories.organization("acme", owner=alice)
    files = factories.service(acme, "files", namespace="shop")
    files.version.definition = {"binding": {"secret": "{fullname}-binding", "type": "s3"}}
    files.version.save()
    plain = factories.service(acme, "plain", namespace="shop", cluster=files.cluster)
    plain.version.definition = {}
    plain.version.save()
    factories.service(acme, "elsewhere", namespace="other", cluster=files.cluster, version=files.version)
    factories.service(acme, "gone", namespace="shop", cluster=files.cluster, version=files.version, state="uninstalled")

    address = "/api/v1/organizations/acme/services/bindable/"
    found = factories.client(alice).get(address, {"cluster": str(files.cluster.pk), "namespace": "shop"}).json()

    title = files.package.title
    offered = {"service": "files", "package": files.package.name, "title": title, "type": "s3"}
    assert found == [{**offered, "secret": "files-binding"}]
    assert factories.client(alice).get(address, {"cluster": files.cluster.name, "namespace": "shop"}).json() == found
    assert factories.client(alice).get(address).json() == []

"""The gateways' promises, kept by the fakes and by the real adapters beside the practice cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from anywhere.gateways import fakes, helm_storage
from anywhere.gateways.connect import ClusterAccess, Gateways, connect
from anywhere.gateways.helm import Release
from anywhere.gateways.kubernetes import Ref
from tests.support.gateway_contract import (
    HelmContract,
    KubernetesContract,
    MakeBusy,
    RealHelmContract,
    some_namespace,
)


@pytest.fixture
def namespace(gateways: Gateways) -> str:
    """Give an empty namespace."""
    name = some_namespace()
    gateways.kubernetes.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


class _Fakes:
    @pytest.fixture
    def gateways(self) -> Iterator[Gateways]:
        """Give both fakes."""
        with fakes.FakeConnector().connect(ClusterAccess("https://fake")) as found:
            yield found

    @pytest.fixture
    def chart(self) -> Path:
        """Give a path nobody reads."""
        return Path("web.tgz")

    @pytest.fixture
    def make_busy(self) -> MakeBusy:
        """Give what makes a revision look as if its worker was lost."""

        def busy(gateways: Gateways, release: Release) -> None:
            cluster = gateways.helm.cluster  # type: ignore[attr-defined]
            cluster.releases[release.namespace, release.name] = [replace(release, status="pending-upgrade")]

        return busy


class _Practice:
    @pytest.fixture
    def gateways(self, access: ClusterAccess, places: Path) -> Iterator[Gateways]:
        """Give the real adapters."""
        with connect(access) as found:
            yield found

    @pytest.fixture
    def make_busy(self) -> MakeBusy:
        """Give what makes a revision look as if its worker was lost."""
        return store_as_pending


def store_as_pending(gateways: Gateways, release: Release) -> None:
    """Write a revision's status into Helm's storage."""
    name = helm_storage.secret_name(release.name, release.revision)
    secret = gateways.kubernetes.get(Ref("v1", "Secret", name, release.namespace))
    record = helm_storage.decode(secret)
    record["info"]["status"] = "pending-upgrade"
    secret["data"]["release"] = helm_storage.encode(record)
    secret["metadata"]["labels"]["status"] = "pending-upgrade"
    gateways.kubernetes.replace(secret)


class TestFakeKubernetes(_Fakes, KubernetesContract):
    """The fake Kubernetes gateway."""


class TestFakeHelm(_Fakes, HelmContract):
    """The fake Helm gateway."""


class TestKubernetesApi(_Practice, KubernetesContract):
    """The HTTP gateway beside the practice cluster."""


class TestPyhelm3(_Practice, RealHelmContract):
    """The Helm gateway beside the practice cluster."""

"""A portal whose clusters exist only in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from anywhere.clusters.models import Cluster
from anywhere.gateways.fakes import FAKES, FakeCluster
from anywhere.operations import runner
from anywhere.operations.models import Operation
from tests.anywhere.clusters.kubeconfigs import text
from tests.support import factories

SERVER = "https://10.20.30.40:6443"


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeCluster]:
    """Give the cluster behind the address of the test kubeconfigs."""
    settings.CONNECTOR = "anywhere.gateways.fakes.connect"
    settings.ALLOW_LOOPBACK_CLUSTERS = False
    FAKES.clusters.clear()
    cluster = FAKES.cluster(SERVER)
    for name in ("kube-system", "default", "shop"):
        cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    cluster.put(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "one", "labels": {"topology.kubernetes.io/zone": "a"}},
            "status": {
                "allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }
    )
    yield cluster
    FAKES.clusters.clear()


@pytest.fixture
def alice() -> Any:
    return factories.user("alice@example.com")


@pytest.fixture
def acme(alice: Any) -> Any:
    return factories.organization("acme", owner=alice)


@pytest.fixture
def carry_out() -> Callable[[Any], Operation]:
    """Give a function that lets a worker carry out an operation and gives it as it ended."""

    def run(operation: Any) -> Operation:
        key = operation["id"] if isinstance(operation, dict) else str(operation.pk)
        runner.run(key)
        return Operation.objects.get(pk=key)

    return run


@pytest.fixture
def registered(fake: FakeCluster, acme: Any, alice: Any, carry_out: Callable[[Any], Operation]) -> Cluster:
    """Give a registered cluster."""
    from anywhere.clusters import actions

    operation = carry_out(actions.request_register(acme, alice, name="prod", kubeconfig=text()))
    assert operation.state == "succeeded", operation.error
    return Cluster.objects.get(pk=operation.subject_id)

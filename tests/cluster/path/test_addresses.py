"""Addresses outside the cluster: Connect shows them when the cluster gives them, and the new ones when they change."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import redis

from tests.cluster.path.chaos import eventually
from tests.support.command_line import CommandLine

pytestmark = pytest.mark.cluster
Kubectl = Callable[..., str]
SHOWN_WITHIN = 15.0
OPEN = ("--set", "networkPolicy.clients=anywhere")


def outside(aw: CommandLine, name: str) -> list[tuple[str, int]]:
    """Give host and port of every address outside the cluster."""
    points = aw.json("services", "connect", name)["endpoints"]
    return [(point["host"], point["port"]) for point in points if point["scope"] == "outside"]


def test_a_load_balancers_address_is_shown_used_and_followed(aw: CommandLine, kubectl: Kubectl, name: str) -> None:
    aw.json("install", "valkey", name, "--cluster", "real", "--plan", "small", "--wait")
    assert outside(aw, name) == []
    aw.json("services", "change", name, "--set", "service.type=LoadBalancer", *OPEN, "--wait")
    [(host, port)] = eventually(lambda: outside(aw, name), "an address is shown", SHOWN_WITHIN)
    given = json.loads(kubectl("-n", name, "get", "service", name, "-o", "json"))["status"]["loadBalancer"]["ingress"]
    assert (host, port) == (given[0]["ip"], 6379)
    credentials = aw.json("services", "connect", name)["credentials"]
    client = redis.Redis(host=host, port=port, username=credentials["username"], password=credentials["password"])
    assert client.set("from", "outside") and client.get("from") == b"outside"

    kubectl("-n", name, "delete", "service", name)
    eventually(lambda: outside(aw, name) == [], "an address that is gone is not shown", SHOWN_WITHIN)
    again = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": name},
        "spec": {"type": "LoadBalancer", "ports": [{"name": "valkey", "port": 6380, "targetPort": 6379}],
                 "selector": {"app.kubernetes.io/instance": name}},
    }  # fmt: skip
    kubectl("apply", "-f", "-", stdin=json.dumps(again))
    eventually(lambda: [port for _, port in outside(aw, name)] == [6380], "the new address is shown", SHOWN_WITHIN)

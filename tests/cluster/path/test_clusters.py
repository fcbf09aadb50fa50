"""A cluster by the command: chosen by context, read, refused where a kubeconfig is a danger, and removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.path.chaos import eventually
from tests.support.command_line import CommandLine
from tests.support.portal import Portal

pytestmark = pytest.mark.cluster


@pytest.fixture
def command(fresh: Portal, tmp_path: Path) -> CommandLine:
    """Give the command line of a portal that knows no cluster."""
    return CommandLine(fresh, tmp_path)


def with_another_context(kubeconfig: str) -> dict[str, Any]:
    """Give the kubeconfig with a second cluster, which is the current one and is not there."""
    source: dict[str, Any] = yaml.safe_load(Path(kubeconfig).read_text())
    good = source["contexts"][0]
    source["clusters"].append({"name": "away", "cluster": {"server": "https://192.0.2.1:6443"}})
    source["contexts"].append({"name": "away", "context": {"cluster": "away", "user": good["context"]["user"]}})
    return {**source, "current-context": "away"}


def test_the_context_is_chosen_and_the_cluster_read_and_removed(
    command: CommandLine, kubeconfig: str, kubectl: Callable[..., str], tmp_path: Path
) -> None:
    source = with_another_context(kubeconfig)
    (file := tmp_path / "two.yaml").write_text(yaml.safe_dump(source))
    add = ("clusters", "add", "home", "--kubeconfig", str(file))
    assert command.json(*add, "--context", "nowhere", code=4)["error"]["code"] == "kubeconfig.context_unknown"
    cluster = command.json(*add, "--context", source["contexts"][0]["name"])
    assert cluster["reachability"]["reachable"] is True
    assert (cluster["credential"]["kind"], cluster["access"]) == (
        "service-account", {"mode": "cluster", "namespace": None, "limits": []},
    )  # fmt: skip

    seen = command.json("clusters", "show", "home")["inventory"]
    nodes = {node["metadata"]["name"]: node for node in json.loads(kubectl("get", "nodes", "-o", "json"))["items"]}
    assert {node["name"] for node in seen["nodes"]} == set(nodes)
    for node in seen["nodes"]:
        assert node["zone"] == nodes[node["name"]]["metadata"]["labels"].get("topology.kubernetes.io/zone", "")
        assert node["allocatable"]["cpu"] > 0 and node["allocatable"]["memory"] > 2**30
    assert kubectl("version", "-o", "json").count(seen["version"].lstrip("v")) >= 1
    assert [c["name"] for c in seen["storage_classes"] if c["is_default"]] == ["standard"]
    assert [c["name"] for c in seen["ingress_classes"]] == ["standard"]
    assert seen["metrics_api"] is True and seen["snapshots"] is False and seen["unseen"] == []

    account = ("-n", "anywhere-system", "get", "serviceaccounts", "-o", "name")
    made = set(kubectl(*account).split())
    assert json.loads(command.run("clusters", "remove", "home", "--json"))["state"] == "succeeded"
    eventually(lambda: len(set(kubectl(*account, check=False).split())) < len(made), "our account is gone", 30)
    assert command.json("clusters", "list") == []


def test_a_kubeconfig_that_runs_a_program_is_refused_with_a_way_out(
    command: CommandLine, kubeconfig: str, tmp_path: Path
) -> None:
    source = yaml.safe_load(Path(kubeconfig).read_text())
    marker = tmp_path / "ran"
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": [str(marker)]}
    source["users"][0]["user"] = {"exec": plugin}
    (file := tmp_path / "exec.yaml").write_text(yaml.safe_dump(source))
    error = command.json("clusters", "add", "odd", "--kubeconfig", str(file), code=4)["error"]
    assert error["code"] == "kubeconfig.exec_not_allowed" and "token" in json.dumps(error)
    assert not marker.exists() and command.json("clusters", "list") == []

"""Nodes that come and go by the package's own commands: in order, past a killed worker, with words when they fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.path import foreign
from tests.cluster.path.chaos import Api, assert_one_release, eventually, helm_history, kill
from tests.support.command_line import CommandLine
from tests.support.portal import Portal

pytestmark = pytest.mark.cluster
Kubectl = Callable[..., str]


@pytest.fixture
def marks(kubectl: Kubectl, name: str) -> Callable[[], list[str]]:
    """Give what was written on the first node's volume."""

    def read() -> list[str]:
        return kubectl("-n", name, "exec", f"{name}-0", "--", "cat", "/data/marks", check=False).splitlines()

    return read


def titles(operation: dict[str, Any]) -> list[str]:
    """Give the titles of the steps that are not every operation's."""
    usual = {"preflight", "namespace", "apply", "settle", "binding"}
    return [step["title"] for step in operation["steps"] if step["name"] not in usual]


def claims(kubectl: Kubectl, name: str) -> list[str]:
    """Give the names of the volumes."""
    found = kubectl("-n", name, "get", "pvc", "-o", "name").split()
    return sorted(one.removeprefix("persistentvolumeclaim/") for one in found)


def test_nodes_come_and_go_by_commands(
    package: Any,
    portal: Portal,
    aw: CommandLine,
    api: Api,
    kubectl: Kubectl,
    kubeconfig: str,
    name: str,
    marks: Any,
) -> None:
    chart = package(foreign.ring)
    aw.json("install", chart, name, "--cluster", "real", "--wait")
    out = aw.json("services", "scale", name, "3", "--wait")
    assert out["state"] == "succeeded"
    assert marks() == ["spread 2", f"greeted {name}-1", "spread 3", f"greeted {name}-2"]
    assert claims(kubectl, name) == [f"data-{name}-{number}" for number in range(3)]

    # a worker killed in the middle of moving data
    service = api.service(name)
    operation = api.call("POST", f"services/{service['id']}/scale/", {"replicas": 1})
    eventually(lambda: f"begin {name}-2" in marks(), "the first node moves its data", 60)
    live = api.operation(operation["id"])
    step = next(s for s in live["steps"] if s["title"] == f"Move the data off {name}-2")
    assert step["state"] == "running"
    assert kubectl("-n", name, "get", "statefulset", name, "-o", "jsonpath={.spec.replicas}") == "3"
    assert kill(portal, "worker")
    ended = api.ended(operation["id"], 240)
    assert ended["state"] == "succeeded", ended["error"]
    assert ended["attempt"] >= 2
    told = marks()[4:]
    begun = [m for m in told if m == f"begin {name}-2"]
    assert len(begun) == 2, "the command that was cut off is run again"
    essential = list(dict.fromkeys(m for m in told if not m.startswith("begin")))
    assert essential == [
        f"moved {name}-2 2", f"forgot {name}-2", f"moved {name}-1 1", f"forgot {name}-1",
    ]  # fmt: skip
    assert titles(ended) == [
        f"Move the data off {name}-2", f"Take away {name}-2", f"Wait until {name}-2 left and the rest works",
        "Forget who left", f"Delete the volumes of {name}-2",
        f"Move the data off {name}-1", f"Take away {name}-1", f"Wait until {name}-1 left and the rest works",
        "Forget who left", f"Delete the volumes of {name}-1",
    ]  # fmt: skip
    assert {s["state"] for s in ended["steps"]} <= {"done", "skipped"}
    assert claims(kubectl, name) == [f"data-{name}-0"]
    path, wanted = f"/api/v1/operations/{ended['id']}/events/?limit=200", {"Accept": "application/json"}
    story = api.client.get(path, headers=wanted).json()["results"]
    assert f"{name}-1: moved 6 of 6 parts" in [e["message"] for e in story]
    assert_one_release(kubeconfig, name, most=12)
    history = helm_history(kubeconfig, name)
    assert len(history) == 6, "install, two rounds out, two rounds in, and the last apply without confirmation"
    values = aw.json("services", "show", name)
    assert "confirmed" not in json.dumps(api.call("GET", f"services/{values['id']}/values/")["values"])


def test_a_command_that_fails_takes_nothing_away_and_says_why(
    package: Any,
    aw: CommandLine,
    api: Api,
    kubectl: Kubectl,
    name: str,
    marks: Any,
) -> None:
    chart = package(foreign.ring)
    aw.json("install", chart, name, "--cluster", "real", "--wait", "--set", "replicas=2")
    kubectl("-n", name, "exec", f"{name}-1", "--", "touch", "/data/refuse")
    failed = aw.json("services", "scale", name, "1", "--wait", code=1)
    error = failed["error"]
    assert error["code"] == "command.failed"
    assert error["title"] == f"Move the data off {name}-1 failed"
    assert f"there is no room for the data of {name}-1" in error["detail"] and "exit code 3" in error["detail"]
    assert sorted(error["cause"]["log_tail"]) == ["looking for room", f"there is no room for the data of {name}-1"]
    assert error["kept"].startswith("Nothing was taken away") and error["next"][0]["action"] == "retry"
    assert kubectl("-n", name, "get", "statefulset", name, "-o", "jsonpath={.spec.replicas}") == "2"
    kubectl("-n", name, "exec", f"{name}-1", "--", "rm", "/data/refuse")
    again = aw.json("services", "retry", name, "--wait")
    assert again["state"] == "succeeded"
    assert marks()[-2:] == [f"moved {name}-1 1", f"forgot {name}-1"]
    assert claims(kubectl, name) == [f"data-{name}-0"]

    refused = aw.json("services", "change", name, "--set", "serverVersion=3.1", code=4)
    assert "3 does not read the files of 1." in json.dumps(refused)
    said = [(f"{name}-0", "first", {"value": 0.0, "unit": "records"})]
    aw.wait_for(  # a busy machine may need more than the few seconds a node has to answer
        lambda: [(n["name"], n["role"], n["lag"]) for n in aw.json("services", "nodes", name)] == said, 60
    )
    assert "repair" in aw.run("services", "run", name)
    wants = aw.json("services", "run", name, "repair", code=4)["error"]
    assert "The service is slower meanwhile." in wants["detail"] and "--yes" in wants["detail"]
    repaired = aw.json("services", "run", name, "repair", "--yes", "--wait")
    assert titles(repaired)[1:] == [f"Repair {name}-0"] and marks()[-1] == "repaired 1"
    full = aw.json("services", "run", name, "backup", "--wait", code=1)
    assert "the store is full" in full["error"]["detail"]
    upgraded = aw.json("services", "change", name, "--set", "serverVersion=2.0", "--wait")
    assert titles(upgraded) == [f"Convert {name}-0"] and marks()[-1] == "converted"

"""A stack on a real cluster: one operation, and a member that works with the credentials it was bound to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import stacks
from tests.support.command_line import CommandLine
from tests.support.portal import Portal

pytestmark = pytest.mark.cluster
Kubectl = Callable[..., str]


@pytest.fixture
def offered(portal: Portal, tmp_path: Path) -> None:
    """Publish the stack `shop-stack`: PostgreSQL, Valkey, and a shop that writes to both."""
    stacks.publish(portal, tmp_path)


def said(kubectl: Kubectl, name: str) -> tuple[str, str]:
    """Give what the shop wrote: the rows of its database, and the value in its cache."""
    rows = kubectl(
        "-n", name, "exec", f"{name}-db-0", "--", "psql", "-U", "postgres", "-d", "app", "-tAc", "table shop"
    )
    secret = json.loads(kubectl("-n", name, "get", "secret", f"{name}-cache-binding", "-o", "json"))["data"]
    ask = (
        f"echo {secret['password']} | base64 -d > /tmp/p; REDISCLI_AUTH=$(cat /tmp/p) valkey-cli "
        f"--user $(echo {secret['username']} | base64 -d) get shop"
    )
    return rows.strip(), kubectl("-n", name, "exec", f"{name}-cache-0", "--", "sh", "-c", ask).strip()


def test_a_stack_from_install_to_uninstall(aw: CommandLine, kubectl: Kubectl, name: str, offered: None) -> None:
    operation = aw.json("install", "shop-stack", name, "--cluster", "real", "--wait", "--timeout", "600", seconds=650)
    assert operation["state"] == "succeeded", operation["error"]
    assert [(s["name"], s["state"]) for s in operation["steps"]] == [
        (step, "done") for step in ("preflight", "db", "cache", "shop")
    ]  # fmt: skip
    assert said(kubectl, name) == ("bound", "bound"), "the shop is ready only once both have answered it"
    aw.wait_for(lambda: aw.json("stacks", "show", name)["health"]["verdict"] == "healthy", 60, "all are seen healthy")
    assert {f"{name}-db", f"{name}-cache"} == {
        s["name"] for s in aw.json("services", "show", f"{name}-shop")["bound_to"]
    }

    refused = aw.json("services", "uninstall", f"{name}-db", code=4)["error"]
    assert refused["code"] == "service.others_are_bound"
    assert f"{name}-shop is bound to {name}-db" in refused["detail"]

    ended = aw.json("stacks", "uninstall", name, "--wait", seconds=400)
    assert [s["name"] for s in ended["steps"]] == ["shop", "cache", "db"]
    assert {c["name"] for c in ended["result"]["data_kept"]} == {f"data-{name}-db-0", f"data-{name}-cache-0"}
    assert kubectl("-n", name, "get", "deployments,statefulsets", "-o", "name") == ""

    again = aw.json("install", "shop-stack", name, "--cluster", "real", "--wait", "--timeout", "600", seconds=650)
    assert again["state"] == "succeeded", again["error"]
    assert said(kubectl, name)[0] == "bound\nbound", "the kept data was found, and the shop wrote once more"
    aw.run("stacks", "uninstall", name, "--delete-data", code=4)
    aw.run("stacks", "uninstall", name, "--delete-data", "--confirm", name, "--wait", seconds=400)
    assert kubectl("-n", name, "get", "pvc", "-o", "name") == ""


def test_a_stack_that_does_not_fit_makes_nothing(aw: CommandLine, kubectl: Kubectl, name: str, offered: None) -> None:
    values = ("--set", "db.resources.memory=900Gi")
    ended: dict[str, Any] = aw.json("install", "shop-stack", name, "--cluster", "real", *values, "--wait", code=1)
    assert ended["error"]["title"].startswith("Database: No node has room for")
    assert ended["error"]["kept"] == "Nothing was made on the cluster."
    assert name not in kubectl("get", "namespaces", "-o", "name")
    assert not any(s["name"].startswith(name) for s in aw.json("services", "list"))
    aw.run("stacks", "uninstall", name, "--wait")

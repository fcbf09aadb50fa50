"""Installs that cannot work: each shows the right cause, soon, and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.support.command_line import CommandLine

pytestmark = pytest.mark.cluster


def failed(aw: CommandLine, name: str, *arguments: str, stdin: str = "") -> dict[str, Any]:
    """Give the failed operation of an install."""
    operation = aw.json(
        "install", "valkey", name, "--cluster", "real", "--wait", *arguments, stdin=stdin, code=1
    )  # fmt: skip
    assert operation["state"] == "failed"
    return dict(operation)


def seconds_after(operation: dict[str, Any], moment: str) -> float:
    """Give the seconds from a moment to the operation's end."""
    end, start = (datetime.fromisoformat(t.replace("Z", "+00:00")) for t in (operation["finished_at"], moment))
    return (end - start).total_seconds()


def test_an_image_that_does_not_exist(aw: CommandLine, kubectl: Callable[..., str], name: str) -> None:
    error = (operation := failed(aw, name, "--set", "image.tag=no-such-tag"))["error"]
    assert "no-such-tag was not found" in error["title"]
    assert error["cause"]["kind"] == "Pod"
    assert {"change", "retry", "uninstall"} <= {way["action"] for way in error["next"]}
    known = kubectl(
        "-n", name, "get", "events", "--field-selector=reason=Failed", "--sort-by=.firstTimestamp",
        "-o", "jsonpath={.items[0].firstTimestamp}",
    )  # fmt: skip
    assert seconds_after(operation, known) <= 15
    aw.json("services", "change", name, "--set", "image.tag=null", "--wait")
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 30)


def test_more_memory_than_any_node_has(aw: CommandLine, name: str) -> None:
    error = failed(aw, name, "--set", "resources.memory=900Gi")["error"]
    assert error["code"] == "preflight.pod_too_large"
    assert "0/3 nodes have 900 GiB" in error["detail"]
    assert error["kept"] == "Nothing was applied."


def test_a_storage_class_that_is_not_there(aw: CommandLine, name: str) -> None:
    error = failed(aw, name, "--set", "persistence.storageClass=golden")["error"]
    assert error["title"] == "There is no storage class golden"
    assert "standard" in error["detail"]


def test_a_namespace_with_a_quota(aw: CommandLine, kubectl: Callable[..., str], name: str) -> None:
    kubectl("create", "namespace", name)
    kubectl("-n", name, "create", "quota", "tight", "--hard=requests.memory=1Mi,limits.memory=1Mi")
    error = failed(aw, name)["error"]
    assert error["code"] == "preflight.quota"
    assert "tight leaves 1 MiB" in error["detail"]


def test_a_wrong_value_is_refused_before_anything_begins(aw: CommandLine, name: str) -> None:
    error = aw.json("install", "valkey", name, "--cluster", "real", "--set", "persistence.size=lots", code=4)["error"]
    assert error["code"] == "service.bad_values"
    assert "persistence.size" in error["fields"]
    assert name not in {service["name"] for service in aw.json("services", "list", "--state", "all")}


def test_names_that_are_not_there_end_with_code_3(aw: CommandLine) -> None:
    aw.run("services", "show", "no-such-service", code=3)
    aw.run("clusters", "show", "no-such-cluster", code=3)
    aw.run("install", "no-such-package", "x", "--cluster", "real", code=3)
    aw.run("services", "change", code=2)

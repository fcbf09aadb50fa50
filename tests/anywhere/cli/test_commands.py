"""The command from sign-in to uninstall on a practice cluster: what it prints, and its exit codes."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.support.command_line import CommandLine


def test_the_token_is_kept_where_only_its_owner_reads(aw: CommandLine):
    file = Path(aw.env["ANYWHERE_CONFIG"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(json.loads(file.read_text())) == {"server", "token", "organization"}


def test_a_wrong_password_is_refused(aw: CommandLine):
    arguments = ("login", "--server", aw.portal.address, "--email", "owner@example.com", "--password-stdin")
    assert aw.json(*arguments, stdin="wrong", code=4)["error"]["code"] == "auth.invalid_credentials"


def test_the_catalogue_forgives_typing_errors(aw: CommandLine):
    assert [p["name"] for p in aw.json("catalog", "search", "postgrse")] == ["postgresql"]
    shown = aw.json("catalog", "show", "kafka")
    assert {p["name"] for p in shown["plans"]} == {"small", "standard", "large"}
    assert "PLAN" in aw.run("catalog", "show", "kafka")


def test_a_service_from_install_to_uninstall(aw: CommandLine):
    operation = aw.json("install", "valkey", "cache", "--cluster", "try", "--wait")
    assert operation["state"] == "succeeded"
    aw.wait_for(lambda: aw.health("cache")["verdict"] == "healthy", 30)
    assert aw.json("services", "list")[0]["cluster"]["is_practice"] is True
    answer = aw.json("services", "connect", "cache")
    assert answer["endpoints"][0]["port"] == 6379
    assert answer["credentials"]["password"]
    assert answer["credentials"]["password"] not in aw.run("services", "connect", "cache")
    shown = aw.run("services", "connect", "cache", "--show").splitlines()
    assert all(f"{key}: {value}" in shown for key, value in answer["credentials"].items())

    plan = aw.json("services", "change", "cache", "--plan", "standard", "--set", "replicas=1", "--dry-run")
    assert any("Restarts 1 pod" in change["effect"] for change in plan["changes"])
    aw.json("services", "change", "cache", "--plan", "standard", "--wait")
    assert aw.json("services", "show", "cache")["desired"]["plan"] == "standard"
    assert aw.json("services", "rollback", "cache", "--wait")["state"] == "succeeded"
    desired = aw.json("services", "show", "cache")["desired"]
    assert desired["plan"] == "small"

    server = aw.json("services", "show", "cache")["server_version"]
    assert server.count(".") == 2
    for shown in (
        aw.run("services", "list"),
        aw.run("services", "show", "cache"),
        aw.run("services", "history", "cache"),
    ):
        assert server in shown
    assert {"operation"} <= {e["kind"] for e in aw.json("services", "events", "cache")}
    ended = aw.json("services", "uninstall", "cache", "--wait")
    assert [c["name"] for c in ended["result"]["data_kept"]] == ["data-cache-0"]
    aw.run("services", "show", "cache", code=3)


def test_kafka_scales_out_and_not_in(aw: CommandLine):
    aw.json("install", "kafka", "log", "--cluster", "try", "--plan", "small", "--wait")
    error = aw.json("services", "scale", "log", "2", code=4)["error"]
    assert error["code"] == "service.cannot_scale"
    aw.json("services", "scale", "log", "3", "--wait")
    assert aw.json("services", "show", "log")["desired"]["replicas"] == {"server": 3}
    assert [one["name"] for one in aw.json("services", "run", "log")] == ["rebalance"]
    ran = aw.json("services", "run", "log", "rebalance", "--wait")
    assert (ran["kind"], ran["state"]) == ("procedure", "succeeded")
    aw.run("services", "run", "log", "backup", code=3)
    assert [node["name"] for node in aw.json("services", "nodes", "log")] == ["log-0", "log-1", "log-2"]
    assert "log-2" in aw.run("services", "nodes", "log")
    refused = aw.json("services", "scale", "log", "1", code=4)["error"]
    assert refused["code"] in ("service.cannot_scale", "service.change_refused")
    aw.run("services", "uninstall", "log", "--wait")


def test_an_install_that_fails_says_why_and_ends_with_1(aw: CommandLine):
    arguments = ("install", "valkey", "broken", "--cluster", "try", "--set", "image.tag=missing", "--wait")
    operation = aw.json(*arguments, code=1)
    assert "was not found" in operation["error"]["title"]
    listed = aw.json("operations", "list", "--service", "broken")
    assert [o["state"] for o in listed] == ["failed"]
    [line] = [line for line in aw.run("operations", "list", "--service", "broken").splitlines() if "failed" in line]
    assert line.startswith(listed[0]["id"])
    assert line.rstrip().endswith(operation["error"]["title"])
    aw.run("operations", "show", listed[0]["id"], code=1)
    aw.run("services", "uninstall", "broken", "--wait")


def test_an_operation_is_cancelled(aw: CommandLine):
    operation = aw.json("install", "valkey", "stopped", "--cluster", "try", "--set", "image.tag=missing")
    aw.json("operations", "cancel", operation["id"])
    ended = aw.json("operations", "watch", operation["id"], code=1)
    assert ended["state"] == "cancelled"
    aw.run("services", "uninstall", "stopped", "--wait")


def test_waiting_ends_with_5_when_time_is_up(aw: CommandLine):
    values = ("--set", "image.tag=missing", "--wait", "--timeout", "1")
    aw.run("install", "valkey", "slow", "--cluster", "try", *values, code=5)
    aw.run("services", "uninstall", "slow", "--wait")


def test_wrong_uses_end_with_2_and_missing_things_with_3(aw: CommandLine):
    aw.run("services", "change", code=2)
    aw.run("clusters", "add", "x", code=2)
    aw.run("bogus", code=2)
    aw.run("clusters", "show", "nowhere", code=3)
    aw.run("catalog", "show", "nothing", code=3)
    error = aw.json("install", "nothing", "x", "--cluster", "try", code=3)["error"]
    assert error["title"] == "There is no such package"
    aw.run("operations", "show", "00000000-0000-0000-0000-000000000000", code=3)


def test_a_server_that_is_not_there_ends_with_1(aw: CommandLine):
    aw.run("--server", "http://127.0.0.1:9", "clusters", "list", code=1)


def test_data_is_deleted_only_with_its_name_typed(aw: CommandLine):
    aw.json("install", "postgresql", "gone", "--cluster", "try", "--wait")
    aw.run("services", "uninstall", "gone", "--delete-data", code=4)
    ended = aw.json("services", "uninstall", "gone", "--delete-data", "--confirm", "gone", "--wait")
    assert ended["result"] == {"data_kept": [], "data_deleted": True}

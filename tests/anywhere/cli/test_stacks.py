"""The command for stacks on a practice cluster: installed as one, looked at, uninstalled as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import stacks
from tests.support.command_line import CommandLine


@pytest.fixture(scope="module", autouse=True)
def offered(aw: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Publish the stack `shop-stack`."""
    folder: Path = tmp_path_factory.mktemp("charts")
    stacks.publish(aw.portal, folder)


def test_a_stack_is_installed_by_the_same_verb_and_looked_after_as_one(aw: CommandLine):
    assert "[3 services]" in aw.run("catalog", "search", "shop")
    assert "Installs Shop: shop 1.0.0, bound to db, cache" in aw.run("catalog", "show", "shop-stack")
    values = ("--set", "db.persistence.size=7Gi")
    operation = aw.json("install", "shop-stack", "mine", "--cluster", "try", *values, "--wait")
    assert (operation["kind"], operation["state"]) == ("install_stack", "succeeded"), operation["error"]
    assert [s["title"] for s in operation["steps"]] == ["Check that all of it fits", "Database", "Cache", "Shop"]
    shown = aw.json("stacks", "show", "mine")
    assert [(m["name"], m["bound_to"]) for m in shown["members"]] == [
        ("mine-db", []), ("mine-cache", []), ("mine-shop", ["db", "cache"]),
    ]  # fmt: skip
    assert aw.json("services", "show", "mine-db")["stack"]["name"] == "mine"
    for text in (aw.run("stacks", "list"), aw.run("stacks", "show", "mine")):
        assert "Shop stack" in text and "mine" in text
    refused = aw.json("services", "uninstall", "mine-db", code=4)["error"]
    assert refused["code"] == "service.others_are_bound"
    ended = aw.json("stacks", "uninstall", "mine", "--wait")
    assert {c["name"]: c["size"] for c in ended["result"]["data_kept"]} == {
        "data-mine-db-0": "7Gi", "data-mine-cache-0": "1Gi",
    }  # fmt: skip
    aw.run("stacks", "show", "mine", code=3)


def test_a_stack_goes_on_after_its_cause_was_mended(aw: CommandLine):
    missing = ("--set", "cache.image.tag=missing")
    failed = aw.json("install", "shop-stack", "half", "--cluster", "try", *missing, "--wait", code=1)
    assert "half-cache" in failed["error"]["title"]
    assert [w["action"] for w in failed["error"]["next"]] == ["change", "retry", "uninstall"]
    aw.json("services", "change", "half-cache", "--set", "image.tag=null", "--wait")
    again = aw.json("stacks", "retry", "half", "--wait")
    assert {s["name"]: s["state"] for s in again["steps"][1:]} == {"db": "done", "cache": "done", "shop": "done"}
    aw.run("stacks", "uninstall", "half", "--delete-data", code=4)
    ended = aw.json("stacks", "uninstall", "half", "--delete-data", "--confirm", "half", "--wait")
    assert ended["result"] == {"data_kept": [], "data_deleted": True}


def test_wrong_uses_of_stacks_say_what_to_do(aw: CommandLine):
    aw.run("install", "valkey", "x", "--cluster", "try", "--without", "cache", code=2)
    aw.run("stacks", "show", "nothing", code=3)
    error = aw.json("install", "shop-stack", "x" * 60, "--cluster", "try", code=4)["error"]
    assert error["code"] == "service.bad_name"
    error = aw.json("install", "shop-stack", "x", "--cluster", "try", "--without", "db", code=4)["error"]
    assert error["detail"].startswith("db cannot be left out.")

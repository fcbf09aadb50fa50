"""Ranges of versions, refused ways, commands after one; and all refusals together."""

from __future__ import annotations

import pytest

from catalog.rules.ranges import is_in
from services.rules import refusals, upgrades


@pytest.mark.parametrize(("version", "wanted", "answer"), [
    ("4.1.3", "4.x", True), ("5.0", "4.x", False), ("4.1.3", "4.1", True), ("4.10.0", "4.1", False),
    ("4", "4.0", True), ("4.1.3", ">=4.1 <5", True), ("5.0.0", ">=4.1 <5", False), ("4.0.9", ">=4.1 <5", False),
    ("4.2", ">= 4.1, < 5", True), ("5.0.1", "<=5", True), ("6.0", "<=5", False), ("5.0.1", ">5", False),
    ("6", ">5", True), ("4.2", "!=4.2", False), ("4.1.9", "~4.1.2", True), ("4.2", "~4.1", False),
    ("4.2.0", "~4.1.2", False), ("4.9", "^4.1", True), ("5.0", "^4.1", False), ("7.2", "5 || >=7", True),
    ("6.9", "5 || >=7", False), ("18", "*", True), ("v3.0.1-rc1", "3.x", True),
])  # fmt: skip
def test_a_version_lies_in_a_range(version, wanted, answer):
    assert is_in(version, wanted) is answer


def test_a_range_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="no range"):
        is_in("4", "newest")


WAYS = [
    {
        "path": "serverVersion",
        "from": "4.x",
        "to": ">=6",
        "how": "refused",
        "reason": "Not readable.",
        "way": "Go to 5.",
    },
    {"path": "serverVersion", "from": "4.x", "to": ">=5", "how": "rolling", "after": [{"title": "Rewrite"}]},
]


def test_the_first_way_that_matches_is_taken():
    (refusal,) = upgrades.refusals(WAYS, {"serverVersion": "4.1"}, {"serverVersion": "6.0"})
    assert (refusal.code, refusal.detail, refusal.way) == (
        "upgrade.refused", "serverVersion: 4.1 → 6.0. Not readable.", "Go to 5.",
    )  # fmt: skip
    assert upgrades.refusals(WAYS, {"serverVersion": "4.1"}, {"serverVersion": "5.0"}) == []
    assert upgrades.commands_after(WAYS, {"serverVersion": "4.1"}, {"serverVersion": "5.0"}) == [{"title": "Rewrite"}]
    assert upgrades.commands_after(WAYS, {"serverVersion": "5.0"}, {"serverVersion": "5.0"}) == []


def test_one_reason_a_value_is_enough_and_rules_hold_when_they_say():
    guard = {
        "path": "serverVersion",
        "rule": "no-change",
        "reason": "Fixed.",
        "when": {"path": "small", "equals": True},
    }
    definition = {"guards": [guard], "upgrades": WAYS}
    old = {"serverVersion": "4.1", "small": True}
    (refusal,) = refusals.every(definition, {}, old, {**old, "serverVersion": "6.0"})
    assert refusal.code == "guard.no-change"
    old["small"] = False
    (refusal,) = refusals.every(definition, {}, old, {**old, "serverVersion": "6.0"})
    assert refusal.code == "upgrade.refused"


def test_the_present_guards_stand_in_for_those_a_new_version_lacks():
    guards = {"guards": [{"path": "replicas", "rule": "no-decrease", "reason": "Gone.", "way": "Copy."}]}
    (refusal,) = refusals.every({}, guards, {"replicas": 3}, {"replicas": 1})
    assert refusal.detail == "replicas: 3 → 1. Gone."

"""Guards refuse before anything is touched, and say why and which way leads there."""

from __future__ import annotations

import pytest

from services.rules.guards import refusals


def refused(rule: str, before: object, after: object) -> bool:
    guards = [{"path": "a.b", "rule": rule, "reason": "Because.", "way": "Do this."}]
    found = refusals(guards, {"a": {"b": before}}, {"a": {"b": after}})
    assert all(r.code == f"guard.{rule}" and "Because." in r.detail and r.way == "Do this." for r in found)
    return bool(found)


@pytest.mark.parametrize(
    ("rule", "before", "after", "expected"),
    [
        ("no-change", "x", "y", True),
        ("no-change", "x", "x", False),
        ("same-major", "17.12", "18.6", True),
        ("same-major", "18.5", "18.6", False),
        ("same-major", "18.6", "latest", True),
        ("no-decrease", 3, 1, True),
        ("no-decrease", 1, 3, False),
        ("no-decrease", "10Gi", "5Gi", True),
        ("no-decrease", "1Gi", "1024Mi", False),
        ("no-decrease", "1Gi", "2000Mi", False),
        ("no-downgrade", "4.3.1", "4.2.1", True),
        ("no-downgrade", "4.2.1", "4.10.0", False),
        ("no-skip-major", "4.3.1", "5.0.0", False),
        ("no-skip-major", "4.3.1", "6.0.0", True),
        ("no-skip-major", "4.3.1", "3.9.0", True),
    ],
)
def test_a_guard_decides(rule, before, after, expected):
    assert refused(rule, before, after) is expected


def test_a_value_that_was_never_there_is_free():
    assert refusals([{"path": "a.b", "rule": "no-change"}], {}, {"a": {"b": 1}}) == []


def test_taking_a_guarded_value_away_is_refused():
    assert refusals([{"path": "a.b", "rule": "no-change"}], {"a": {"b": 1}}, {"a": {}})


def test_one_reason_a_value_is_given():
    guards = [{"path": "v", "rule": "same-major"}, {"path": "v", "rule": "no-downgrade"}]
    assert [r.code for r in refusals(guards, {"v": "18.6"}, {"v": "17.1"})] == ["guard.same-major"]


def test_a_version_that_never_ran_leaves_the_way_back_open_and_is_no_step_on_the_way():
    guards = [{"path": "v", "rule": "no-downgrade"}, {"path": "v", "rule": "no-skip-major"}]
    assert refusals(guards, {"v": "5.0"}, {"v": "4.1"}, {"v": "4.1"}) == []
    assert refusals(guards, {"v": "5.0"}, {"v": "4.0"}, {"v": "4.1"})[0].code == "guard.no-downgrade"
    assert refusals(guards, {"v": "5.0"}, {"v": "6.0"}, {"v": "4.1"})[0].code == "guard.no-skip-major"
    assert refusals(guards, {"v": "5.0"}, {"v": "3.0"}, {}) == [], "nothing has run yet"


def test_what_is_no_version_goes_by_what_was_asked_for_last():
    guards = [{"path": "replicas", "rule": "no-decrease"}]
    assert refusals(guards, {"replicas": 3}, {"replicas": 1}, {"replicas": 1})


def test_an_unknown_rule_is_an_error_of_the_package():
    with pytest.raises(ValueError, match="unknown rule"):
        refusals([{"path": "v", "rule": "sometimes"}], {"v": "1"}, {"v": "2"})


def test_a_guard_that_holds_only_for_some_values_leaves_the_others_alone():
    guards = [{"path": "replicas", "rule": "no-decrease", "when": {"path": "controllers", "equals": 0}}]
    assert refusals(guards, {"replicas": 3, "controllers": 0}, {"replicas": 1, "controllers": 0})
    assert refusals(guards, {"replicas": 4, "controllers": 3}, {"replicas": 3, "controllers": 3}) == []

"""Values merge as Helm merges them, and secrets come out and go back in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.values import (
    Layer,
    difference,
    find,
    holds,
    is_masked,
    keys_of,
    mask,
    merge,
    overlay,
    path_of,
    put,
    put_secrets,
    take_secrets,
)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([{"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 9}}], {"a": 1, "b": {"c": 9, "d": 3}}),
        ([{"list": [1, 2, 3]}, {"list": [9]}], {"list": [9]}),
        ([{"a": 1, "b": {"c": 2}}, {"a": None, "b": {"c": None}}], {"b": {}}),
        ([{"a": {"x": 0, "y": 2}}, {"a": None}, {"a": {"x": 1}}], {"a": {"x": 1, "y": 2}}),
        ([{"a": {"x": 1}}, {"a": "text"}], {"a": "text"}),
        ([{"a": "text"}, {"a": {"x": 1}}], {"a": {"x": 1}}),
        ([{"a": 1}, {"a": 2}, {"a": 3}], {"a": 3}),
        ([{}, {"new": {"deep": True}}], {"new": {"deep": True}}),
    ],
)
def test_layers_merge_as_helm_merges_them(layers, expected):
    names = ["chart", "plan", "user"]
    assert merge(list(zip(names, layers, strict=False))).values == expected


def test_the_result_says_which_layer_gave_each_value():
    merged = merge([("chart", {"a": 1, "b": {"c": 2, "d": 3}}), ("plan", {"b": {"c": 4}}), ("user", {"b": {"c": 5}})])
    assert merged.origin == {"a": "chart", "b.c": "user", "b.d": "chart"}


def test_the_overlay_keeps_nulls_because_helm_needs_them_to_take_a_default_away():
    assert overlay([{"a": {"b": 1}}, {"a": {"c": None}}]) == {"a": {"b": 1, "c": None}}


def test_layers_without_the_chart_keep_nulls_for_helm():
    assert merge([Layer("plan", {"a": 1, "c": 2}), Layer("person", {"a": None})]).values == {"a": None, "c": 2}


def test_no_layers_give_no_values():
    assert merge([]).values == {}


def test_merging_does_not_change_the_layers():
    chart, user = {"a": {"b": [1]}}, {"a": {"c": {"d": 1}}}
    merge([("chart", chart), ("user", user)]).values["a"]["c"]["d"] = 2
    assert (chart, user) == ({"a": {"b": [1]}}, {"a": {"c": {"d": 1}}})


def test_a_difference_holds_only_what_differs():
    defaults = {"a": 1, "b": {"c": 2, "d": 3}, "e": [1], "f": 1.0}
    assert difference(defaults, {"a": 1, "b": {"c": 5, "d": 3}, "e": [1, 2], "f": 1}) == {"b": {"c": 5}, "e": [1, 2]}
    assert difference(defaults, {"b": {"c": 2}, "e": [1], "f": 1}) == {"b": {"d": None}, "a": None}
    assert difference({"a": 1}, {"a": True}) == {"a": True}


leaf = st.one_of(st.integers(0, 3), st.booleans(), st.text("ab.", max_size=2), st.lists(st.integers(0, 2), max_size=2))
tree = st.recursive(leaf, lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3))
values = st.dictionaries(st.text("abc", min_size=1, max_size=2), tree, max_size=3)


@given(values, values)
def test_a_difference_laid_over_the_defaults_gives_the_values_again(defaults, wanted):
    assert merge([("chart", defaults), ("user", difference(defaults, wanted))]).values == wanted


@given(st.lists(st.text(min_size=1).filter(lambda key: not key.endswith("\\")), min_size=1, max_size=4))
def test_a_path_and_its_keys_go_both_ways(keys):
    plain = [key for key in keys if "\\" not in key] or ["a.b"]
    assert keys_of(path_of(plain)) == plain


def test_secrets_are_taken_out_and_put_back():
    given_values = {"auth": {"password": "s3cret", "user": "app"}, "users": [{"name": "a", "key": "k1"}], "size": 1}
    public, secrets = take_secrets(given_values, ["auth.password", "users.*.key", "absent.secret"])
    assert public == {"auth": {"user": "app"}, "users": [{"name": "a"}], "size": 1}
    assert secrets == {"auth.password": "s3cret", "users.0.key": "k1"}
    assert put_secrets(public, secrets) == given_values


@pytest.mark.parametrize("kept", [{"$secret": True}, "••••", None, ""])
def test_a_masked_or_empty_secret_means_the_kept_one(kept):
    assert take_secrets({"auth": {"password": kept}, "a": 1}, ["auth.password"]) == ({"a": 1}, {})


def test_a_secret_whose_list_item_is_gone_is_left_out():
    assert put_secrets({"users": []}, {"users.0.key": "k"}) == {"users": []}


def test_secrets_that_are_there_are_masked():
    found = mask({"auth": {"password": "x", "other": ""}}, ["auth.password", "auth.other"])
    assert found == {"auth": {"password": {"$secret": True}, "other": ""}}
    assert is_masked(found["auth"]["password"])
    assert mask({"p": "x"}, ["p"], by="••••") == {"p": "••••"}


def test_a_value_is_found_and_put_by_its_path():
    assert find({"a": {"b": [{"c": 1}]}}, "a.b.0.c") == 1
    assert find({"a": 1}, "a.b", "none") == "none"
    assert find({"a.b": {"c": 1}}, "a\\.b.c") == 1
    assert put({"a": 1}, "b.c", 2) == {"a": 1, "b": {"c": 2}}


@pytest.mark.parametrize(
    ("when", "value", "expected"),
    [
        ({"path": "a.b", "equals": 3}, 3, True),
        ({"path": "a.b", "equals": 3}, 1, False),
        ({"path": "a.c", "equals": 3}, 3, False),
        ({"path": "a.b", "above": 1}, 2, True),
        ({"path": "a.b", "above": 1}, 1, False),
        ({"path": "a.b", "above": 1}, "2", False),
        ({"path": "a.c", "above": 1}, 2, False),
        (None, 1, True),
        ([{"path": "a.b", "above": 1}, {"path": "a.b", "equals": 3}], 3, True),
        ([{"path": "a.b", "above": 1}, {"path": "a.b", "equals": 3}], 2, False),
    ],
)
def test_a_rule_is_in_force_while_its_value_is_so(when: dict | list | None, value: object, expected: bool) -> None:
    assert holds({"when": when}, {"a": {"b": value}}) is expected

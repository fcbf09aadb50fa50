"""Names: what can be used, and what to suggest."""

from __future__ import annotations

import pytest

from services.rules import names


@pytest.mark.parametrize("name", ["a", "orders-db", "x" * 53, "a1"])
def test_a_good_name_has_no_problem(name):
    assert names.problem_with_name(name) is None


@pytest.mark.parametrize(
    "name",
    ["", "x" * 54, "-a", "a-", "A", "a.b", "a_b", "1a", "--post-renderer=/bin/sh", "a b", "a\n", "$(id)", "ä", "a\x00"],
)
def test_a_bad_name_is_told_why(name):
    assert names.problem_with_name(name)


@pytest.mark.parametrize("namespace", ["kube-system", "anywhere-system", "x" * 64, "", "A", "../x"])
def test_a_bad_namespace_is_told_why(namespace):
    assert names.problem_with_namespace(namespace)


def test_a_suggestion_is_free():
    assert names.suggest("kafka", set()) == "kafka"
    assert names.suggest("kafka", {"kafka", "kafka-2"}) == "kafka-3"
    assert names.problem_with_name(names.suggest("x" * 60, {"x" * 49})) is None


@pytest.mark.parametrize("name", ["n", "y", "on", "off", "no", "yes", "true", "false", "null"])
def test_words_that_yaml_does_not_take_for_text_are_no_names(name):
    assert "not as a name" in names.problem_with_name(name)
    assert "not as a name" in names.problem_with_namespace(name)


@pytest.mark.parametrize("namespace", ["123", "1e3", "0x1f", "0o17"])
def test_numbers_are_no_namespaces(namespace):
    assert "not as a name" in names.problem_with_namespace(namespace)


@pytest.mark.parametrize("namespace", ["nn", "on-1", "1a", "yes2", "e1"])
def test_what_yaml_takes_for_text_is_one(namespace):
    assert names.problem_with_namespace(namespace) is None

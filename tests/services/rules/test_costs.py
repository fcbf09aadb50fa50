"""What a service asks for, in the package's own terms."""

from __future__ import annotations

import pytest

from services.rules import procedures
from services.rules.costs import asked

COSTS = [
    {"unit": "cpu", "path": "resources.cpu", "times": "replicas"},
    {"unit": "memory", "path": "resources.memory", "times": "replicas"},
    {"unit": "disk", "path": "size", "times": "replicas"},
    {"unit": "cpu", "path": "boss.cpu", "times": 2},
    {"unit": "gpu", "path": "gpus"},
]


def test_each_value_counts_as_often_as_there_are_nodes():
    values = {"replicas": 3, "resources": {"cpu": 1, "memory": "4Gi"}, "size": "100Gi", "boss": {"cpu": "250m"}}
    assert asked({"costs": COSTS}, values) == [
        {"unit": "cpu", "each": "1", "times": 3}, {"unit": "memory", "each": "4 GiB", "times": 3},
        {"unit": "disk", "each": "100 GiB", "times": 3}, {"unit": "cpu", "each": "0.25", "times": 2},
    ]  # fmt: skip


def test_the_same_counts_together_and_nothing_is_left_out():
    values = {"replicas": 1, "resources": {"cpu": "500m", "memory": ""}, "size": "0", "boss": {"cpu": 0.5}, "gpus": 0}
    assert asked({"costs": COSTS}, values) == [{"unit": "cpu", "each": "0.5", "times": 3}]


@pytest.mark.parametrize("odd", ["much", None, {"a": 1}, [1], "-1"])
def test_what_is_no_amount_is_left_out(odd):
    assert asked({"costs": COSTS}, {"replicas": 2, "size": odd}) == []
    assert asked({"costs": COSTS}, {"replicas": odd, "size": "1Gi"}) == []


@pytest.mark.parametrize(("values", "found"), [
    ({"load": False}, [("0.5", 2), ("2", 3)]),
    ({"load": True, "minimum": 4}, [("0.5", 4), ("2", 4)]),
    ({"load": False, "models": []}, []),
    ({"load": False, "models": None}, []),
    ({"load": False, "models": ["a", "b"]}, [("0.5", 4)]),
])  # fmt: skip
def test_each_item_of_a_list_counts_with_what_it_says_itself(values, found):
    shared = {"unit": "cpu", "per": "models", "own": "cpu", "path": "resources.cpu"}
    replicated = {"path": "replicas", "above": 0}
    definition = {"costs": [
        {**shared, "times": "replicas", "when": {"path": "load", "equals": False}},
        {**shared, "times": "minimum", "when": [{"path": "load", "equals": True}, replicated]},
    ]}  # fmt: skip
    models = [{"name": "a", "cpu": ""}, {"name": "b", "cpu": "2", "replicas": 3}, {"name": "c", "replicas": 0}]
    common = {"replicas": 2, "resources": {"cpu": "500m"}, "models": models}
    assert [(row["each"], row["times"]) for row in asked(definition, {**common, **values})] == found


def test_procedures_are_offered_as_the_values_allow():
    steps = [{"title": "Copy", "pods": "one", "command": ["copy"]}]
    backup = {"name": "backup", "title": "Back up", "summary": "Copies.", "steps": steps,
              "showIf": {"path": "backup.enabled", "equals": True}}  # fmt: skip
    repair = {"name": "repair", "title": "Repair", "summary": "Mends.", "danger": "Slow.", "steps": steps}
    definition = {"procedures": [backup, repair]}
    assert [one["name"] for one in procedures.offered(definition, {"backup": {"enabled": True}})] == [
        "backup",
        "repair",
    ]
    assert procedures.offered(definition, {"backup": {"enabled": False}}) == [
        {"name": "repair", "title": "Repair", "summary": "Mends.", "danger": "Slow."}
    ]
    assert procedures.steps_of(definition, {}, "repair") == steps and procedures.steps_of(definition, {}, "x") == []


def test_of_two_procedures_with_one_name_the_values_choose():
    def restore(pods: str, cluster: bool) -> dict:
        return {"name": "restore", "title": pods, "summary": "Reads.", "steps": [{"pods": pods}],
                "showIf": {"path": "cluster", "equals": cluster}}  # fmt: skip

    definition = {"procedures": [restore("one", False), restore("each", True)]}
    for cluster, pods in ((False, "one"), (True, "each")):
        assert [one["title"] for one in procedures.offered(definition, {"cluster": cluster})] == [pods]
        assert procedures.steps_of(definition, {"cluster": cluster}, "restore") == [{"pods": pods}]

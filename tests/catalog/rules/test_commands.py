"""Commands, conditions and ranges of a package that do not fit it are refused when it is published."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.rules.definition import inconsistencies

VALUES = {"replicas": 3, "version": "1.0", "size": "1Gi", "on": True, "confirmed": False, "parts": []}
ITEM = {"properties": {"own": {"type": "string"}, "copies": {"type": "integer"}}}
SCHEMA = {"properties": {"parts": {"type": "array", "items": ITEM}}}
NODES = [{"component": "node", "title": "Node", "workload": "{fullname}"}]


def command(**more: Any) -> dict[str, Any]:
    """Give a command."""
    return {"title": "Move", "pods": "each", "command": ["move"], **more}


def wrong(**definition: Any) -> list[str]:
    """Give what is wrong with a definition."""
    return inconsistencies({"nodes": NODES, **definition}, VALUES, SCHEMA, [])


def test_a_package_that_fits_is_right():
    scaling = [{
        "component": "node", "path": "replicas", "confirm": "confirmed", "when": {"path": "on", "equals": True},
        "beforeIn": [command(pods="leaving"), command(pods="each", component="node")],
        "afterOut": [command(pods="joining")],
    }]  # fmt: skip
    upgrades = [{"path": "version", "from": "1.x || 2", "to": ">=3 <4", "how": "rolling", "after": [command()]}]
    both = [{"path": "on", "equals": True}, {"path": "replicas", "above": 1}]
    costs = [
        {"unit": "disk", "path": "size", "times": "replicas"},
        {"unit": "disk", "path": "size", "times": 2, "when": both},
        {"unit": "disk", "per": "parts", "own": "own", "path": "size", "times": "copies"},
    ]
    assert wrong(scaling=scaling, upgrades=upgrades, costs=costs, procedures=[{"steps": [command(pods="one")]}]) == []


@pytest.mark.parametrize(("definition", "words"), [
    ({"procedures": [{"steps": [command(component="boss")]}]}, "names the component boss"),
    ({"procedures": [{"steps": [command(pods="leaving")]}]}, "only a change of size has"),
    ({"upgrades": [{"path": "version", "from": "1", "to": "2", "after": [command(pods="staying")]}]}, "change of size"),
    ({"upgrades": [{"path": "version", "from": "old", "to": "2"}]}, "no range of versions"),
    ({"upgrades": [{"path": "nowhere", "from": "1", "to": "2"}]}, "upgrades names nowhere"),
    ({"costs": [{"unit": "cpu", "path": "size", "times": "nowhere"}]}, "costs names nowhere"),
    ({"costs": [{"unit": "cpu", "path": "size", "times": "copies"}]}, "costs names copies"),
    ({"costs": [{"unit": "cpu", "path": "size", "per": "nowhere"}]}, "costs names nowhere"),
    ({"costs": [{"unit": "cpu", "path": "size", "per": "parts", "own": "size"}]}, "costs names parts.*.size"),
    ({"costs": [{"path": "size", "when": [{"path": "on", "equals": 1}, {"path": "off", "above": 1}]}]}, "names off"),
    ({"scaling": [{"component": "node", "path": "replicas", "confirm": "nowhere"}]}, "scaling names nowhere"),
    ({"guards": [{"path": "size", "when": {"path": "nowhere", "equals": 1}}]}, "guards names nowhere"),
    ({"procedures": [{"showIf": {"path": "nowhere", "equals": 1}, "steps": []}]}, "procedures names nowhere"),
])  # fmt: skip
def test_what_does_not_fit_is_named(definition, words):
    (sentence,) = wrong(**definition)
    assert words in sentence


def test_only_the_pods_of_the_component_that_changes_come_and_go():
    scaling = [
        {"component": "node", "path": "replicas", "beforeIn": [command(pods="leaving", component="boss")]},
        {"component": "boss", "path": "replicas"},
    ]
    (sentence,) = wrong(scaling=scaling)
    assert "those of node come and go" in sentence

"""Values are checked against the schema in plain words, and no message holds a value."""

from __future__ import annotations

import time

import pytest

from catalog.rules.schema import faults, likely_secret_paths, secret_paths
from catalog.rules.validation import BadSchema, check_schema, fields, problems

SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "minLength": 1, "maxLength": 8},
        "replicas": {"type": "integer", "minimum": 1, "maximum": 5},
        "mode": {"enum": ["a", "b"]},
        "fixed": {"const": 3},
        "list": {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": "object", "required": ["x"]}},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "auth": {"type": "object", "properties": {"password": {"type": "string", "writeOnly": True, "minLength": 8}}},
    },
    "if": {"properties": {"mode": {"const": "b"}}, "required": ["mode"]},
    "then": {"required": ["replicas"]},
}


@pytest.mark.parametrize(
    ("values", "path", "code", "message"),
    [
        ({}, "name", "required", "This is needed."),
        ({"name": 1}, "name", "type", "This has to be text."),
        ({"name": "A"}, "name", "pattern", "This takes small letters."),
        ({"name": "abcdefghi"}, "name", "maxLength", "This may have at most 8 characters."),
        ({"name": "a", "replicas": 0}, "replicas", "minimum", "This has to be at least 1."),
        ({"name": "a", "replicas": 9}, "replicas", "maximum", "This has to be at most 5."),
        ({"name": "a", "replicas": 1.5}, "replicas", "type", "This has to be a whole number."),
        ({"name": "a", "mode": "c"}, "mode", "enum", "This has to be one of a, b."),
        ({"name": "a", "mode": "b"}, "replicas", "required", "This is needed."),
        ({"name": "a", "fixed": 4}, "fixed", "const", "This has to be 3."),
        ({"name": "a", "list": [{"x": 1}]}, "list", "minItems", "This list needs at least 2 entries."),
        ({"name": "a", "list": [{"x": 1}, {}]}, "list.1.x", "required", "This is needed."),
        ({"name": "a", "list": [{"x": 1}, {"x": 1}]}, "list", "uniqueItems", "An entry is there twice."),
        ({"name": "a", "either": []}, "either", "type", "This has to be text or a whole number."),
        ({"name": "a", "zzz": 1}, "zzz", "unknown", "The package does not know this."),
        (
            {"name": "a", "auth": {"password": "short"}},
            "auth.password",
            "minLength",
            "This needs at least 8 characters.",
        ),
    ],
)
def test_a_wrong_value_is_said_in_plain_words(values, path, code, message):
    assert [(p.path, p.code, p.message) for p in problems(SCHEMA, values)] == [(path, code, message)]


def test_right_values_have_no_problems():
    assert problems(SCHEMA, {"name": "abc", "replicas": 3, "mode": "b"}) == []
    assert problems({}, {"anything": [1]}) == []


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (
            "^[a-z][a-z0-9_]{0,62}$",
            "This takes small letters, digits and underscores, begins with a small letter and has at most "
            "63 characters.",
        ),
        (
            "^[A-Za-z_][A-Za-z0-9_]*$",
            "This takes small letters, capital letters, digits and underscores and begins with a small letter, a "
            "capital letter or an underscore.",
        ),
        ("^[a-z0-9-]{1,20}$", "This takes small letters, digits and hyphens and has at most 20 characters."),
        ("^[a-z/]+$", "This does not have the form the package takes (^[a-z/]+$)."),
        ("^(1|2)$", "This does not have the form the package takes (^(1|2)$)."),
    ],
)
def test_the_pattern_of_a_name_is_said_in_words(pattern, words):
    schema = {"properties": {"name": {"type": "string", "pattern": pattern}}}
    assert [problem.message for problem in problems(schema, {"name": "ä"})] == [words]


def worded(pattern, words):
    return {"type": "string", "if": {"pattern": pattern}, "else": {"const": words, "not": {"const": words}}}


@pytest.mark.parametrize(
    ("values", "path", "message"),
    [
        ({"heap": "512"}, "heap", "This has to be an amount such as 512m."),
        ({"names": ["a", "A"]}, "names.1", "This has to be a name."),
        ({"extra": {"a": "b\nc"}}, "extra.a", "This has to be one line."),
        ({"extra": {"A": "b"}}, "extra", "Each name has to be the name of a setting."),
    ],
)
def test_the_words_of_the_schema_say_what_a_value_is(values, path, message):
    extra = {
        "propertyNames": worded("^[a-z]+$", "the name of a setting"),
        "additionalProperties": worded("^.*$", "one line"),
    }
    names = {"items": worded("^[a-z]+$", "a name")}
    schema = {"properties": {"heap": worded("^[0-9]+m$", "an amount such as 512m"), "names": names, "extra": extra}}
    assert problems(schema, {"heap": "512m", "names": ["a"], "extra": {"a": "b"}}) == []
    assert [(p.path, p.code, p.message) for p in problems(schema, values)] == [(path, "pattern", message)]


def test_the_words_themselves_are_no_value():
    assert problems({"properties": {"name": worded("^[a-z]+$", "a name")}}, {"name": "a name"})


def test_a_value_that_is_reserved_is_said_so():
    schema = {"properties": {"name": {"not": {"anyOf": [{"const": "root"}, {"pattern": "^pg_"}]}}}}
    assert [problem.message for problem in problems(schema, {"name": "root"})] == ["This value cannot be used here."]


def test_no_message_holds_the_value():
    secret = "hunter2-canary"
    schema = {
        "properties": {
            "p": {"type": "string", "pattern": "^x", "maxLength": 3, "not": {"const": secret}, "enum": ["x"]}
        }
    }
    found = problems(schema, {"p": secret})
    assert found
    assert secret not in str(found)


def test_problems_become_the_fields_of_a_problem_document():
    assert fields(problems(SCHEMA, {"name": "A", "replicas": 9})) == {
        "name": ["This takes small letters."],
        "replicas": ["This has to be at most 5."],
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://169.254.169.254/latest"},
        {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
        {"allOf": [{"$ref": "other.json#/a"}]},
        {"properties": {"a": {"pattern": "x" * 600}}},
        {"type": "nonsense"},
        {"properties": {"a": {"pattern": "("}}},
    ],
)
def test_a_schema_that_leads_outside_or_is_broken_is_refused(schema):
    with pytest.raises(BadSchema):
        check_schema(schema)


def test_a_schema_that_is_too_deep_is_refused():
    schema = {}
    for _ in range(200):
        schema = {"properties": {"a": schema}}
    assert faults(schema) == ["The schema is nested deeper than 40 levels."]


def test_a_hostile_pattern_takes_no_time():
    started = time.monotonic()
    found = problems({"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}, {"a": "a" * 5000 + "!"})
    assert [p.code for p in found] == ["pattern"]
    assert time.monotonic() - started < 2


def test_a_recursive_schema_is_used_and_its_secrets_are_found_once():
    schema = {
        "definitions": {
            "node": {"properties": {"secret": {"writeOnly": True}, "next": {"$ref": "#/definitions/node"}}}
        },
        "$ref": "#/definitions/node",
    }
    assert secret_paths(schema) == ["secret"]
    check_schema(schema)


def test_secret_paths_are_found_in_conditions_lists_and_maps():
    schema = {
        "properties": {
            "auth": {"properties": {"password": {"writeOnly": True}, "user": {}}},
            "users": {"items": {"properties": {"key": {"format": "password"}}}},
            "extra": {"additionalProperties": {"x-form": {"widget": "password"}}},
        },
        "then": {"properties": {"tls": {"properties": {"key": {"writeOnly": True}}}}},
    }
    assert secret_paths(schema) == ["auth.password", "users.*.key", "extra.*", "tls.key"]


def test_without_a_schema_secrets_are_told_by_their_names():
    values = {
        "auth": {"password": "", "existingSecret": "", "username": "x", "passwordKey": ""},
        "apiKey": "",
        "token": "",
    }
    assert likely_secret_paths(values) == ["auth.password", "apiKey", "token"]

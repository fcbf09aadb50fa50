"""What a stack's file may say, and in which order its members are installed."""

from __future__ import annotations

import pytest
import yaml
from django.conf import settings

from catalog.reading import stack_schema
from catalog.rules import stack as rules
from catalog.rules.faults import ArchiveRefused
from catalog.rules.stack import NotOffered, PackageFacts
from tests.catalog.stacks import STACK, file_of, stack

FACTS = {
    "store": PackageFacts(("small", "large"), publishes_binding=True, values={"replicas": 1}),
    "app": PackageFacts(("small",), False, {"bindings": {"first": "", "second": ""}}),
}


def read(said, name="pair.yaml"):
    return rules.read(file_of(said), name, stack_schema())


def member(name, *bound_to):
    return {"name": name, "bindings": [{"path": "bindings.x", "member": other} for other in bound_to]}


def names(members):
    return [each["name"] for each in members]


def test_a_member_comes_after_those_it_is_bound_to_else_in_the_order_of_the_file():
    assert names(rules.in_order(STACK["members"])) == ["first", "second", "app"]
    order = rules.in_order([member("d", "c"), member("b"), member("c", "a", "b"), member("a"), member("e")])
    assert names(order) == ["b", "a", "c", "d", "e"]


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ([member("a", "a"), member("b")], "a is bound to itself. Take that binding out."),
        ([member("a", "x"), member("b")], "a is bound to x, which is no member. The members: a, b."),
        ([member("a", "b"), member("b", "a")], "Members are bound in a circle: a → b → a. Take one binding out."),
        (
            [member("z", "a"), member("a", "b"), member("b", "c"), member("c", "a")],
            "Members are bound in a circle: a → b → c → a. Take one binding out.",
        ),
    ],
)
def test_bindings_that_cannot_be_are_refused_with_a_sentence(members, sentence):
    with pytest.raises(ArchiveRefused, match="^" + sentence.replace(".", r"\.") + "$"):
        rules.in_order(members)


def two(name):
    return [{"name": name, "package": "store", "title": "One"}, {"name": name, "package": "store", "title": "Two"}]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"apiVersion": "v2"}, "apiVersion"),
        ({"kind": "Package"}, "kind"),
        ({"name": "Pair"}, "name"),
        ({"name": "other"}, "called other but its file is called pair.yaml"),
        ({"version": "latest"}, "version"),
        ({"summary": "No full stop"}, "summary"),
        ({"category": "things"}, "category"),
        ({"keywords": []}, "keywords"),
        ({"readme": ""}, "readme"),
        ({"plans": []}, "plans"),
        ({"plans": [{"name": "huge", "title": "Huge", "summary": "Much."}]}, "plans.0.name"),
        ({"plans": [{"name": "small", "title": "A", "summary": "A."}] * 2}, "Two plans are called small"),
        ({"members": [STACK["members"][1]]}, "members"),
        ({"members": two("a")}, "Two members are called a. Give one another name."),
        ({"members": two("Not_a_name")}, "members.0.name"),
        ({"members": [{**m, "replicas": 3} for m in two("a")]}, "members.0.replicas"),
        ({"members": [{**m, "bindings": [{"path": "a b", "member": "a"}]} for m in two("a")]}, "members.0.bindings"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_file_that_is_not_right_is_refused_and_says_where(changes, words):
    with pytest.raises(ArchiveRefused) as refused:
        read(stack(**changes))
    assert refused.value.code == "stack.invalid"
    assert words in refused.value.detail


@pytest.mark.parametrize("data", [b"- a", b"a: &a [*a]", b"\xff", b""])
def test_what_is_no_yaml_map_is_refused(data):
    with pytest.raises(ArchiveRefused):
        rules.read(data, "pair.yaml", stack_schema())


def test_a_stack_that_fits_its_packages_passes():
    rules.check(read(STACK), FACTS)


def test_a_stack_whose_packages_are_not_there_is_not_offered():
    with pytest.raises(NotOffered, match=r"^app, store are not published\.$"):
        rules.check(STACK, {})
    with pytest.raises(NotOffered, match=r"^app is not published\.$"):
        rules.check(STACK, {"store": FACTS["store"]})


@pytest.mark.parametrize(
    ("package", "facts", "sentence"),
    [
        ("store", PackageFacts(("small",), True), "first: store has no plan large. Its plans: small."),
        ("store", PackageFacts(("small", "large"), False), "app is bound to first, which publishes no credentials."),
        ("app", PackageFacts(("small",), False, {}), "app: app has no value bindings.first to bind with."),
    ],
)
def test_a_stack_that_does_not_fit_its_packages_is_refused_with_a_sentence(package, facts, sentence):
    with pytest.raises(ArchiveRefused) as refused:
        rules.check(STACK, {**FACTS, package: facts})
    assert refused.value.detail == sentence


def test_a_value_to_bind_with_may_be_only_in_the_schema():
    text = {"type": "string"}
    schema = {"properties": {"bindings": {"properties": {"first": text, "second": text}}}}
    rules.check(STACK, {**FACTS, "app": PackageFacts(("small",), False, {}, schema)})


def test_a_member_that_may_be_left_out_takes_the_bindings_to_it_along():
    kept = rules.chosen(STACK["members"], ["second"])
    assert names(kept) == ["first", "app"]
    assert [binding["member"] for binding in kept[1]["bindings"]] == ["first"]
    assert names(rules.chosen(STACK["members"], [])) == ["first", "second", "app"]


@pytest.mark.parametrize(
    ("without", "sentence"),
    [("first", "first cannot be left out."), ("x", "x is no member. The members: app, first, second.")],
)
def test_other_members_cannot_be_left_out(without, sentence):
    with pytest.raises(ValueError, match="^" + sentence.replace(".", r"\.") + "$"):
        rules.chosen(STACK["members"], [without])


def test_the_names_of_secrets_are_put_at_the_paths_of_the_bindings():
    app = STACK["members"][0]
    secrets = {"first": "x-first-binding", "second": "x-second-binding"}
    assert rules.bound({"replicas": 2}, app, secrets) == {
        "replicas": 2, "bindings": {"first": "x-first-binding", "second": "x-second-binding"},
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted((settings.ROOT / "helm-charts/stacks").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_stacks_that_come_with_the_portal_are_right(path):
    said = rules.read(path.read_bytes(), path.name, stack_schema())
    assert [plan["name"] for plan in said["plans"]] == ["small", "standard", "large"]
    assert yaml.safe_load(path.read_text())["members"][-1]["bindings"], "the last one is bound to the others"

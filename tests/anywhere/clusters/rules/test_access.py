"""What the portal creates for itself, and what is said when it may do less."""

from __future__ import annotations

import pytest
import yaml

from anywhere.clusters.rules import access
from anywhere.clusters.rules.access import CLUSTER_WIDE, NAMESPACED, Rule

PLAN = access.plan("anywhere-1")
EVERY_RULE = [*PLAN.rules, *PLAN.own_rules()]


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: ",".join(rule.resources)[:40])
def test_each_right_has_a_reason_and_names_what_it_is_about(rule):
    assert rule.why.endswith(".")
    assert "*" not in rule.verbs + rule.resources + rule.api_groups
    assert not {"escalate", "bind", "impersonate"} & set(rule.verbs)
    assert not {"pods/attach", "pods/portforward", "nodes/proxy", "pods/ephemeralcontainers"} & set(rule.resources)


@pytest.mark.parametrize("namespace", ["", "shop"])
def test_commands_in_containers_are_among_the_rights_shown_before(namespace):
    shown = access.plan("anywhere-1", namespace).as_dict()
    rules = [rule for rule in shown["rules"] if "pods/exec" in rule["resources"]]
    assert [rule["verbs"] for rule in rules] == [("get", "create")]
    assert "pods/exec" in shown["manifest"]


def test_nothing_cluster_wide_is_written_but_namespaces_and_kinds():
    written = {r for rule in CLUSTER_WIDE if {"create", "delete"} & set(rule.verbs) for r in rule.resources}
    assert written == {"namespaces", "customresourcedefinitions"}


def test_only_our_own_cluster_role_may_be_deleted():
    rules = [rule for rule in PLAN.rules if "clusterroles" in rule.resources]
    assert [(rule.verbs, rule.resource_names) for rule in rules] == [(("delete",), ("anywhere-1",))]
    assert not any("delete" in rule.verbs for rule in PLAN.rules if "namespaces" in rule.resources)


def test_one_deletion_takes_everything_away():
    kinds = [obj["kind"] for obj in PLAN.objects()]
    owners = [PLAN.owner_of(index) for index in range(len(kinds))]
    assert [None if owner is None else kinds[owner] for owner in owners] == [None, "Namespace", *["ClusterRole"] * 4]
    inside = access.plan("anywhere-1", "shop")
    assert [inside.owner_of(index) for index in range(5)] == [None, 0, 0, 0, 0]


def test_organizations_have_accounts_of_their_own():
    first, second = access.plan(access.account_name("11111111-x")), access.plan(access.account_name("22222222-x"))
    names = [{(obj["kind"], obj["metadata"]["name"]) for obj in plan.objects()} for plan in (first, second)]
    assert names[0] & names[1] == {("Namespace", "anywhere-system")}


def test_the_manifest_is_what_is_created():
    plan = PLAN
    assert list(yaml.safe_load_all(plan.manifest())) == plan.objects()
    assert [obj["kind"] for obj in plan.objects()] == [
        "Namespace", "ClusterRole", "ServiceAccount", "Role", "RoleBinding", "ClusterRoleBinding",
    ]  # fmt: skip


def test_the_restricted_shape_creates_nothing_outside_its_namespace():
    objects = access.plan("anywhere-1", "shop").objects()
    assert {obj["metadata"]["namespace"] for obj in objects} == {"shop"}
    assert {obj["kind"] for obj in objects} == {"ServiceAccount", "Role", "RoleBinding"}


def test_rules_are_cut_down_to_what_can_be_granted():
    rule = Rule(("apps",), ("deployments", "daemonsets"), ("get", "create"), "Because.", "Not.")
    held = {("*", "apps", "deployments"), ("get", "apps", "daemonsets")}
    cut = access.grantable([rule], lambda *asked: asked in held)
    assert [(one.resources, one.verbs) for one in cut] == [
        (("deployments",), ("get", "create")),
        (("daemonsets",), ("get",)),
    ]


def test_what_is_missing_is_said_once_and_in_plain_words():
    lacking = access.missing(CLUSTER_WIDE, lambda verb, group, resource: resource not in {"nodes", "storageclasses"})
    sentences = access.limits("namespace", "shop", lacking)
    assert sentences[0] == "Services can be installed only in the namespace shop."
    assert len(sentences) == 3
    assert access.limits("cluster", "", []) == []


def test_installing_needs_the_vital_rules():
    vital = {resource for rule in NAMESPACED if access.is_vital(rule) for resource in rule.resources}
    assert {"deployments", "statefulsets", "secrets", "services", "pods"} <= vital
    assert "leases" not in vital

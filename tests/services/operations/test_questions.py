"""Preflight and plan: they answer, touch nothing, and show no secret."""

from __future__ import annotations

import pytest

from anywhere.clusters.models import Cluster, Credential
from anywhere.gateways import fakes
from anywhere.gateways.errors import InvalidChart, Unreachable
from services import actions
from tests.services.operations.conftest import Cell, World, finish
from tests.support import factories

pytestmark = pytest.mark.django_db(transaction=True)
WRITES = {"apply", "create", "replace", "patch", "delete", "install_or_upgrade", "rollback", "uninstall", "mark_failed"}


def writes(cell: Cell, since: int = 0) -> list[str]:
    """Give the writing calls; an apply of a plan is a dry run, which changes no object."""
    return [verb for verb in cell.verbs()[since:] if verb in WRITES - {"apply"}]


def test_a_plan_says_what_would_change_and_touches_nothing(world):
    service = world.installed(values={"auth": {"password": "canary-4711"}})
    since, objects = len(world.cell.calls), dict(world.cell.objects)
    asked = actions.ask_plan(service, world.owner, {"values": {"replicas": 3, "auth": {"password": "canary-4712"}}})
    answer = finish(asked).result
    changes = {c["object"]["kind"]: c for c in answer["changes"]}
    assert changes["StatefulSet"]["action"] == "change"
    assert "+  replicas: 3" in changes["StatefulSet"]["diff"]
    assert "Secret" in changes
    assert "canary" not in str(answer)
    assert writes(world.cell, since) == []
    assert world.cell.objects == objects


def test_a_plan_against_a_guard_is_refused_without_asking_the_cluster(world):
    service = world.installed()
    since = len(world.cell.calls)
    answer = finish(actions.ask_plan(service, world.owner, {"values": {"image": "store:2"}})).result
    assert [r["code"] for r in answer["refusals"]] == ["guard.same-major"]
    assert (answer["changes"], answer["summary"]) == ([], "This change is refused.")
    assert len(world.cell.calls) == since


def test_a_plan_that_the_chart_does_not_take_is_refused_in_its_words(world, monkeypatch):
    service = world.installed()

    def refuse(request):
        raise InvalidChart("replicas needs an odd number")

    monkeypatch.setattr(world.cell, "render", refuse)
    answer = finish(actions.ask_plan(service, world.owner, {"values": {"replicas": 2}})).result
    assert answer["summary"] == "This change is refused." and answer["changes"] == []
    assert answer["refusals"] == [
        {"code": "chart.invalid", "detail": "replicas needs an odd number", "way": "", "path": ""}
    ]


def test_a_plan_of_nothing_changes_nothing(world):
    service = world.installed()
    answer = finish(actions.ask_plan(service, world.owner, {})).result
    assert [c for c in answer["changes"] if c["object"]["kind"] == "StatefulSet"] == []


def test_preflight_answers_for_every_cluster_also_when_one_is_away(world, monkeypatch):
    away = factories.cluster(world.organization, name="away", server="https://192.0.2.99:6443")
    credential = Credential(cluster=away, purpose="portal", kind="token")
    credential.secret = {"token": "t"}
    credential.save(force_insert=True)
    gone = fakes.FAKES.clusters[away.server] = Cell()
    for verb in ("get", "status", "request", "template", "api_versions"):
        gone.fail(verb, Unreachable("No route to host."))
    unready = factories.cluster(world.organization, name="unready", state="registering")
    broken = factories.cluster(world.organization, name="broken", state="failed")
    operation = actions.ask_preflight(
        world.organization, world.owner, version=world.version, plan="small", values={}, name="db", namespace="db",
        clusters=[world.cluster, away, unready, broken],
    )  # fmt: skip
    answer = {c["cluster"]["name"]: c for c in finish(operation).result["clusters"]}
    assert answer[world.cluster.name]["verdict"] in {"fits", "risk"}
    assert answer["away"]["verdict"] == "no"
    assert [f["code"] for f in answer["away"]["findings"]] == ["cluster.unreachable"]
    assert [f["code"] for f in answer["unready"]["findings"]] == ["cluster.not_registered"]
    assert [f["title"] for f in answer["broken"]["findings"]] == ["It was not connected"]
    assert writes(world.cell) == []


def test_preflight_asks_a_restricted_cluster_about_its_namespace_unless_one_was_given(world: World):
    Cluster.objects.filter(pk=world.cluster.pk).update(access_mode="namespace", namespace="team")
    world.cell.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}})
    found = {}
    for given in ("", "elsewhere"):
        operation = actions.ask_preflight(
            world.organization, world.owner, version=world.version, plan="small", values={}, name="db",
            namespace=given, clusters=[Cluster.objects.get(pk=world.cluster.pk)],
        )  # fmt: skip
        (answer,) = finish(operation).result["clusters"]
        found[given] = [f["code"] for f in answer["findings"] if f["level"] == "error"]
    assert found == {"": [], "elsewhere": ["preflight.namespace_not_allowed"]}


def test_preflight_refuses_a_name_that_is_taken_there(world: World):
    world.installed("db")
    operation = actions.ask_preflight(
        world.organization, world.owner, version=world.version, plan="small", values={}, name="db", namespace="db",
        clusters=[world.cluster],
    )  # fmt: skip
    (answer,) = finish(operation).result["clusters"]
    assert answer["verdict"] == "no"
    assert any("already" in f["detail"] for f in answer["findings"])


def test_preflight_refuses_a_binding_whose_secret_is_not_there(world: World, monkeypatch):
    whole = world.cell.render
    mounts = [{"name": n, "secret": {"secretName": n, "optional": n == "maybe"}} for n in ("events-binding", "maybe")]

    def render(request):
        objects = whole(request)
        spec = next(o for o in objects if o["kind"] == "StatefulSet")["spec"]["template"]["spec"]
        spec["volumes"] = mounts
        return objects

    monkeypatch.setattr(world.cell, "render", render)
    bindings = {"kafka": "events-binding", "store": "maybe", "unused": "nowhere"}
    world.version.values = {**world.version.values, "bindings": bindings}
    world.version.save(update_fields=["values"])

    def found() -> list[str]:
        operation = actions.ask_preflight(
            world.organization, world.owner, version=world.version, plan="small", values={}, name="db",
            namespace="db", clusters=[world.cluster],
        )  # fmt: skip
        (answer,) = finish(operation).result["clusters"]
        return [f["title"] for f in answer["findings"] if f["level"] == "error"]

    assert found() == ["There is no Secret events-binding"]
    world.cell.put({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "events-binding", "namespace": "db"}})
    assert found() == []


def test_an_install_that_does_not_fit_applies_nothing_and_says_why(world):
    world.cell.begin("db", "Install complete")
    world.cell.releases["db", "db"][-1] = fakes.replace(world.cell.releases["db", "db"][-1], status="deployed")
    _, operation = world.install()
    ended = finish(operation)
    assert (ended.state, ended.error["kept"]) == ("failed", "Nothing was applied.")
    ways = {way["action"]: way["detail"] for way in ended.error["next"]}
    assert ways["uninstall"] == "Take it off the list; the cluster has nothing of it."
    assert "not made here" in ended.error["detail"]
    assert writes(world.cell) == []

"""Every address × every kind of person: what is not yours looks as if it were not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver

from tests.api.cases import CASES, CHANGE, OWN, PUBLIC, SIGNED_IN, VIEW, build
from tests.support import factories

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
ALLOWED = {VIEW: ("viewer", "member", "owner"), CHANGE: ("member", "owner"), OWN: ("owner",)}
REFUSED = {CHANGE: ("viewer",), OWN: ("viewer", "member")}


@pytest.fixture(autouse=True)
def _no_real_cluster(settings, tmp_path):
    settings.CONNECTOR = "anywhere.gateways.fakes.connect"
    settings.CHART_CACHE = tmp_path / "charts"


@pytest.fixture
def world():
    return build()


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path, entry.callback
        else:
            yield from routes(entry.url_patterns, path)


def declared() -> set[tuple[str, str]]:
    """Give (address, method) of everything under /api/, with every variable's name left out."""
    found = set()
    for path, view in routes():
        kind = getattr(view, "cls", None)
        for method in METHODS if kind else ("get",):
            if path.startswith("api/v1/") and (kind is None or hasattr(kind, method)):
                found.add((nameless(path.removeprefix("api/v1/")), method))
    return found


def nameless(path: str) -> str:
    return re.sub(r"<(\w+):\w+>", r"<\1>", path)


def address(path: str, names: dict[str, str]) -> str:
    return "/api/v1/" + re.sub(r"<\w+:(\w+)>", lambda found: names[found.group(1)], path)


def ask(person: Any, method: str, path: str, names: dict[str, str]) -> Any:
    body = [] if method == "get" else [{}]
    return getattr(factories.client(person), method)(
        address(path, names), *body, headers={"Accept": "application/json"}
    )


def code_of(answer: Any) -> str:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()["code"]


def pick(*kinds: str) -> list[Any]:
    return [
        pytest.param(path, method, id=f"{method} {path}") for (path, method), kind in CASES.items() if kind in kinds
    ]


def test_every_address_has_a_case():
    assert declared() == {(nameless(path), method) for path, method in CASES}


@pytest.mark.parametrize(("path", "method"), pick(SIGNED_IN, VIEW, CHANGE, OWN))
def test_who_is_not_signed_in_gets_401(world, path, method):
    answer = ask(None, method, path, world.names)
    assert (answer.status_code, code_of(answer)) == (401, "auth.sign_in_needed")


@pytest.mark.parametrize(("path", "method"), pick(VIEW, CHANGE, OWN))
def test_a_stranger_gets_404_whether_it_is_there_or_not(world, path, method):
    there = ask(world.people["stranger"], method, path, world.names)
    nowhere = {name: "00000000-0000-4000-8000-000000000000" for name in world.names}
    not_there = ask(world.people["stranger"], method, path, nowhere)
    assert (there.status_code, there.json()) == (404, not_there.json())


@pytest.mark.parametrize(("path", "method"), pick(CHANGE, OWN))
def test_too_low_a_role_gets_403_and_a_sentence(world, path, method):
    for role in REFUSED[CASES[path, method]]:
        answer = ask(world.people[role], method, path, world.names)
        assert (answer.status_code, code_of(answer)) == (403, "forbidden"), role
        assert "of the organization can do this" in answer.json()["detail"]


@pytest.mark.parametrize(("path", "method"), pick(VIEW, CHANGE, OWN))
def test_a_role_that_is_enough_passes(world, path, method):
    for role in ALLOWED[CASES[path, method]][:1]:
        answer = ask(world.people[role], method, path, world.names)
        assert answer.status_code not in (401, 403, 404, 405, 500), (role, getattr(answer, "content", b"")[:500])


@pytest.mark.parametrize(("path", "method"), pick(SIGNED_IN))
def test_who_is_signed_in_passes(world, path, method):
    answer = ask(world.people["stranger"], method, path, world.names)
    expected = (404,) if "<uuid:token>" in path else (200, 201, 204, 400)
    assert answer.status_code in expected, answer.content[:500]


@pytest.mark.parametrize(("path", "method"), pick(PUBLIC))
def test_what_is_public_never_fails(world, path, method):
    assert ask(None, method, path, world.names).status_code in (200, 204, 400)


@pytest.mark.parametrize("path", sorted({path for path, _ in CASES}))
def test_other_methods_are_refused(world, path):
    for method in METHODS:
        if (path, method) in CASES:
            continue
        answer = ask(world.people["owner"], method, path, world.names)
        assert answer.status_code == 405, method


LISTS = [path for path, method in CASES if method == "get" and "<uuid" not in path and path.endswith("s/")]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_shows_nothing_of_another_organization(world, path):
    names = world.names | {"org": "elsewhere"}
    answer = ask(world.people["stranger"], "get", path, names)
    text = getattr(answer, "content", b"").decode()
    for name in ("cluster", "practice", "operation", "service", "stack", "member"):
        assert world.names[name] not in text
    assert "owner@example.com" not in text


def test_a_service_cannot_be_put_on_a_cluster_of_another_organization(world):
    body = {"package": "web", "name": "mine", "cluster": world.names["cluster"]}
    answer = factories.client(world.people["stranger"]).post("/api/v1/organizations/elsewhere/services/", body)
    assert answer.status_code in (400, 404)
    own = {"package": "web", "name": "mine", "clusters": [world.names["cluster"]]}
    preflight = factories.client(world.people["stranger"]).post("/api/v1/organizations/elsewhere/preflight/", own)
    assert world.names["cluster"] not in preflight.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_live_story_of_an_operation_is_told_only_to_its_organization():
    world = build()
    path = address("operations/<uuid:operation>/events/", world.names)
    live = {"Accept": "text/event-stream"}
    assert factories.client().get(path, headers=live).status_code == 401
    assert factories.client(world.people["stranger"]).get(path, headers=live).status_code == 404
    told = factories.client(world.people["viewer"]).get(path, headers=live)
    assert (told.status_code, told["Content-Type"]) == (200, "text/event-stream")
    told.close()


WRITES = [pytest.param(path, method, id=f"{method} {path}") for path, method in CASES if method in ("post", "patch")]


@pytest.mark.parametrize(("path", "method"), WRITES)
def test_fields_nobody_asked_for_are_refused_and_not_ignored(world, path, method):
    body = {"is_staff": True, "organization_id": "x", "state": "succeeded", "created_at": "2020-01-01"}
    answer = getattr(factories.client(world.people["owner"]), method)(address(path, world.names), body)
    assert (answer.status_code, code_of(answer)) == (400, "request.unknown_field")
    assert set(body) <= set(answer.json()["fields"])

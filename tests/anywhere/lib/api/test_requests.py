"""What every address does the same way: limits, refusals, pages, ETags, idempotency."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from anywhere.accounts.models import AuditEntry, IdempotencyRecord, Organization
from anywhere.lib.api import idempotency
from anywhere.lib.errors import AppError
from tests.support import factories

pytestmark = pytest.mark.django_db
ORGANIZATIONS = "/api/v1/organizations/"


@pytest.fixture
def alice():
    return factories.user("alice@example.com")


@pytest.fixture
def client(alice):
    factories.organization("acme", owner=alice)
    return factories.client(alice)


def code(answer):
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"/docs/errors#{problem['code']}"
    return answer.status_code, problem["code"]


def test_a_body_over_2_mb_is_refused_before_anything_else():
    answer = APIClient().post(ORGANIZATIONS, json.dumps({"name": "x" * 2_100_000}), content_type="application/json")
    assert code(answer) == (413, "request.too_large")


def test_a_body_whose_length_is_a_number_of_thousands_of_digits_is_refused():
    assert code(APIClient().get(ORGANIZATIONS, headers={"Content-Length": "9" * 5000})) == (413, "request.too_large")


def test_a_database_that_takes_no_writes_is_told_as_unavailable(client):
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    answer = client.post(ORGANIZATIONS, {"name": "Another"})
    assert code(answer) == (503, "portal.database_unavailable")
    assert int(answer["Retry-After"]) > 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_to_the_database_that_was_cut_is_told_as_unavailable(client):
    connection.connection.close()
    try:
        assert code(client.get(ORGANIZATIONS)) == (503, "portal.database_unavailable")
    finally:
        connection.close()
    assert client.get(ORGANIZATIONS).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "expected"),
    [
        ("post", ORGANIZATIONS, "{", "application/json", (400, "request.bad_json")),
        ("post", ORGANIZATIONS, '{"name": "a", "name": "b"}', "application/json", (400, "request.bad_json")),
        ("post", ORGANIZATIONS, "[1]", "application/json", (400, "request.invalid")),
        ("post", ORGANIZATIONS, "name=a", "application/x-www-form-urlencoded", (415, "request.media_type")),
        ("post", ORGANIZATIONS, '{"name": "a"}', "text/plain", (415, "request.media_type")),
        ("put", ORGANIZATIONS, "{}", "application/json", (405, "request.method_not_allowed")),
        ("get", "/api/v1/nowhere/", None, None, (404, "not_found")),
        ("get", ORGANIZATIONS + "?q=%00", None, None, (400, "request.malformed")),
        ("get", ORGANIZATIONS + "?q=" + "x" * 9000, None, None, (414, "request.query_too_long")),
        ("get", ORGANIZATIONS + "?limit=0", None, None, (400, "request.invalid")),
        ("get", ORGANIZATIONS + "?limit=ten", None, None, (400, "request.invalid")),
        ("get", ORGANIZATIONS + "?cursor=cD0x", None, None, (400, "request.invalid")),
    ],
)
def test_a_request_that_cannot_be_understood_is_refused_in_one_shape(client, method, path, body, kind, expected):
    answer = client.generic(method.upper(), path, body or "", content_type=kind or "application/json")
    assert code(answer) == expected


def test_every_answer_carries_the_strict_policy(client):
    for path in (ORGANIZATIONS, "/api/v1/nowhere/"):
        answer = client.get(path)
        assert "script-src 'self';" in answer["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cache-Control"] == "private, no-cache"


def test_a_page_has_at_most_200_rows_and_leads_to_the_next_and_back(client, alice):
    acme = Organization.objects.get(slug="acme")
    for number in range(205):
        AuditEntry.objects.create(organization=acme, actor=alice, action=f"a.{number}", subject_type="x")
    path = f"{ORGANIZATIONS}acme/audit/?limit=1000"
    first = client.get(path).json()
    second = client.get(first["next"]).json()
    assert (len(first["results"]), len(second["results"]), first["previous"], second["next"]) == (200, 5, None, None)
    assert client.get(second["previous"]).json()["results"] == first["results"]
    assert len({row["id"] for row in first["results"] + second["results"]}) == 205


def test_a_cursor_does_not_fit_another_list(client, alice):
    acme = Organization.objects.get(slug="acme")
    for _ in range(3):
        AuditEntry.objects.create(organization=acme, actor=alice, action="a", subject_type="x")
    cursor = client.get(f"{ORGANIZATIONS}acme/audit/?limit=1").json()["next"].split("cursor=")[1].split("&")[0]
    assert code(client.get(f"{ORGANIZATIONS}acme/members/?cursor={cursor}")) == (400, "request.invalid")


def test_an_answer_that_is_known_is_not_sent_again(client):
    first = client.get(f"{ORGANIZATIONS}acme/")
    again = client.get(f"{ORGANIZATIONS}acme/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    client.patch(f"{ORGANIZATIONS}acme/", {"name": "New"})
    changed = client.get(f"{ORGANIZATIONS}acme/", headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()["name"]) == (200, "New")


# Idempotency-Key


def post(client, body, key="k1"):
    return client.post(ORGANIZATIONS, body, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_do_the_work_once_and_give_the_same_answer(client):
    first, again = post(client, {"name": "Blue"}), post(client, {"name": "Blue"})
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert again["Idempotent-Replay"] == "true"
    assert Organization.objects.filter(name="Blue").count() == 1


def test_the_same_key_with_another_body_is_refused(client):
    post(client, {"name": "Blue"})
    assert code(post(client, {"name": "Red"})) == (422, "idempotency.key_reused")


def test_keys_belong_to_a_person_and_an_address(client):
    post(client, {"name": "Blue"})
    other = factories.client(factories.user())
    assert post(other, {"name": "Red"}).status_code == 201
    token = client.post("/api/v1/account/tokens/", {"name": "t"}, headers={"Idempotency-Key": "k1"})
    assert token.status_code == 201


def test_a_refused_request_leaves_no_record_and_no_trace(client):
    assert post(client, {"name": "Acme", "slug": "acme"}).status_code == 409
    assert IdempotencyRecord.objects.count() == 0
    assert post(client, {"name": "Acme", "slug": "acme-2"}).status_code == 201


def test_after_24_hours_a_key_is_free_again(client):
    post(client, {"name": "Blue"})
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert post(client, {"name": "Red"}).status_code == 201


def test_a_body_that_is_no_object_is_refused_with_a_key_too(client):
    answer = client.post(ORGANIZATIONS, [1], headers={"Idempotency-Key": "k1"})
    assert code(answer) == (400, "request.invalid")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "schlüssel"])
def test_a_key_that_cannot_be_used_is_refused(client, key):
    assert code(post(client, {"name": "Blue"}, key)) == (400, "idempotency.bad_key")


@pytest.mark.django_db(transaction=True)
def test_while_the_first_request_works_a_second_one_is_told_so(alice):
    client = factories.client(alice)
    holds, finish = threading.Event(), threading.Event()

    def first():
        try:
            with transaction.atomic():
                assert idempotency._lock(f"{alice.pk}\n{ORGANIZATIONS}\nk1")
                holds.set()
                finish.wait(10)
        finally:
            connection.close()

    worker = threading.Thread(target=first)
    worker.start()
    assert holds.wait(10)
    assert code(post(client, {"name": "Blue"})) == (409, "idempotency.in_flight")
    finish.set()
    worker.join(10)
    assert post(client, {"name": "Blue"}).status_code == 201


def test_an_error_without_a_code_cannot_exist():
    with pytest.raises(TypeError, match="needs a code"):
        type("Nameless", (AppError,), {"code": ""})

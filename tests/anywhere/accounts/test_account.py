"""A person's own account and tokens."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from anywhere.accounts.models import ApiToken, IdempotencyRecord
from anywhere.accounts.tasks import forget_old_records
from tests.support import factories

pytestmark = pytest.mark.django_db
TOKENS = "/api/v1/account/tokens/"
PASSWORD = "/api/v1/account/password/"


@pytest.fixture
def alice():
    cache.clear()
    return factories.user("alice@example.com")


def test_a_person_changes_their_name_and_nothing_else(alice):
    client = factories.client(alice)
    assert client.patch("/api/v1/account/", {"name": "Alice"}).json()["name"] == "Alice"
    for field in ("is_staff", "email", "id", "is_superuser", "password"):
        answer = client.patch("/api/v1/account/", {"name": "A", field: "x"})
        assert (answer.status_code, answer.json()["code"]) == (400, "request.unknown_field")
        assert list(answer.json()["fields"]) == [field]


def test_a_token_is_shown_once_and_then_only_by_its_prefix(alice):
    client = factories.client(alice)
    made = client.post(TOKENS, {"name": "ci", "expires_in_days": None}).json()
    listed = client.get(TOKENS).json()["results"]
    assert made["token"].startswith("aw_")
    assert [row["name"] for row in listed] == ["ci", "test"]
    assert "token" not in listed[0]
    assert made["token"] not in json.dumps(listed)


def test_a_deleted_or_expired_token_stops_working(alice):
    client = factories.client(alice)
    for end in ("delete", "expire"):
        made = client.post(TOKENS, {"name": end}).json()
        own = APIClient()
        own.credentials(HTTP_AUTHORIZATION=f"Bearer {made['token']}")
        assert own.get("/api/v1/account/").status_code == 200
        if end == "delete":
            assert client.delete(f"{TOKENS}{made['id']}/").status_code == 204
        ApiToken.objects.filter(pk=made["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
        assert own.get("/api/v1/account/").status_code == 401


def test_somebody_else_s_token_is_not_there(alice):
    row = ApiToken.objects.create(user=factories.user(), name="x", prefix="x", digest="x")
    assert factories.client(alice).delete(f"{TOKENS}{row.pk}/").status_code == 404
    assert ApiToken.objects.filter(pk=row.pk).exists()


def test_a_token_s_stored_answer_is_sealed_and_opens_again(alice):
    client = factories.client(alice)
    key = {"Idempotency-Key": "once"}
    first = client.post(TOKENS, {"name": "ci"}, headers=key)
    again = client.post(TOKENS, {"name": "ci"}, headers=key)
    assert first.json() == again.json()
    assert ApiToken.objects.filter(name="ci").count() == 1
    assert first.json()["token"] not in str(IdempotencyRecord.objects.values())


def test_changing_the_password_ends_tokens_and_other_sessions_but_not_this_one(alice):
    here, elsewhere, token = APIClient(), APIClient(), factories.client(alice)
    for browser in (here, elsewhere):
        browser.force_login(alice)
    body = {"current_password": factories.PASSWORD, "new_password": "a much better secret"}
    assert here.post(PASSWORD, body).status_code == 204
    assert [client.get("/api/v1/account/").status_code for client in (here, elsewhere, token)] == [200, 401, 401]


@pytest.mark.parametrize(
    ("current", "new", "code", "field"),
    [
        ("wrong", "a much better secret", "account.wrong_password", "current_password"),
        (factories.PASSWORD, "short", "account.weak_password", "new_password"),
        (factories.PASSWORD, "password123", "account.weak_password", "new_password"),
    ],
)
def test_a_bad_change_of_password_changes_nothing(alice, current, new, code, field):
    client = factories.client(alice)
    answer = client.post(PASSWORD, {"current_password": current, "new_password": new})
    assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (400, code, [field])
    assert client.get("/api/v1/account/").status_code == 200


def test_what_is_over_is_forgotten(alice):
    client = factories.client(alice)
    client.post(TOKENS, {"name": "ci"}, headers={"Idempotency-Key": "old"})
    client.post(TOKENS, {"name": "ci"}, headers={"Idempotency-Key": "new"})
    IdempotencyRecord.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=25))
    ApiToken.objects.filter(name="ci").update(expires_at=timezone.now() - timedelta(days=31))
    forget_old_records()
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["new"]
    assert not ApiToken.objects.filter(name="ci").exists()

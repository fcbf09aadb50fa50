"""Signing in, by the browser and by programs."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from anywhere.accounts.models import ApiToken
from tests.support import factories

pytestmark = pytest.mark.django_db
SESSION = "/api/v1/auth/session/"
TOKENS = "/api/v1/auth/tokens/"


@pytest.fixture(autouse=True)
def _no_attempts_from_before():
    cache.clear()


@pytest.fixture
def alice():
    person = factories.user("alice@example.com", name="Alice")
    factories.organization("acme", owner=person)
    return person


def right(email="alice@example.com"):
    return {"email": email, "password": factories.PASSWORD}


def test_nobody_is_signed_in_at_first():
    answer = APIClient().get(SESSION)
    assert (answer.status_code, answer.json()["user"]) == (200, None)
    assert answer.json()["csrf_token"]
    assert set(answer.json()["features"]) == {"loopback_clusters", "insecure_tls", "practice"}


def test_a_person_signs_in_and_out(alice):
    client = APIClient()
    me = client.post(SESSION, right("Alice@Example.com")).json()["user"]
    assert me["email"] == "alice@example.com"
    assert me["organizations"] == [{"slug": "acme", "name": "Acme", "role": "owner"}]
    assert client.get("/api/v1/account/").json() == me
    assert client.delete(SESSION).status_code == 204
    assert client.get("/api/v1/account/").status_code == 401


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_a_wrong_password_and_an_unknown_person_look_the_same(alice, email):
    answer = APIClient().post(SESSION, {"email": email, "password": "wrong"})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/docs/errors#auth.invalid_credentials",
        "title": "Email or password is not right",
        "status": 401,
        "code": "auth.invalid_credentials",
        "detail": "Check both and try again.",
    }


def test_signing_in_without_the_page_s_token_is_refused(alice):
    answer = APIClient(enforce_csrf_checks=True).post(SESSION, right())
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.csrf_failed")


def test_writing_with_a_session_needs_the_page_s_token(alice):
    client = APIClient(enforce_csrf_checks=True)
    token = client.get(SESSION).json()["csrf_token"]
    signed_in = client.post(SESSION, right(), headers={"X-CSRFToken": token})
    refused = client.patch("/api/v1/account/", {"name": "A"})
    taken = client.patch("/api/v1/account/", {"name": "A"}, headers={"X-CSRFToken": signed_in.json()["csrf_token"]})
    assert (refused.status_code, refused.json()["code"], taken.status_code) == (403, "auth.csrf_failed", 200)


def test_an_account_that_was_closed_cannot_sign_in_and_its_token_dies(alice):
    client = factories.client(alice)
    alice.is_active = False
    alice.save()
    assert client.get("/api/v1/account/").status_code == 401
    assert APIClient().post(SESSION, right()).status_code == 401


def test_too_many_failures_are_held_off_and_a_success_is_never_counted(alice):
    client = APIClient()
    for _ in range(12):
        assert client.post(SESSION, right()).status_code == 200
    for _ in range(10):
        assert client.post(SESSION, {"email": "alice@example.com", "password": "wrong"}).status_code == 401
    answer = client.post(SESSION, right())
    assert (answer.status_code, answer.json()["code"]) == (429, "auth.too_many_attempts")
    assert int(answer["Retry-After"]) > 0


def test_an_attack_from_elsewhere_does_not_lock_the_person_out(alice):
    home, elsewhere = {"X-Forwarded-For": "192.0.2.1"}, "198.51.100."
    assert APIClient().post(SESSION, right(), headers=home).status_code == 200
    for number in range(25):
        wrong = {"email": "alice@example.com", "password": "wrong"}
        APIClient().post(TOKENS, wrong, headers={"X-Forwarded-For": f"{elsewhere}{number}"})
    assert APIClient().post(SESSION, right(), headers={"X-Forwarded-For": f"{elsewhere}99"}).status_code == 429
    assert APIClient().post(SESSION, right(), headers=home).status_code == 200


def test_a_program_gets_a_token_for_e_mail_and_password(alice):
    answer = APIClient().post(TOKENS, right() | {"name": "laptop", "expires_in_days": 7})
    assert answer.status_code == 201
    token = answer.json()["token"]
    row = ApiToken.objects.get()
    assert token not in str(vars(row))
    assert token.startswith(row.prefix)
    assert APIClient().get("/api/v1/account/", headers={"Authorization": f"Bearer {token}"}).status_code == 200


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer nope", "Basic YTpi", "Bearer a, Bearer b", "Bearer \xff"]
)
def test_a_bad_authorization_header_is_a_401_that_says_what_it_wants(header):
    answer = APIClient().get("/api/v1/account/", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.sign_in_needed")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_address_or_a_cookie_signs_nobody_in(alice):
    client = factories.client(alice)
    token = client._credentials["HTTP_AUTHORIZATION"].split()[1]
    stranger = APIClient()
    stranger.cookies["Authorization"] = f"Bearer {token}"
    assert stranger.get(f"/api/v1/account/?token={token}&access_token={token}").status_code == 401

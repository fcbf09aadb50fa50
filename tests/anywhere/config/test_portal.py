"""The browser app is served at every address outside of the API."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.fixture
def client(settings, tmp_path):
    """Give a client of a portal whose browser app is a page and two files."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Anywhere</title>")
    (tmp_path / "assets" / "index-Bh6k1iK8.js").write_text("1")
    (tmp_path / "assets" / "theme.js").write_text("2")
    settings.FRONTEND_DIST = settings.WHITENOISE_ROOT = tmp_path
    return Client()


@pytest.mark.parametrize("path", ["/", "/sign-in", "/o/acme/services/7", "/p/team/packages", "/index.html"])
def test_every_page_is_the_app_s_page_with_the_strict_policy_and_never_kept(client, path):
    answer = client.get(path)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert (answer.status_code, body) == (200, b"<!doctype html><title>Anywhere</title>")
    assert "script-src 'self';" in answer["Content-Security-Policy"]
    assert "immutable" not in answer["Cache-Control"]


def test_a_page_asked_for_by_its_address_is_asked_for_again_each_time(client):
    assert client.get("/o/acme/services/7")["Cache-Control"] == "no-cache"


def test_files_with_a_hash_in_their_name_are_kept_for_ever_and_others_are_not(client):
    assert "immutable" in client.get("/assets/index-Bh6k1iK8.js")["Cache-Control"]
    assert "immutable" not in client.get("/assets/theme.js")["Cache-Control"]


def test_a_file_that_is_not_there_is_not_the_page(client):
    assert client.get("/assets/gone-12345678.js").status_code == 404
    assert client.get("/api/nowhere").json()["code"] == "not_found"


def test_the_page_takes_no_writes(client):
    assert client.post("/").status_code in (403, 405)


def test_without_a_build_the_answer_says_what_to_do(settings, tmp_path):
    settings.FRONTEND_DIST = tmp_path / "none"
    answer = Client().get("/")
    assert (answer.status_code, b"npm run build" in answer.content) == (503, True)


def test_the_address_in_a_refusal_s_type_leads_to_what_it_means(client):
    problem = client.get("/api/v1/account/").json()
    page = client.get(problem["type"].split("#")[0]).content.decode()
    assert f'<tr id="{problem["code"]}"><td><code>auth.sign_in_needed</code></td><td>Sign in first</td>' in page

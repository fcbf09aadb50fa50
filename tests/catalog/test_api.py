"""The catalogue over HTTP."""

from __future__ import annotations

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from anywhere.operations.models import Operation
from catalog.actions import publish_archive
from catalog.models import Version
from tests.catalog.archives import chart
from tests.support import factories

pytestmark = pytest.mark.django_db
PACKAGES = "/api/v1/catalog/packages/"


@pytest.fixture(autouse=True)
def _own_cache(settings, tmp_path):
    settings.CHART_CACHE = tmp_path / "charts"


@pytest.fixture
def alice():
    return factories.user("alice@example.com")


@pytest.fixture
def client(alice):
    return factories.client(alice)


@pytest.fixture
def some():
    owner = factories.provider(slug="team")
    for name, title, category, words in (
        ("postgresql", "PostgreSQL", "databases", "sql postgres relational"),
        ("kafka", "Apache Kafka", "streaming", "log events broker"),
        ("valkey", "Valkey", "caches", "redis key value"),
        ("mysql", "MySQL", "databases", "sql mariadb"),
    ):
        text = f"{name} {title} {words} {category}".lower()
        factories.package(name, owner, title=title, category=category, search_text=text)


def names(answer):
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_without_words_everything_is_there_by_title(client, some):
    answer = client.get(PACKAGES)
    assert names(answer) == ["kafka", "mysql", "postgresql", "valkey"]
    assert answer.json()["facets"]["categories"] == [
        {"name": "databases", "title": "Databases", "count": 2},
        {"name": "streaming", "title": "Streaming", "count": 1},
        {"name": "caches", "title": "Caches", "count": 1},
    ]
    assert answer.json()["did_you_mean"] is None


@pytest.mark.parametrize(
    ("query", "first", "meant"),
    [
        ("kafka", "kafka", None),
        ("KAF", "kafka", None),
        ("kafak", "kafka", "kafka"),
        ("postgrse", "postgresql", "postgres"),
        ("posgresql", "postgresql", "postgresql"),
        ("redis", "valkey", None),
        ("valky", "valkey", "valkey"),
        ("sql", "mysql", None),
        ("relational sql", "postgresql", None),
    ],
)
def test_a_search_forgives_typing_errors(client, some, query, first, meant):
    answer = client.get(PACKAGES, {"q": query})
    assert first in names(answer)[:2]
    assert answer.json()["did_you_mean"] == meant


@pytest.mark.parametrize("query", ["zzzzzz", "%", "_", "'; drop table", "\\", "(", "x" * 200])
def test_a_search_for_nothing_that_is_there_finds_nothing(client, some, query):
    answer = client.get(PACKAGES, {"q": query})
    assert answer.status_code == 200
    assert len(answer.json()["results"]) in (0, 4)


def test_a_category_narrows_the_rows_but_not_the_counts(client, some):
    answer = client.get(PACKAGES, {"category": "databases", "q": "sql"})
    assert sorted(names(answer)) == ["mysql", "postgresql"]
    assert names(client.get(PACKAGES, {"category": "nothing"})) == []


def test_the_order_is_by_name_newest_or_popular_and_nothing_else(client, some):
    assert names(client.get(PACKAGES, {"sort": "newest"}))[0] == "mysql"
    assert len(names(client.get(PACKAGES, {"sort": "popular"}))) == 4
    assert client.get(PACKAGES, {"sort": "provider__organization"}).status_code == 400


def test_pages_of_a_search_go_on_where_they_ended(client, some):
    first = client.get(PACKAGES, {"q": "sql", "limit": 1})
    second = client.get(first.json()["next"])
    assert sorted(names(first) + names(second)) == ["mysql", "postgresql"]


def test_a_package_shows_the_version_asked_for(client, alice):
    owner = factories.provider()
    publish_archive(owner, chart({"README.md": "# One <script>x</script>"}))
    publish_archive(owner, chart(metadata=chart_at("1.1.0")))
    newest = client.get(f"{PACKAGES}web/").json()
    older = client.get(f"{PACKAGES}web/?version=1.0.0").json()
    assert (newest["version"], older["version"]) == ("1.1.0", "1.0.0")
    assert [row["version"] for row in newest["versions"]] == ["1.1.0", "1.0.0"]
    assert "<h1>One" in older["readme_html"]
    assert "<script" not in older["readme_html"]
    assert older["plans"][0]["requests"]["pods"] == 2
    assert older["installs"] == 0
    assert client.get(f"{PACKAGES}web/?version=9.9.9").status_code == 404
    assert client.get(f"{PACKAGES}nothing/").status_code == 404


def chart_at(version):
    return f"apiVersion: v2\nname: web\nversion: {version}\n"


def test_the_form_has_schema_defaults_plans_and_secret_places(client):
    publish_archive(factories.provider(), chart())
    form = client.get(f"{PACKAGES}web/versions/1.0.0/form/").json()
    assert form["values"]["replicaCount"] == 2
    assert form["values_yaml"].startswith("# How many pods")
    assert form["plans"] == [{"name": "default", "values": {}}]
    assert form["secrets"] == ["auth.password"]
    assert form["schema"]["properties"]["replicaCount"]["type"] == "integer"


def test_an_icon_can_do_nothing(client, some):
    answer = client.get(f"{PACKAGES}kafka/icon/")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Security-Policy"].endswith("sandbox")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer.content.startswith(b"<svg")


def test_lists_take_a_constant_number_of_queries(client, some, django_assert_num_queries):
    client.get(PACKAGES)
    with django_assert_num_queries(3):
        client.get(PACKAGES)
    owner = factories.provider()
    for _ in range(20):
        factories.package(owner=owner)
    with django_assert_num_queries(3):
        client.get(PACKAGES)
    with django_assert_num_queries(4):
        client.get(PACKAGES, {"q": "package"})


# Publishing


@pytest.fixture
def team(alice):
    return factories.provider(factories.organization("acme", owner=alice), "team")


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_an_owner_publishes_an_archive_and_gets_the_operation(client, team, form):
    data = chart()
    archive = {
        "json": base64.b64encode(data).decode(),
        "multipart": SimpleUploadedFile("web-1.0.0.tgz", data, "application/gzip"),
    }[form]
    answer = client.post("/api/v1/providers/team/versions/", {"archive": archive}, format=form)
    assert (answer.status_code, answer.json()["kind"]) == (202, "publish")
    assert answer["Location"] == f"/api/v1/operations/{answer.json()['id']}/"
    assert Operation.objects.get().input["provider"] == str(team.pk)
    assert Version.objects.count() == 0


@pytest.mark.parametrize(
    ("archive", "status", "code"),
    [
        ("!!!", 400, "request.invalid"),
        (base64.b64encode(b"no archive").decode(), 422, "archive.broken"),
        (base64.b64encode(chart(name="other")).decode(), 422, "chart.name"),
    ],
)
def test_a_hostile_archive_is_refused_at_once(client, team, archive, status, code):
    answer = client.post("/api/v1/providers/team/versions/", {"archive": archive})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Operation.objects.count() == 0


def test_only_an_owner_publishes_and_others_do_not_see_the_provider(team):
    bob, carol = factories.user(), factories.user()
    team.organization.memberships.create(user=bob, role=20)
    body = {"archive": base64.b64encode(chart()).decode()}
    assert factories.client(bob).post("/api/v1/providers/team/versions/", body).status_code == 403
    assert factories.client(carol).post("/api/v1/providers/team/versions/", body).status_code == 404
    assert factories.client(carol).get("/api/v1/providers/").json()["results"] == []
    assert factories.client(bob).get("/api/v1/providers/").json()["results"][0]["slug"] == "team"


def test_an_owner_makes_a_provider(client, alice):
    factories.organization("acme", owner=alice)
    made = client.post("/api/v1/providers/", {"organization": "acme", "slug": "team", "name": "Team"})
    assert (made.status_code, made.json()["organization"]) == (201, "acme")
    again = client.post("/api/v1/providers/", {"organization": "acme", "slug": "team", "name": "Team"})
    assert (again.status_code, again.json()["code"]) == (409, "provider.slug_taken")

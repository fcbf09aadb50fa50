"""Publishing charts, ours and other people's, with the real Helm."""

from __future__ import annotations

import shutil

import pytest
from django.conf import settings

from anywhere.accounts.models import AuditEntry
from catalog import bundled, cache, selectors
from catalog.actions import publish_archive, publish_bundled, publish_bundled_stacks
from catalog.errors import BadPackage, ChartDamaged, NameTaken, VersionExists
from catalog.models import Archive, Package, Version
from catalog.rules.packing import digest
from tests.catalog.archives import CHART, DEPLOYMENT, chart
from tests.catalog.stacks import file_of, stack
from tests.support import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_cache(settings, tmp_path):
    settings.CHART_CACHE = tmp_path / "charts"


@pytest.fixture
def provider():
    return factories.provider(slug="team")


def at(version):
    return CHART.replace("1.0.0", version)


def test_a_chart_that_knows_nothing_of_the_portal_is_published(provider):
    version = publish_archive(provider, chart({"README.md": "# Web"}))
    package = Package.objects.get()
    assert (package.name, package.title, package.summary, package.category) == ("web", "Web", "A web server.", "web")
    assert (version.version, version.app_version, version.position, package.latest_id) == (
        "1.0.0",
        "2.1",
        1,
        version.pk,
    )
    assert version.plans[0]["requests"] == {"cpu": 0.2, "memory": 2 * 64 * 2**20, "storage": 0, "pods": 2}
    assert version.secret_paths == ["auth.password"]
    assert version.definition["scaling"][0]["path"] == "replicaCount"
    assert version.definition["creates"] == ["1 Deployment"]
    assert AuditEntry.objects.get(action="package.publish").subject_name == "web"


def test_the_archive_lies_in_the_cache_under_its_digest_and_is_made_again_when_lost(provider):
    data = chart()
    version = publish_archive(provider, data)
    path = selectors.chart_path(version)
    assert (path.name, path.read_bytes(), version.digest) == (f"{digest(data)}.tgz", data, digest(data))
    path.write_bytes(b"damaged")
    assert selectors.chart_path(version).read_bytes() == data
    path.unlink()
    assert selectors.chart_path(version).read_bytes() == data
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_chart_whose_bytes_are_gone_or_changed_everywhere_is_never_used(provider):
    version = publish_archive(provider, chart())
    Archive.objects.update(data=b"other")
    cache.path_of(version.digest).unlink()
    with pytest.raises(ChartDamaged):
        selectors.chart_path(version)


def test_a_published_version_never_changes(provider):
    first = publish_archive(provider, chart())
    assert publish_archive(provider, chart()).pk == first.pk
    with pytest.raises(VersionExists):
        publish_archive(provider, chart({"README.md": "other"}))
    assert Version.objects.count() == 1


def test_another_provider_s_name_is_taken(provider):
    publish_archive(provider, chart())
    with pytest.raises(NameTaken):
        publish_archive(factories.provider(), chart(metadata=at("2.0.0")))


def test_the_card_shows_the_newest_stable_version_whatever_came_last(provider):
    for number in ("1.2.0", "1.10.0", "2.0.0-rc.1", "1.9.0"):
        publish_archive(provider, chart(metadata=at(number)))
    package = Package.objects.get()
    assert package.latest.version == "1.10.0"
    assert [row.version for row in selectors.versions_of(package)] == ["2.0.0-rc.1", "1.10.0", "1.9.0", "1.2.0"]


@pytest.mark.parametrize(
    ("files", "metadata", "code"),
    [
        ({}, CHART.replace("name: web", "name: .."), "chart.name"),
        ({}, CHART.replace("name: web", "name: a/b"), "chart.name"),
        ({}, CHART.replace("name: web", "name: other"), "chart.name"),
        ({}, CHART.replace("1.0.0", "latest"), "chart.version"),
        ({}, CHART + "type: library\n", "chart.library"),
        ({}, "a: &a [*a]", "yaml.unsafe"),
        ({"values.yaml": "- a"}, CHART, "chart.values"),
        ({"values.yaml": "a: 1\na: 2"}, CHART, "yaml.unsafe"),
        ({"templates/bad.yaml": '{{ fail "no" }}'}, CHART, "package.does_not_render"),
        ({"templates/bad.yaml": "{{ .Values.a.b.c }}"}, CHART, "package.does_not_render"),
        ({"package.yaml": "title: x"}, CHART, "package.invalid"),
    ],
)
def test_a_chart_that_is_not_right_is_refused_and_nothing_is_published(provider, files, metadata, code):
    with pytest.raises(BadPackage) as refused:
        publish_archive(provider, chart(files, metadata=metadata))
    assert refused.value.code == code
    assert Version.objects.count() == 0


@pytest.mark.parametrize(
    "schema",
    ['{"$ref": "http://169.254.169.254/"}', '{"$ref": "file:///etc/passwd"}', "not json", "[" * 100_000, '{"type": 7}'],
)
def test_a_foreign_schema_that_cannot_be_used_is_ignored_and_the_values_give_one(provider, schema):
    version = publish_archive(provider, chart({"values.schema.json": schema}))
    assert version.schema["properties"]["replicaCount"]["type"] == "integer"


def test_a_chart_that_cannot_do_without_a_value_is_published_with_an_example_of_it(provider):
    model = '{{ required "Name a model." .Values.model }}'
    needs = {"templates/model.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {model}}}"}
    with pytest.raises(BadPackage, match="Name a model"):
        publish_archive(provider, chart(needs))
    version = publish_archive(provider, chart({**needs, "ci/required-values.yaml": "model: iris"}))
    assert "model" not in version.values and "model" not in version.plans[0]["values"]
    assert version.plans[0]["requests"]["memory"] == 2 * 64 * 2**20


def test_a_foreign_schema_is_kept_and_gets_a_form(provider):
    schema = '{"properties": {"replicaCount": {"type": "integer", "maximum": 3}}, "type": "object"}'
    version = publish_archive(provider, chart({"values.schema.json": schema}))
    count = version.schema["properties"]["replicaCount"]
    assert (count["maximum"], count["x-form"]["level"]) == (3, "basic")


# The charts that come with the portal


@pytest.fixture
def charts(tmp_path):
    root = tmp_path / "helm-charts"
    shutil.copytree(settings.ROOT / "helm-charts", root, ignore=shutil.ignore_patterns("anywhere"))
    return root


def test_the_bundled_charts_are_published_once_with_what_each_plan_asks_for(charts):
    first = publish_bundled(charts)
    again = publish_bundled(charts)
    names = [version.package.name for version in first]
    assert {"kafka", "postgresql", "valkey"} <= set(names)
    assert names == [folder.name for folder in bundled.folders(charts)]
    assert [version.pk for version in first] == [version.pk for version in again]
    for version in first:
        assert len(version.plans) >= 3
        assert sum(plan["recommended"] for plan in version.plans) == 1
        assert version.schema["properties"]
        stays = version.package.name != "spark-job"  # a run keeps nothing: no pod and no secret of its own
        assert all((plan["requests"]["memory"] > 0) is stays for plan in version.plans)
        assert bool(version.secret_paths) is (version.package.name not in ("spark-job", "model-server"))


def test_a_bundled_chart_that_is_not_right_is_left_out(charts):
    (charts / "valkey" / "templates" / "broken.yaml").write_text('{{ fail "no" }}')
    names = [version.package.name for version in publish_bundled(charts)]
    assert "postgresql" in names
    assert "valkey" not in names


def test_a_bundled_chart_changed_under_the_same_version_is_published_beside_the_old_one(charts):
    before = {version.package.name: version for version in publish_bundled(charts)}["valkey"]
    readme = charts / "valkey" / "README.md"
    readme.write_text(readme.read_text() + "\nMore.\n" if readme.exists() else "More.\n")
    after = {version.package.name: version for version in publish_bundled(charts)}["valkey"]
    assert after.version.startswith(f"{before.version}+")
    assert after.metadata["version"] == after.version
    assert (Version.objects.get(pk=before.pk).digest, after.package.latest_id) == (before.digest, after.pk)
    assert [version.pk for version in publish_bundled(charts) if version.package.name == "valkey"] == [after.pk]


def test_a_template_that_never_ends_is_stopped(provider):
    data = chart(
        {"templates/loop.yaml": "{{ range until 200000000 }}x{{ end }}", "templates/deployment.yaml": DEPLOYMENT}
    )
    with pytest.raises(BadPackage) as refused:
        publish_archive(provider, data)
    assert refused.value.code == "package.does_not_render"


# Stacks


@pytest.fixture
def offered(provider):
    """Publish `store` and `app`, and give the folder of stacks beside them."""
    from tests.services.operations.conftest import CHART as STORE
    from tests.services.operations.conftest import PACKAGE, SCHEMA, TEMPLATE, VALUES

    large = "recommended: true}, {name: large, title: Large, summary: L., values: plans/large.yaml}]"
    files = {
        "values.yaml": VALUES + "bindings: {first: '', second: ''}\n", "values.schema.json": SCHEMA,
        "package.yaml": PACKAGE.replace("recommended: true}]", large), "templates/set.yaml": TEMPLATE,
        "templates/deployment.yaml": "", "plans/small.yaml": "{}", "plans/large.yaml": "{}",
    }  # fmt: skip
    for name in ("store", "app"):
        publish_archive(provider, chart(files, name, STORE.replace("name: store", f"name: {name}")))


WORDS = {
    "pg": {"postgresql"},
    "postgres": {"postgresql"},
    "psql": {"postgresql"},
    "db": {"postgresql", "cassandra"},
    "message broker": {"kafka", "valkey"},
    "message queue": {"kafka"},
    "queue": {"kafka", "valkey"},
    "pubsub": {"kafka", "valkey"},
    "s3": {"object-store"},
    "minio": {"object-store"},
    "blob": {"object-store"},
    "data lake": {"object-store", "data-stack"},
    "redis": {"valkey"},
    "cache": {"valkey"},
    "kv": {"valkey"},
    "nosql": {"cassandra", "valkey"},
    "high availability": {"postgresql", "valkey", "cassandra"},
    "notebook": {"jupyter", "notebook-stack"},
    "ml": {"model-server", "jupyter", "notebook-stack"},
    "ai": {"model-server", "jupyter", "notebook-stack"},
    "mlflow": {"model-server"},
    "pyspark": {"spark", "spark-job", "jupyter", "notebook-stack"},
    "spark job": {"spark-job"},
    "big data": {"spark", "spark-job", "data-stack"},
}


def test_what_is_bundled_is_found_by_the_words_people_use():
    charts = settings.ROOT / "helm-charts"
    publish_bundled(charts)
    publish_bundled_stacks(charts)
    first = {
        query: set(selectors.search(Package.objects.all(), query).order_by("-score").values_list("name", flat=True)[:7])
        for query in WORDS
    }
    assert {query: meant - first[query] for query, meant in WORDS.items() if not meant <= first[query]} == {}


@pytest.fixture
def stacks(tmp_path):
    folder = tmp_path / "root" / "stacks"
    folder.mkdir(parents=True)
    (folder / "pair.yaml").write_bytes(file_of(stack()))
    return folder


def test_stacks_beside_the_charts_are_published_once(offered, stacks):
    first = publish_bundled_stacks(stacks.parent)
    assert [(v.package.name, v.package.kind, v.version) for v in first] == [("pair", "stack", "1.0.0")]
    assert [v.pk for v in publish_bundled_stacks(stacks.parent)] == [first[0].pk]
    assert "store" in first[0].package.search_text
    bound_to = {m["name"]: m["bound_to"] for m in selectors.members_of(first[0])}
    assert list(bound_to.items()) == [("first", []), ("second", []), ("app", ["first", "second"])]


def test_the_form_of_a_stack_has_values_plans_and_secrets_by_member(offered, stacks):
    form = selectors.form(publish_bundled_stacks(stacks.parent)[0])
    assert list(form["schema"]["properties"]) == ["first", "second", "app"]
    assert (form["values"]["first"]["replicas"], form["values"]["second"]["replicas"]) == (1, 2)
    members = ("first", "second", "app")
    assert form["secrets"] == [f"{name}.auth.{secret}" for name in members for secret in ("password", "seed")]
    assert [plan["name"] for plan in form["plans"]] == ["small", "large"]


def test_a_changed_stack_is_published_beside_the_old_one(offered, stacks):
    before = publish_bundled_stacks(stacks.parent)[0]
    (stacks / "pair.yaml").write_bytes(file_of(stack(title="Two")))
    after = publish_bundled_stacks(stacks.parent)[0]
    assert (after.version.split("+")[0], after.package.title) == ("1.0.0", "Two")
    assert Version.objects.filter(pk=before.pk, version="1.0.0").exists()
    (stacks / "pair.yaml").write_bytes(file_of(stack(version="1.1.0")))
    assert publish_bundled_stacks(stacks.parent)[0].version == "1.1.0"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (stack(members=[{"name": m, "package": "nothing", "title": m} for m in "ab"]), "nothing is not published."),
        (stack(plans=[{"name": "standard", "title": "S", "summary": "S."}]), "has no plan standard"),
        (stack(kind="Heap"), "kind"),
    ],
)
def test_a_stack_that_cannot_be_offered_is_left_out_with_a_line_that_says_why(offered, stacks, caplog, said, why):
    (stacks / "other.yaml").write_bytes(file_of({**said, "name": "other"}))
    assert [v.package.name for v in publish_bundled_stacks(stacks.parent)] == ["pair"]
    (line,) = [record for record in caplog.records if record.message == "stack.not_offered"]
    assert why in line.reason
    assert not Package.objects.filter(name="other").exists()


def test_a_stack_and_a_package_never_have_one_name(offered, stacks, provider):
    publish_bundled_stacks(stacks.parent)
    with pytest.raises(NameTaken, match="the name of a stack"):
        publish_archive(provider, chart(metadata=CHART.replace("name: web", "name: pair"), name="pair"))
    (stacks / "app.yaml").write_bytes(file_of(stack(name="app")))
    assert [v.package.name for v in publish_bundled_stacks(stacks.parent)] == ["pair"]
    assert Package.objects.get(name="app").kind == "package"

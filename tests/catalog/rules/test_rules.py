"""The small rules of the catalogue: versions, requests, README, icons, packing."""

from __future__ import annotations

import pytest

from catalog.rules import derive, icon, readme
from catalog.rules.packing import digest, pack
from catalog.rules.requests import add_up
from catalog.rules.versions import is_version, key, newest


def test_versions_are_ordered_as_semantic_versioning_says():
    ordered = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]
    assert sorted(reversed(ordered), key=key) == ordered
    assert sorted(["1.10.0", "1.9.0", "v2.0.0"], key=key) == ["1.9.0", "1.10.0", "v2.0.0"]


def test_the_newest_is_the_newest_stable_one_when_there_is_one():
    assert newest(["1.0.0", "2.0.0-rc.1"]) == "1.0.0"
    assert newest(["2.0.0-rc.1", "2.0.0-rc.2"]) == "2.0.0-rc.2"
    assert newest(["1.0.0", "1.0.0+abc"]) == "1.0.0+abc"
    assert newest([]) is None


@pytest.mark.parametrize("text", ["1", "1.0", "01.0.0", "1.0.0-", "latest", "1.0.0/..", "1.0.0 ", "1.0.0-" + "a" * 60])
def test_what_is_no_version_is_told(text):
    assert not is_version(text)


def container(cpu, **more):
    return {"resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}} | more


def test_requests_are_added_up_over_replicas_init_containers_and_volumes():
    pod = {
        "containers": [container("500m")],
        "initContainers": [container("2"), container("100m", restartPolicy="Always")],
    }
    claims = [{"spec": {"resources": {"requests": {"storage": "10Gi"}}}}]
    objects = [
        {"kind": "StatefulSet", "spec": {"replicas": 3, "template": {"spec": pod}, "volumeClaimTemplates": claims}},
        {"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": 1}}}]}}}},
        {"kind": "PersistentVolumeClaim", "spec": {"resources": {"requests": {"storage": "1Gi"}}}},
        {"kind": "Job", "spec": {"template": {"spec": pod}}},
        {"kind": "Pod", "metadata": {"annotations": {"helm.sh/hook": "test"}}, "spec": pod},
        {"kind": "ConfigMap"},
    ]
    assert add_up(objects) == {"cpu": 7.0, "memory": 6 * 2**30, "storage": 31 * 2**30, "pods": 4}


@pytest.mark.parametrize(("replicas", "minimum", "pods"), [(None, 3, 3), (None, None, 1), (5, 3, 5), (0, 3, 0)])
def test_of_what_load_scales_the_least_counts(replicas, minimum, pods):
    spec = {"template": {"spec": {"containers": [container(1)]}}} | ({} if replicas is None else {"replicas": replicas})
    scaled = {"scaleTargetRef": {"kind": "Deployment", "name": "worker"}, "minReplicas": minimum}
    objects = [
        {"kind": "Deployment", "metadata": {"name": "worker"}, "spec": spec},
        {"kind": "HorizontalPodAutoscaler", "metadata": {"name": "worker"}, "spec": scaled},
        {"kind": "HorizontalPodAutoscaler", "metadata": {"name": "odd"}},
    ]
    assert add_up(objects) == {"cpu": float(pods), "memory": pods * 2**30, "storage": 0, "pods": pods}


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,<script>)",
        "[a](http://tracker.example)",
        "![a](https://tracker.example/x.png)",
        "<iframe src='https://x'></iframe>",
        "<a href='https://x' onclick='x'>a</a>",
        "<style>*{display:none}</style>",
        "```<script>\n```",
    ],
)
def test_a_readme_can_only_be_read(hostile):
    html = readme.html(hostile)
    for word in ("<script", "<img", "<iframe", "<style", 'href="javascript', 'href="data', 'href="http:', "<a onclick"):
        assert word not in html


def test_notes_to_the_writers_of_a_readme_are_not_shown():
    html = readme.html(
        "# One\n\n<!-- values -->\n| a |\n|---|\n| b |\n<!-- /values -->\n\n`<!-- x -->`\n\n<!-- not closed\n"
    )
    assert "values" not in html
    assert "<td>b</td>" in html
    assert "<code>&lt;!-- x --&gt;</code>" in html
    assert "&lt;!-- not closed" in html


def test_a_readme_keeps_tables_code_and_safe_links():
    html = readme.html("| a |\n|---|\n| b |\n\n```yaml\nx: 1\n```\n[site](https://example.com)")
    assert "<td>b</td>" in html
    assert '<code class="language-yaml">' in html
    assert 'href="https://example.com" rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize(
    "svg",
    [
        "",
        "not svg",
        "<svg><script>x</script></svg>",
        '<svg onload="x"></svg>',
        "<svg><foreignObject/></svg>",
        '<svg><image href="https://x"/></svg>',
        '<svg><use href="https://x#a"/></svg>',
        "<svg style='background:url(https://x)'/>",
        '<!DOCTYPE svg [<!ENTITY x "y">]><svg/>',
        "<svg>" + "x" * 70_000 + "</svg>",
    ],
)
def test_an_icon_that_does_anything_is_not_used(svg):
    assert icon.safe(svg) == ""


def test_an_icon_that_is_a_drawing_is_used_and_a_letter_stands_in():
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0" fill="url(#g)"/><use href="#g"/></svg>'
    assert icon.safe(drawing) == drawing
    assert ">&lt;</text>" in icon.letter("<b>")


def test_the_same_files_give_the_same_archive():
    files = {"Chart.yaml": b"a", "templates/x": b"b"}
    assert pack("web", files) == pack("web", dict(reversed(files.items())))
    assert len(digest(pack("web", files))) == 64


def test_a_chart_that_says_nothing_gets_a_form_and_a_definition_from_its_values():
    values = {"replicaCount": 1, "image": {"tag": "1"}, "auth": {"password": ""}, "nodeSelector": {}, "tolerations": []}
    schema = derive.schema_of(values)
    password = schema["properties"]["auth"]["properties"]["password"]
    assert password["writeOnly"] is True
    assert password["x-form"]["widget"] == "password"
    assert schema["properties"]["replicaCount"]["x-form"]["group"] == "Size"
    assert "x-form" not in schema["properties"]["tolerations"]
    metadata = {
        "name": "my-cache",
        "version": "1.0.0",
        "keywords": ["redis"],
        "home": "javascript:x",
        "sources": ["https://x.y/z"],
    }
    definition = derive.definition_of(metadata, values)
    assert definition["category"] == "caches"
    assert definition["links"] == [{"title": "Source", "url": "https://x.y/z"}]
    assert [plan["name"] for plan in definition["plans"]] == ["default"]


@pytest.mark.parametrize(("kind", "way"), [("Deployment", "free"), ("StatefulSet", "refused")])
def test_fewer_replicas_of_a_foreign_chart_are_refused_where_data_may_lie(kind, way):
    definition = derive.complete({"scaling": []}, {"replicaCount": 1}, [{"kind": kind}, {"kind": "Service"}])
    assert definition["scaling"][0]["in"] == way
    assert sorted(definition["creates"]) == sorted([f"1 {kind}", "1 Service"])

"""Names and values of somebody who means harm, or knows no better: what they make is valid, or they are refused."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.charts.chart import CHARTS, Chart, of_kind, only

NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
ENDS = {"StatefulSet": "-0", "Deployment": "-6d4cf56db6-x7k2p", "Job": "-x7k2p"}
OPERATOR = ("--api-versions", "monitoring.coreos.com/v1")

# Words that YAML reads as something else than text when nobody writes them in quotes.
WORDS: dict[str, list[dict]] = {
    "cassandra": [{"datacenter": "NO", "keyspace": "on", "auth": {"username": "yes"}}],
    "object-store": [
        {
            "users": [{"name": "on", "buckets": ["123"]}, {"name": "null", "buckets": ["123"]}],
            "buckets": [{"name": "123"}],
            "ingress": {"enabled": True, "host": "1.5", "className": "on", "tls": "null"},
        }
    ],
    "spark": [
        {"bindings": {"kafka": "1", "objectStore": "on"}, "history": {"enabled": True, "claim": "null"}},
        {"settings": {"extra": {"spark.a": "on", "spark.b": 1e30, "spark.c": "{{ .Values }} '\"$x\\"}}},
    ],
    "spark-job": [
        {
            "bindings": {"kafka": "1", "cassandra": "on"},
            "main": {"text": "  \tprint('{{ x }}')\r\nprint(\"$y\\\u2028\")\n"},
        },
        {"arguments": ["", "on", "'", '"', "{{ x }}", "\\"]},
    ],
    "jupyter": [
        {"source": {"git": {"url": "https://example.org/'a\"$b{{c}}", "ref": "on", "secret": "1"}}},
        {"ingress": {"enabled": True, "host": "1.5", "className": "on", "tls": "null"}, "bindings": {"spark": "1"}},
    ],
    "model-server": [
        {
            "modelName": "1",
            "models": [{"version": "on", "weight": 100, "claim": "null", "extra": {"a": "'\"$\n{{ x }}"}}],
        },
        {
            "modelName": "null",
            "models": [{"version": "1", "weight": 100, "claim": "1", "image": {"repository": "a", "tag": "1"}}],
        },
    ],
}


def check(objects: list[dict]) -> None:
    """Fails for an object that Kubernetes would refuse."""
    for item in objects:
        kubernetes_validate.validate(item, "1.36", strict=True)
        said = item["metadata"]
        assert NAME.fullmatch(said["name"]), said["name"]
        pod = item["spec"].get("template", {}).get("metadata", {}) if isinstance(item.get("spec"), dict) else {}
        for key, text in {**said.get("labels", {}), **pod.get("labels", {})}.items():
            assert LABEL.fullmatch(text), (key, text)
        for key, text in {**said.get("annotations", {}), **pod.get("annotations", {})}.items():
            assert isinstance(text, str), (key, text)


@pytest.mark.parametrize("namespace", ["on", "123"])
def test_a_namespace_may_have_any_name(chart: Chart, namespace: str) -> None:
    answer = chart.run("template", "shop", chart.path, "--namespace", namespace, *_base(chart))
    assert answer.returncode == 0, answer.stderr
    objects = [item for item in yaml.safe_load_all(answer.stdout) if item]
    check(objects)
    assert {item["metadata"]["namespace"] for item in objects} == {namespace}


@pytest.mark.parametrize("release", ["on", "null", "1shop", "shop.v2"])
def test_a_release_that_no_service_can_be_called_after_is_refused_unless_a_name_is_given(
    chart: Chart, release: str, write_values: Callable
) -> None:
    answer = chart.template(release=release)
    assert answer.returncode != 0
    assert f"No Service can be called {release}." in answer.stderr
    assert "give one as fullnameOverride" in answer.stderr
    check(chart.render(write_values({"fullnameOverride": "orders"}), release=release))


def test_words_that_yaml_reads_as_something_else_stay_words(chart: Chart, write_values: Callable) -> None:
    common = {"global": {"imagePullSecrets": ["1", "on"]}, "nodeSelector": {"a": "true"}}
    for values in WORDS.get(chart.name, [{}]):
        check(chart.render(write_values({**common, **values})))
    if "persistence" in chart.values:
        check(chart.render(write_values({"persistence": {"storageClass": "1"}})))


def test_the_program_and_its_arguments_come_as_they_are(packed: Callable, write_values: Callable) -> None:
    text = "\n  \tprint('{{ x }}')\r\nprint(\"$y\\\u2028\x00\")\nthe end"
    said = ["$(POD_NAME)", "$$(POD_IP)", "$x", "", "'\"{{ x }}\\"]
    objects = packed("spark-job").render(write_values({"main": {"text": text}, "arguments": said}))
    assert only(objects, "ConfigMap")["data"]["main.py"] == text
    command = only(objects, "Job")["spec"]["template"]["spec"]["containers"][0]["command"]
    assert [expanded(word) for word in command[-len(said) :]] == said


def expanded(text: str) -> str:
    """What Kubernetes makes of a word of a command: $$ is a dollar, $(NAME) a variable."""
    return re.sub(r"\$\$|\$\(([A-Z_]+)\)", lambda found: "$" if found[0] == "$$" else f"<{found[1]}>", text)


@pytest.mark.parametrize("name", ["spark", "cassandra"])
def test_large_numbers_stand_without_an_exponent(name: str, packed: Callable, write_values: Callable) -> None:
    key = {"spark": "spark.a", "cassandra": "a"}[name]
    answer = packed(name).template(write_values({"settings": {"extra": {key: 9876543210}}}))
    assert re.search(rf"^ +{key}:? 9876543210$", answer.stdout, re.MULTILINE)


def _base(chart: Chart) -> list:
    return [part for file in chart.base() for part in ("--values", file)]


def paths(values: Mapping, here: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The way to every value that values.yaml has."""
    for key, value in values.items():
        yield (*here, key)
        if isinstance(value, Mapping):
            yield from paths(value, (*here, key))


def test_a_value_that_is_taken_away_by_a_null_is_missed(chart: Chart) -> None:
    check = jsonschema.Draft7Validator(chart.schema)
    assert not list(check.iter_errors(chart.values))
    secrets = {path for path, node in chart.leaves() if node.get("writeOnly")}
    for path in paths(chart.values):
        if ".".join(path) in secrets:
            continue
        values = json.loads(json.dumps(chart.values))
        here = values
        for key in path[:-1]:
            here = here[key]
        del here[path[-1]]
        missed = {fault.message for error in check.iter_errors(values) for fault in [error, *error.context]}
        assert any(f"'{path[-1]}' is a required property" in text for text in missed), path


TRIES = """
import json, re, sys
for pattern in json.load(sys.stdin):
    for head in ("", "/", "a/", "https://", "s3://bucket/", "s3a://bucket/", "local:///", "spark."):
        for body in ("a" * 5000, "a." * 2500, "a/" * 2500, "1" * 5000, "a-" * 2500):
            re.search(pattern, head + body + "!")
"""


def patterns(node: object) -> Iterator[str]:
    """Every pattern of a schema."""
    if isinstance(node, Mapping):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for child in node.values():
            yield from patterns(child)
    elif isinstance(node, list):
        for child in node:
            yield from patterns(child)


def test_no_pattern_keeps_a_browser_busy(chart: Chart) -> None:
    found = sorted(set(patterns(chart.schema)))
    assert len(found) > 10
    subprocess.run([sys.executable, "-c", TRIES], input=json.dumps(found), text=True, check=True, timeout=60)


def test_alerts_name_the_pods_also_under_a_name_of_their_own(chart: Chart, write_values: Callable) -> None:
    if "metrics" not in chart.values:
        pytest.skip("it has no metrics")
    values = {"fullnameOverride": "orders", "metrics": {"enabled": True, "operator": True}}
    rules = of_kind(chart.render(write_values(values), more=OPERATOR), "PrometheusRule")
    said = yaml.safe_dump(rules)
    assert "orders-" in said and 'pod=~"shop-' not in said


@pytest.mark.parametrize("name", CHARTS)
def test_alerts_and_panels_leave_the_pods_of_a_release_with_a_longer_name_alone(name: str, packed: Callable) -> None:
    chart = packed(name)
    text = "".join((chart.path / "monitoring" / file).read_text() for file in ("alerts.yaml", "dashboard.yaml"))
    asked = {re.compile(said.replace("$release", "shop")) for said in re.findall(r'pod=~"([^"]+)"', text)}
    own, others = pods_of(chart, "shop"), pods_of(chart, "shop-two")
    assert not [(one, pod) for one in asked for pod in others if one.fullmatch(pod)]
    for one in asked:
        assert [pod for pod in own if one.fullmatch(pod)], one.pattern


def pods_of(chart: Chart, release: str) -> set[str]:
    """The names that the pods of a release may have."""
    found = set()
    for file in ("small", "standard"):
        for item in of_kind(chart.render(chart.path / f"plans/{file}.yaml", release=release), *ENDS):
            found.add(item["metadata"]["name"] + ENDS[item["kind"]])
    return found

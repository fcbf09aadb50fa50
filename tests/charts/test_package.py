"""package.yaml, plans, values and schema of each chart agree with each other."""

import importlib.util
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import jsonschema
import pytest
import yaml

from catalog.rules.requests import add_up
from catalog.rules.values import conditions, merge
from services.rules.conditions import in_force, scaling
from services.rules.connection import snippets
from services.rules.costs import counted
from tests.charts.chart import REPOSITORY, ROOT, Chart, leaves, of_kind, only, told_pods

RULES = json.loads((REPOSITORY / "catalog/rules/package.schema.json").read_text())
GROUPS = {"Basics", "Size", "Storage", "Security", "Network", "Monitoring", "Advanced"}
WIDGETS = {
    "password",
    "textarea",
    "slider",
    "list",
    "quantity",
    "storageClass",
    "ingressClass",
    "namespace",
    "secretRef",
    "code",
    "bindingRef",
}
MONITORING = json.loads((REPOSITORY / "catalog/rules/monitoring.schema.json").read_text())


def value_at(values: dict, path: str) -> object:
    """The value at a dotted path; raises KeyError when there is none."""
    for part in path.split("."):
        values = values[part]
    return values


def test_package_yaml_follows_its_schema(chart: Chart) -> None:
    jsonschema.Draft7Validator.check_schema(RULES)
    jsonschema.validate(chart.package, RULES)


def test_a_package_with_a_wrong_category_or_an_unknown_key_is_refused(chart: Chart) -> None:
    cost = {"unit": "cpu", "path": "resources.cpu"}
    costs = ({**cost, "own": "cpu"}, {**cost, "when": {"path": "replicas"}}, {**cost, "when": []})
    others = ({"category": "toys"}, {"colour": "blue"}, {"plans": []}, {"summary": "Two\nlines."})
    for wrong in (*others, *({"costs": [each]} for each in costs)):
        errors = list(jsonschema.Draft7Validator(RULES).iter_errors({**chart.package, **wrong}))
        assert len(errors) == 1, wrong


def test_every_path_in_package_yaml_is_a_value_with_a_schema(chart: Chart) -> None:
    package = chart.package
    keys = ("scaling", "guards", "volumes", "upgrades", "costs")
    paths = [entry["path"] for key in keys for entry in package.get(key, [])]
    paths += [entry[key] for entry in package.get("scaling", []) for key in ("confirm",) if key in entry]
    paths += [entry["times"] for entry in package["costs"] if isinstance(entry.get("times"), str)]
    paths += [entry["per"] for entry in package["costs"] if "per" in entry]
    paths += [each["path"] for key in keys for entry in package.get(key, []) for each in conditions(entry.get("when"))]
    assert paths
    for path in paths:
        value_at(chart.values, path)
        assert chart.property(path), path


def test_volumes_name_the_claims_of_the_servers(chart: Chart) -> None:
    claims = set()
    for objects in chart.rendered.values():
        for item in of_kind(objects, "StatefulSet"):
            claims |= {claim["metadata"]["name"] for claim in item["spec"].get("volumeClaimTemplates", [])}
        claims |= {item["metadata"]["name"].removeprefix("shop-") for item in of_kind(objects, "PersistentVolumeClaim")}
    assert {volume["template"] for volume in chart.package.get("volumes", [])} == claims


def test_nodes_and_scaling_name_what_the_chart_makes(chart: Chart) -> None:
    made: dict[str, set[str]] = {}
    for objects in chart.rendered.values():
        for item in of_kind(objects, "StatefulSet", "Deployment"):
            pod = item["spec"]["template"]
            here = made.setdefault(item["metadata"]["name"], set())
            here |= {container["name"] for container in pod["spec"]["containers"]}
    for entry in [*chart.package.get("nodes", []), *chart.package.get("scaling", [])]:
        workload = entry.get("workload", "{fullname}").replace("{fullname}", "shop")
        assert workload in made, workload
        assert entry.get("container") is None or entry["container"] in made[workload]


def test_each_node_says_its_role_unless_all_are_alike(chart: Chart) -> None:
    nodes = {node["component"]: node for node in chart.package.get("nodes", [])}
    alike = set(chart.cases().get("alike", []))
    assert {name for name, node in nodes.items() if "role" not in node} == alike
    workloads = {node["workload"].replace("{fullname}", "shop") for node in nodes.values()}
    servers = {item["metadata"]["name"] for item in of_kind(chart.render(), "StatefulSet")}
    assert servers <= workloads, "every server that keeps data is a node"


def test_versions_are_guarded_wherever_something_is_kept(chart: Chart) -> None:
    rules = {guard["rule"] for guard in chart.package.get("guards", []) if guard["path"] == "serverVersion"}
    if chart.name == "spark-job":
        assert not [item for item in chart.render() if item["kind"] in {"StatefulSet", "PersistentVolumeClaim"}]
        return
    assert "no-downgrade" in rules
    is_a_date = re.fullmatch(r"\d+-\d+-\d+", chart.values["serverVersion"])
    assert rules & {"no-skip-major", "same-major"} or is_a_date


def test_what_may_be_scaled_is_there_in_every_example(chart: Chart) -> None:
    for file in chart.examples():
        values = merge([("chart", chart.values), ("example", yaml.safe_load(file.read_text()) or {})]).values
        made = {item["metadata"]["name"] for item in of_kind(chart.rendered[file.name], "StatefulSet", "Deployment")}
        for entry in scaling(chart.package, values):
            name = values.get("fullnameOverride") or "shop"
            workload = entry.get("workload", "{fullname}").replace("{fullname}", name)
            assert workload in made, f"{file.name}: {entry['component']}"


def test_scripts_that_commands_name_are_files_of_the_chart(chart: Chart) -> None:
    files = {key for objects in chart.rendered.values() for m in of_kind(objects, "ConfigMap") for key in m["data"]}
    text = yaml.safe_dump(chart.package)
    assert set(re.findall(r"/(?:settings|scripts|anywhere)/([\w.-]+\.(?:sh|py))", text)) <= files


def test_it_has_the_alerts_that_matter_and_a_dashboard(chart: Chart) -> None:
    if "monitoring" not in chart.package:
        assert chart.cases()["no-metrics"], "says why it has none"
        return
    for part in ("alerts", "dashboard"):
        document = yaml.safe_load((chart.path / chart.package["monitoring"][part]).read_text())
        jsonschema.validate(document, {**MONITORING, "$ref": f"#/definitions/{part}"})


def test_schema_and_table_of_values_are_those_that_form_yaml_makes(chart: Chart) -> None:
    spec = importlib.util.spec_from_file_location("charts", REPOSITORY / "scripts/charts.py")
    charts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(charts)
    for path, text in charts.written(chart.name).items():
        assert path.read_text() == text, f"run scripts/charts.py write {chart.name}"


def test_endpoints_are_services_that_the_chart_makes(chart: Chart) -> None:
    services: dict[str, list] = {}
    for objects in chart.rendered.values():
        for item in of_kind(objects, "Service"):
            services.setdefault(item["metadata"]["name"], []).extend(item["spec"]["ports"])
    for endpoint in chart.package["endpoints"]:
        name = endpoint["service"].replace("{fullname}", "shop")
        assert endpoint["port"] in {port["port"] for port in services[name]}


def test_each_plan_changes_values_that_exist_and_the_small_one_is_small(chart: Chart) -> None:
    assert [plan["name"] for plan in chart.package["plans"]][:3] == ["small", "standard", "large"]
    known = dict(leaves(chart.schema))
    for plan in chart.package["plans"]:
        overlay = yaml.safe_load((chart.path / plan["values"]).read_text())
        jsonschema.validate(laid(chart.values, overlay), chart.schema)
        for section, values in overlay.items():
            for path in [f"{section}.{name}" for name in values] if isinstance(values, dict) else [section]:
                assert path in known or not known[section].get("properties"), path


def laid(below: dict, above: dict) -> dict:
    """Values with others laid over them."""
    both = {key: laid(below[key], above[key]) for key in below.keys() & above.keys() if isinstance(above[key], dict)}
    return {**below, **above, **both}


def test_the_small_plan_is_small(chart: Chart) -> None:
    requests = []
    for item in of_kind(chart.render(chart.path / "plans/small.yaml"), "StatefulSet", "Deployment"):
        for container in item["spec"]["template"]["spec"]["containers"]:
            requests.append((container["resources"]["requests"], item["spec"].get("replicas", 1)))
    assert sum(millicores(asked["cpu"]) * number for asked, number in requests) <= 1000
    assert sum(mebibytes(asked["memory"]) * number for asked, number in requests) <= 4096


def millicores(text: str) -> int:
    """A quantity of CPU in thousandths of a core."""
    return int(text[:-1]) if text.endswith("m") else int(float(text) * 1000)


def mebibytes(text: str) -> int:
    """A quantity of memory in MiB."""
    return int(float(text[:-2]) * {"Mi": 1, "Gi": 1024}[text[-2:]])


@pytest.mark.parametrize("text", ["250m", "0.25"])
def test_quantities_are_read(text: str) -> None:
    assert millicores(text) == 250
    assert mebibytes("1.5Gi") == 1536


def test_defaults_of_schema_and_values_are_the_same(chart: Chart) -> None:
    for path, node in leaves(chart.schema):
        if "default" in node and not path.startswith("common"):
            assert value_at(chart.values, path) == node["default"], path


def test_every_value_has_a_schema_and_a_title(chart: Chart) -> None:
    known = dict(leaves(chart.schema))
    assert all(node.get("title") for path, node in known.items() if "." not in path or "x-form" in node)

    def walk(values: dict, path: str = "") -> None:
        for name, value in values.items():
            here = f"{path}.{name}" if path else name
            assert here in known, here
            if isinstance(value, dict):
                walk(value, here)

    walk(chart.values)
    jsonschema.validate(chart.values, chart.schema)


def test_fields_of_the_form_are_in_order_and_use_what_the_form_knows(chart: Chart) -> None:
    fields = {path: node for path, node in leaves(chart.schema) if "x-form" in node}
    orders = [node["x-form"]["order"] for node in fields.values()]
    assert len(orders) == len(set(orders))
    for path, node in fields.items():
        form = node["x-form"]
        assert form["group"] in GROUPS and form["level"] in {"basic", "advanced"}, path
        assert form.get("widget") is None or form["widget"] in WIDGETS, path
        if "showIf" in form:
            assert form["showIf"]["path"] in dict(leaves(chart.schema)), path
        if form.get("widget") == "password":
            assert node["writeOnly"] is True and node["default"] == "", path


def test_every_field_of_the_form_says_what_it_is_in_sentences(chart: Chart) -> None:
    fields = {path: node for path, node in leaves(chart.schema) if "x-form" in node}
    assert not [path for path, node in fields.items() if not node.get("description", "").endswith(".")]


def test_every_pattern_says_in_words_what_it_takes_with_an_example_that_fits(chart: Chart) -> None:
    tried = 0
    for node in nodes(chart.schema):
        assert not {"pattern", "not"} & node.keys(), node
        if "pattern" not in node.get("if", {}):
            continue
        words = node["else"]["const"]
        assert not words.endswith(".") and words == words.strip()
        for example in re.findall(r"such as (\S+?)(?=[,:]? |[,:]?$)", words):
            assert re.fullmatch(node["if"]["pattern"], example), words
            tried += 1
        if words.endswith(", or empty"):
            assert re.fullmatch(node["if"]["pattern"], "")
    assert tried > 5


def nodes(schema: object) -> Iterator[Mapping]:
    """Every schema within a schema, but for those that are conditions or say words."""
    if isinstance(schema, Mapping):
        yield schema
        for key, child in schema.items():
            if key not in {"if", "else", "default", "examples"}:
                yield from nodes(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from nodes(child)


def test_fields_that_are_locked_are_guarded_too(chart: Chart) -> None:
    guarded = {guard["path"] for guard in chart.package.get("guards", []) if guard["rule"] == "no-change"}
    locked = {path for path, node in leaves(chart.schema) if node.get("x-form", {}).get("immutable")}
    assert locked - guarded <= {"auth.username"}, locked - guarded


def test_costs_are_what_the_objects_ask_for(chart: Chart) -> None:
    for file in chart.examples():
        costs: Counter[str] = Counter()
        for unit, amount, times in counted(chart.package, values_of(chart, file)):
            costs[unit] += amount * times
        objects = chart.rendered[file.name]
        asked = add_up([*objects, *job_of_spark(objects)])
        said = {"cpu": costs["cpu"], "memory": costs["memory"], "storage": costs["disk"]}
        assert said == pytest.approx({unit: asked[unit] for unit in said}), file.name


def values_of(chart: Chart, file: Path) -> dict:
    """The values the chart sees with an example."""
    layers = [yaml.safe_load(each.read_text()) or {} for each in [*chart.base(), file]]
    return merge([("chart", chart.values), *(("example", layer) for layer in layers)]).values


def job_of_spark(objects: list[dict]) -> list[dict]:
    """The pods of a Spark job: its driver, and the executors which that makes by its settings; elsewhere none.

    Other Jobs come and go beside a service, and do not count.
    """
    if not told_pods(objects):
        return []
    lines = only(objects, "ConfigMap")["data"]["driver.conf"].splitlines()
    settings = dict(line.split(maxsplit=1) for line in lines if " " in line)
    heap, beside = (int(settings[f"spark.executor.{name}"].removesuffix("m")) for name in ("memory", "memoryOverhead"))
    requests = {"cpu": settings["spark.kubernetes.executor.request.cores"], "memory": f"{heap + beside}Mi"}
    executor = {"kind": "Pod", "spec": {"containers": [{"resources": {"requests": requests}}]}}
    driver = {"kind": "Pod", "spec": only(objects, "Job")["spec"]["template"]["spec"]}
    return [driver] + [executor] * int(settings["spark.executor.instances"])


def test_the_readme_names_every_field_of_the_form(chart: Chart) -> None:
    readme = (chart.path / "README.md").read_text()
    missing = [path for path, node in leaves(chart.schema) if "x-form" in node and f"| `{path}` |" not in readme]
    assert not missing


def test_examples_are_values_that_are_taken(chart: Chart) -> None:
    for path, schema in leaves(chart.schema):
        for example in schema.get("examples", []):
            errors = list(jsonschema.Draft202012Validator(schema).iter_errors(example))
            assert not errors, (path, example, errors[0].message)


@pytest.mark.parametrize(
    ("mechanism", "tls", "words"),
    [
        ("PLAIN", False, ["plain.PlainLoginModule"]),
        ("SCRAM-SHA-512", False, ["scram.ScramLoginModule"]),
        ("SCRAM-SHA-512", True, ["scram.ScramLoginModule", "ssl.truststore.type=PEM"]),
    ],
)
def test_snippets_of_kafka_speak_as_its_listener_does(mechanism: str, tls: bool, words: list[str]) -> None:
    package = yaml.safe_load((ROOT / "kafka/package.yaml").read_text())
    entries = in_force(package["snippets"], {"auth": {"mechanism": mechanism}, "tls": {"enabled": tls}})
    facts = {"security_protocol": "SASL_SSL" if tls else "SASL_PLAINTEXT", "sasl_mechanism": mechanism}
    shown = [each["text"] for each in snippets(entries, [], facts)]
    settings = [text for text in shown if "ssl.truststore" in text or "sasl.jaas.config" in text]
    assert len(settings) == len(words)
    assert all(word in text for word, text in zip(words, settings, strict=True))
    assert f"security.protocol={facts['security_protocol']}" in settings[0]
    assert f"sasl.mechanism={mechanism}\n" in settings[0]
    assert any(f'"sasl.mechanism": "{mechanism}"' in text for text in shown)

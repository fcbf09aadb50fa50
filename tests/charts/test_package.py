"""package.yaml, plans, values and schema of each chart agree with each other."""

import json

import jsonschema
import yaml

from tests.charts.chart import REPOSITORY, Chart, leaves

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
}


def value_at(values: dict, path: str) -> object:
    """The value at a dotted path; raises KeyError when there is none."""
    for part in path.split("."):
        values = values[part]
    return values


def test_package_yaml_follows_its_schema(chart: Chart) -> None:
    jsonschema.Draft7Validator.check_schema(RULES)
    jsonschema.validate(chart.package, RULES)


def test_a_package_with_a_wrong_category_or_an_unknown_key_is_refused(chart: Chart) -> None:
    for wrong in ({"category": "toys"}, {"colour": "blue"}, {"plans": []}, {"summary": "Two\nlines."}):
        errors = list(jsonschema.Draft7Validator(RULES).iter_errors({**chart.package, **wrong}))
        assert len(errors) == 1, wrong


def test_every_path_in_package_yaml_is_a_value_with_a_schema(chart: Chart) -> None:
    package = chart.package
    paths = [entry["path"] for key in ("scaling", "guards", "volumes") for entry in package[key]]
    assert paths
    for path in paths:
        value_at(chart.values, path)
        assert chart.property(path), path


def test_volumes_name_the_claims_of_the_server(chart: Chart) -> None:
    stateful = next(item for item in chart.render() if item["kind"] == "StatefulSet")
    claims = {claim["metadata"]["name"] for claim in stateful["spec"]["volumeClaimTemplates"]}
    assert {volume["template"] for volume in chart.package["volumes"]} == claims


def test_endpoints_are_services_that_the_chart_makes(chart: Chart) -> None:
    services = {item["metadata"]["name"]: item["spec"]["ports"] for item in chart.render() if item["kind"] == "Service"}
    for endpoint in chart.package["endpoints"]:
        name = endpoint["service"].replace("{fullname}", "shop")
        assert endpoint["port"] in {port["port"] for port in services[name]}


def test_each_plan_changes_values_that_exist_and_the_small_one_is_small(chart: Chart) -> None:
    assert [plan["name"] for plan in chart.package["plans"]] == ["small", "standard", "large"]
    known = dict(leaves(chart.schema))
    for plan in chart.package["plans"]:
        overlay = yaml.safe_load((chart.path / plan["values"]).read_text())
        jsonschema.validate(overlay, chart.schema)
        for section, values in overlay.items():
            for path in [f"{section}.{name}" for name in values] if isinstance(values, dict) else [section]:
                assert path in known, path
    small = yaml.safe_load((chart.path / "plans/small.yaml").read_text())["resources"]
    assert int(small["cpu"].removesuffix("m")) <= 250
    assert int(small["memory"].removesuffix("Mi")) <= 1024


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


def test_fields_that_are_locked_are_guarded_too(chart: Chart) -> None:
    guarded = {guard["path"] for guard in chart.package["guards"] if guard["rule"] == "no-change"}
    locked = {path for path, node in leaves(chart.schema) if node.get("x-form", {}).get("immutable")}
    assert locked - guarded <= {"auth.username"}, locked - guarded


def test_the_readme_names_every_field_of_the_form(chart: Chart) -> None:
    readme = (chart.path / "README.md").read_text()
    missing = [path for path, node in leaves(chart.schema) if "x-form" in node and f"| `{path}` |" not in readme]
    assert not missing

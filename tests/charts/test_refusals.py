"""Values that would not work are refused before anything is made, in words a person understands."""

import re
from collections.abc import Callable, Mapping

import pytest
import yaml

from tests.charts.chart import CHARTS, ROOT, Chart, cases, has

OWN_AT_LEAST, ALL_AT_LEAST = 6, 15


def _of(name: str) -> list[tuple[str, Mapping]]:
    shared = [case for case in cases("shared")["refused"] if has(name, case["values"], case.get("unknown", False))]
    return [(name, case) for case in [*shared, *cases(name)["refused"]]]


@pytest.mark.parametrize(
    ("name", "case"),
    [pair for chart in CHARTS for pair in _of(chart)],
    ids=lambda part: part if isinstance(part, str) else part["case"].replace(" ", "-"),
)
def test_it_is_refused(name: str, case: Mapping, packed: Callable[[str], Chart], write_values: Callable) -> None:
    answer = packed(name).template(write_values(case["values"]))
    assert answer.returncode != 0
    assert case["words"] in answer.stderr, answer.stderr
    assert "does not match pattern" not in answer.stderr and "'not' failed" not in answer.stderr


def test_a_secret_that_is_refused_is_not_repeated(chart: Chart, write_values: Callable) -> None:
    secrets = [path for path, node in chart.leaves() if node.get("writeOnly")]
    if not secrets:
        pytest.skip("it takes no secret")
    for path in secrets:
        values: object = 'quoted"Canary'
        for part in reversed(path.split(".")):
            values = {part: values}
        answer = chart.template(write_values(values))
        assert answer.returncode != 0 and f"/{path.replace('.', '/')}': value must be" in answer.stderr
        assert "Canary" not in answer.stderr


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_enough_cases(name: str) -> None:
    assert len(cases(name)["refused"]) >= OWN_AT_LEAST
    assert len({case["case"] for _, case in _of(name)}) >= ALL_AT_LEAST


# Words of a refusal of each kind.
KINDS = {
    "a wrong type": r"got \w+, want",
    "an impossible size": r"/persistence|/resources|too little|minimum",
    "a name too long": "/fullnameOverride",
    "an unknown key": "not allowed",
}
BOUND = {
    "two bound to one another": "name the same Secret|own Secret",
    "a Secret that is missing": "needs (bindings|an object store|a place)|no object store is bound|its binding Secret",
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_cases_of_each_kind(name: str) -> None:
    words = [case["words"] for _, case in _of(name)]
    binds = "bindings" in yaml.safe_load((ROOT / name / "values.yaml").read_text())
    kinds = KINDS | (BOUND if binds else {})
    assert not [kind for kind, said in kinds.items() if not any(re.search(said, each) for each in words)]


def test_a_release_with_a_long_name_has_objects_with_names_that_fit(chart: Chart) -> None:
    for item in chart.render(*chart.base(), release="a" * 53):
        assert len(item["metadata"]["name"]) <= 63
        assert all(len(value) <= 63 for value in item["metadata"].get("labels", {}).values())

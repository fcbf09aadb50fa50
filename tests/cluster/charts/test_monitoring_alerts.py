"""Each alert of each chart fires when it should and only then, said by Prometheus' own promtool with alerts.yaml.

What is ill fires among neighbours that are well, and what is well stays silent among neighbours that are ill: the same
release in another namespace, and a release of the same namespace whose name begins alike.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
import yaml
from kubernetes import client

from tests.cluster.charts.release import Release
from tests.cluster.charts.test_monitoring import WATCHED, Prometheus, alerts

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
TOLD = yaml.safe_load((Path(__file__).parent / "alerts.yaml").read_text())
WELL, ILL = range(2)
LAST = 60  # minutes
# The first line that it reads is the rules, the rest the tests of them.
PROMTOOL = 'cd "$(mktemp -d)" && read -r rules && echo "$rules" >rules && cat >tests && promtool test rules tests'


def cases(series: dict, state: int) -> list[dict]:
    """The values of the series in each case in which they are well, or ill."""
    of_state = {name: value[state] if isinstance(value, list) else value for name, value in series.items()}
    listed = {name: value if isinstance(value, list) else [value] for name, value in of_state.items()}
    number = max(map(len, listed.values()))
    return [{name: (values * number)[case] for name, values in listed.items()} for case in range(number)]


def named(series: dict, namespace: str, release: str) -> list[dict]:
    """These series of a release, as promtool takes them."""
    full = {
        name.replace("{", f'{{namespace="{namespace}", ').replace("$release", release): series[name] for name in series
    }
    return [{"series": name, "values": f"{value}x{LAST}"} for name, value in full.items()]


def fired(rule: dict, namespace: str, release: str, labels: list[dict]) -> list[dict]:
    """The alerts of a rule, one for each of these labels."""
    text = json.dumps(labels).replace("$namespace", namespace).replace("$release", release)
    own = [{**rule["labels"], **each} for each in json.loads(text)]
    return [{"exp_labels": each, "exp_annotations": rule["annotations"]} for each in own]


def trials(rule: dict, namespace: str, release: str, told: dict) -> Iterator[dict]:
    """What promtool shall try of an alert."""
    own, name, after = (namespace, release), rule["alert"], told["after"]
    firing = fired(rule, *own, told.get("labels", [{}]))
    wells, ills = cases(told["series"], WELL), cases(told["series"], ILL)
    for well, ill, other in product(wells, ills, [("elsewhere", release), (namespace, f"{release}-two")]):
        fires = [(after - 1, []), (after, firing)]
        for title, mine, others, expected in (("fires", ill, well, fires), ("is silent", well, ill, [(LAST, [])])):
            yield {
                "name": f"{name} {title} beside {other}: {mine}",
                "interval": "1m",
                "input_series": [*named(mine, *own), *named(others, *other)],
                "alert_rule_test": [
                    {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": said} for minute, said in expected
                ],
            }


@pytest.fixture(scope="module")
def promtool(
    api: client.CoreV1Api, namespace: str, release: Callable[[str, str], Release]
) -> Callable[[dict, list[dict]], subprocess.CompletedProcess[str]]:
    """Tries a group of rules in the pod of a Prometheus."""
    Prometheus(api, namespace).start([])
    kubectl = release("prometheus", WATCHED[0]).kubectl

    def run(group: dict, tests: list[dict]) -> subprocess.CompletedProcess[str]:
        given = [{"groups": [group]}, {"rule_files": ["rules"], "evaluation_interval": "1m", "tests": tests}]
        command = [kubectl, "-n", namespace, "exec", "-i", "prometheus", "--", "sh", "-c", PROMTOOL]
        text = "\n".join(map(json.dumps, given))
        return subprocess.run(command, input=text, check=False, capture_output=True, text=True, timeout=300)

    return run


@pytest.mark.parametrize("chart", WATCHED)
def test_each_alert_fires_for_what_it_says_and_for_no_neighbour(
    chart: str, promtool: Callable, release: Callable[[str, str], Release]
) -> None:
    made = release(chart, chart)
    group, told = alerts(made), TOLD[chart]
    assert [rule["alert"] for rule in group["rules"]] == list(told)
    tried = [each for rule in group["rules"] for each in trials(rule, made.namespace, chart, told[rule["alert"]])]
    answer = promtool(group, tried)
    assert answer.returncode == 0, answer.stdout + answer.stderr

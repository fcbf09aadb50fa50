"""How helm is run: what it sees, what it leaves behind, and that it ends when it is told to."""

from __future__ import annotations

import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from anywhere.gateways import rooms
from anywhere.gateways.connect import ClusterAccess, connect
from anywhere.gateways.errors import InvalidChart, Stopped
from anywhere.gateways.helm import ReleaseRequest
from tests.anywhere.practice.session import Session
from tests.support.charts import write_chart

SPY = """#!/usr/bin/env python3
import json, os, sys
config = os.environ.get("KUBECONFIG", "")
text = open(config).read() if os.path.exists(config) else ""
mode = oct(os.stat(config).st_mode & 0o777) if text else ""
seen = {"argv": sys.argv, "env": dict(os.environ), "config": text, "mode": mode, "stdin": sys.stdin.read()}
open("%s", "a").write(json.dumps(seen) + "\\n")
print("v4.3.1" if sys.argv[1] == "version" else '{"version": 1, "name": "web", "namespace": "shop"}')
"""


@pytest.fixture
def spy(tmp_path: Path, settings: Any) -> Path:
    """Give the file in which a program in helm's place writes down what it sees."""
    log, program = tmp_path / "seen", tmp_path / "helm"
    program.write_text(SPY % log)
    program.chmod(0o755)
    settings.HELM = str(program)
    return log


def _seen(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_no_secret_is_on_the_command_line_in_the_environment_or_left_on_disk(
    access: ClusterAccess, places: Path, chart: Path, spy: Path
) -> None:
    os.environ["DATABASE_PASSWORD"] = "n0t-for-helm"
    request = ReleaseRequest("web", "shop", chart, {"password": "v3ry-s3cret"}, secrets=("v3ry-s3cret",))
    try:
        with connect(access) as gateways:
            gateways.helm.install_or_upgrade(request)
    finally:
        del os.environ["DATABASE_PASSWORD"]
    ran = _seen(spy)[-1]
    outside = json.dumps([ran["argv"], ran["env"]])
    assert access.token and access.token not in outside and "v3ry-s3cret" not in outside
    assert "n0t-for-helm" not in outside and "v3ry-s3cret" in ran["stdin"]
    assert ran["mode"] == "0o600" and access.token in ran["config"]
    assert ran["argv"][1:4] == ["upgrade", "web", str(chart)]
    assert "--skip-schema-validation" in ran["argv"] and "--wait" not in ran["argv"]
    assert [path.name for path in (places / "run").iterdir()] == ["discovery"]


def test_helm_is_given_the_address_that_was_checked_and_the_name_to_verify(
    access: ClusterAccess, places: Path, chart: Path, spy: Path
) -> None:
    with connect(access) as gateways:
        gateways.helm.install_or_upgrade(ReleaseRequest("web", "shop", chart))
    cluster = yaml.safe_load(_seen(spy)[-1]["config"])["clusters"][0]["cluster"]
    assert cluster["server"] == access.server
    assert cluster["tls-server-name"] == "127.0.0.1"
    assert "proxy-url" not in cluster and "insecure-skip-tls-verify" not in cluster


def test_a_chart_is_rendered_without_any_credential(
    access: ClusterAccess, places: Path, chart: Path, spy: Path
) -> None:
    with connect(access) as gateways:
        gateways.helm.template(ReleaseRequest("web", "shop", chart))
    assert _seen(spy)[-1]["config"] == ""


def test_an_install_that_hangs_in_a_hook_ends_when_it_is_stopped_and_helm_says_it_failed(
    access: ClusterAccess, places: Path, session: Session
) -> None:
    hook = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: slow
  annotations: {helm.sh/hook: pre-install}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "x:missing"}]
"""
    chart = write_chart(places / "charts", "hooked", {"hook.yaml": hook})
    session.make("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    started = time.monotonic()

    def cancelled() -> bool:
        return time.monotonic() - started > 2.0

    with connect(access, cancelled=cancelled) as gateways, pytest.raises(Stopped) as caught:
        gateways.helm.install_or_upgrade(ReleaseRequest("web", "shop", chart))
    assert caught.value.outcome_unknown
    assert time.monotonic() - started < 15
    with connect(access) as gateways:
        found = gateways.helm.status("web", "shop")
        assert found is not None and found.status in ("failed", "pending-install")


def test_hooks_and_custom_kinds_are_told_apart(access: ClusterAccess, places: Path, session: Session) -> None:
    hook = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: h\n  annotations: {helm.sh/hook: post-install}\n"
    plain = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {date: 2026-11-21, equals: =}\n"
    chart = write_chart(places / "charts", "mixed", {"hook.yaml": hook, "plain.yaml": plain})
    session.make("/api/v1/namespaces", {"metadata": {"name": "shop"}})
    with connect(access) as gateways:
        gateways.helm.install_or_upgrade(ReleaseRequest("web", "shop", chart))
        assert [one["metadata"]["name"] for one in gateways.helm.manifest("web", "shop")] == ["c"]
        assert [one["metadata"]["name"] for one in gateways.helm.hooks("web", "shop")] == ["h"]
        assert gateways.helm.manifest("web", "shop")[0]["data"] == {"date": "2026-11-21", "equals": "="}


@pytest.mark.parametrize(
    ("template", "code"),
    [
        ('{{ fail "choose a number" }}', "chart.invalid"),
        ("{{ .Values.nothing.at.all }}", "chart.invalid"),
        ("a: [", "chart.invalid"),
        ('{{ range $i := until 3 }}{{ include "nowhere" . }}{{ end }}', "chart.invalid"),
    ],
)
def test_a_chart_that_cannot_be_rendered_says_why(
    access: ClusterAccess, places: Path, template: str, code: str
) -> None:
    chart = write_chart(places / "charts", "broken", {"broken.yaml": template})
    with connect(access) as gateways, pytest.raises(InvalidChart) as caught:
        gateways.helm.template(ReleaseRequest("web", "shop", chart))
    assert caught.value.code == code
    assert caught.value.detail and len(caught.value.detail) < 1600


def test_what_a_chart_says_when_it_refuses_values_is_all_that_is_said(access: ClusterAccess, places: Path) -> None:
    chart = write_chart(places / "charts", "broken", {"broken.yaml": '{{ fail "\\n\\nChoose a number.\\n" }}'})
    with connect(access) as gateways, pytest.raises(InvalidChart) as caught:
        gateways.helm.template(ReleaseRequest("web", "shop", chart))
    assert caught.value.detail == "Choose a number."


@pytest.mark.parametrize(
    "template", ["{{ range $i := until 20000000 }}a: {{ $i }}\n{{ end }}", 'a: {{ repeat 2000000000 "xxxxxxxx" }}']
)
def test_a_chart_that_eats_memory_or_time_is_ended(access: ClusterAccess, places: Path, template: str) -> None:
    chart = write_chart(places / "charts", "hungry", {"hungry.yaml": template})
    started = time.monotonic()
    with connect(access) as gateways, pytest.raises(InvalidChart) as caught:
        gateways.helm.template(ReleaseRequest("web", "shop", chart))
    assert caught.value.code == "chart.too_heavy"
    assert time.monotonic() - started < 31


def test_directories_of_dead_processes_are_removed_and_those_of_living_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "helm-999999999-5-abc").mkdir()
    (tmp_path / f"helm-{os.getpid()}-5-reused").mkdir()
    (tmp_path / "something-else").mkdir()
    mine = rooms.make(tmp_path)
    assert stat.S_IMODE(mine.stat().st_mode) == 0o700
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([mine.name, "something-else"])
    assert rooms.sweep(tmp_path) == 0

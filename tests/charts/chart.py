"""A packed chart and what can be asked of it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT = REPOSITORY / "helm-charts"
CASES = Path(__file__).parent / "cases"
CHARTS = tuple(sorted(path.parent.name for path in ROOT.glob("*/package.yaml")))


def cases(name: str) -> dict:
    """The values a chart is tried with: fixed, restarts, quiet, refused, and what it is allowed beside the rules."""
    return yaml.safe_load((CASES / f"{name}.yaml").read_text())


def has(name: str, values: Mapping, unknown: bool = False) -> bool:
    """Whether the chart has all these values; with `unknown`, whether it has those that the last names stand in."""

    def found(here: object, wanted: Mapping) -> bool:
        if not isinstance(here, Mapping):
            return False
        inner = {key: value for key, value in wanted.items() if isinstance(value, Mapping) and key != "extra"}
        return (unknown or wanted.keys() <= here.keys()) and all(found(here.get(k), v) for k, v in inner.items())

    return found(yaml.safe_load((ROOT / name / "values.yaml").read_text()), values)


def find_helm() -> str:
    """The path of a Helm of version 4, from ANYWHERE_HELM, the portal's home or PATH."""
    home = Path(os.environ.get("ANYWHERE_HOME", REPOSITORY / ".anywhere"))
    for candidate in (
        os.environ.get("ANYWHERE_HELM"),
        home / "bin/helm",
        REPOSITORY / ".anywhere/bin/helm",
        shutil.which("helm"),
    ):
        if candidate and Path(candidate).is_file():
            return str(candidate)
    raise AssertionError("These tests need Helm: set ANYWHERE_HELM, or run make, which fetches it.")


@dataclass(frozen=True)
class Chart:
    """A chart with its library vendored, as it is published."""

    name: str
    path: Path
    helm: str
    schema: dict
    values: dict
    package: dict

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """What Helm answers; nothing is raised."""
        return subprocess.run(
            [self.helm, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=60
        )

    def template(
        self, *files: Path, release: str = "shop", more: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Helm's answer to rendering the chart with these files of values."""
        values = [part for file in [*self.base(), *files] for part in ("--values", file)]
        return self.run("template", release, self.path, "--namespace", "apps", *more, *values)

    def render(self, *files: Path, release: str = "shop", more: Sequence[str] = ()) -> list[dict]:
        """The objects the chart makes of these files of values."""
        answer = self.template(*files, release=release, more=more)
        assert answer.returncode == 0, answer.stderr
        return [document for document in yaml.safe_load_all(answer.stdout) if document]

    def base(self) -> list[Path]:
        """The values without which the chart cannot render, if there are any: ci/required-values.yaml."""
        return [file for file in [self.path / "ci/required-values.yaml"] if file.is_file()]

    def examples(self) -> list[Path]:
        """The files of values that must always render: ci and the plans."""
        return sorted(self.path.glob("ci/*-values.yaml")) + sorted(self.path.glob("plans/*.yaml"))

    @cached_property
    def rendered(self) -> dict[str, list[dict]]:
        """The objects of every example, by the name of its file: rendered once, to be looked at and not changed."""
        return {file.name: self.render(file) for file in self.examples()}

    def cases(self) -> dict:
        """The values it is tried with."""
        return cases(self.name)

    def leaves(self) -> list[tuple[str, dict]]:
        """Every value with its schema, by its dotted path."""
        return list(leaves(self.schema))

    def alerts(self) -> list[dict]:
        """The alerts of monitoring/alerts.yaml."""
        return yaml.safe_load((self.path / "monitoring/alerts.yaml").read_text())["alerts"]

    def property(self, path: str) -> dict | None:
        """The schema of the value at this dotted path."""
        node = self.schema
        for part in path.split("."):
            node = node.get("properties", {}).get(part)
            if node is None:
                return None
        return node


def only(objects: list[dict], kind: str) -> dict:
    """The one object of this kind."""
    found = [item for item in objects if item["kind"] == kind]
    assert len(found) == 1, [item["metadata"]["name"] for item in found]
    return found[0]


def pod_specs(objects: list[dict]) -> Iterator[tuple[str, dict]]:
    """The name and the pod of everything that runs one."""
    for item in objects:
        if item["kind"] == "Pod":
            yield item["metadata"]["name"], item["spec"]
        elif item["kind"] in {"StatefulSet", "Deployment", "DaemonSet", "Job"}:
            yield item["metadata"]["name"], item["spec"]["template"]["spec"]
        elif item["kind"] == "CronJob":
            yield item["metadata"]["name"], item["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def told_pods(objects: list[dict]) -> list[dict]:
    """The pods that a program makes after a text in a ConfigMap; it gives them their resources itself."""
    texts = [text for item in of_kind(objects, "ConfigMap") for text in item["data"].values()]
    return [yaml.safe_load(text)["spec"] for text in texts if re.search("^kind: Pod$", text, re.MULTILINE)]


def containers(pod: Mapping) -> list[dict]:
    """Every container of a pod, those that begin it too."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def of_kind(objects: list[dict], *kinds: str) -> list[dict]:
    """The objects of these kinds."""
    return [item for item in objects if item["kind"] in kinds]


def leaves(schema: Mapping, path: str = "") -> Iterator[tuple[str, dict]]:
    """Every property of a schema with its dotted path."""
    for name, node in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here, node
        yield from leaves(node, here)

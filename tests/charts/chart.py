"""A packed chart and what can be asked of it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT = REPOSITORY / "helm-charts"
CHARTS = ("postgresql", "valkey", "kafka")


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

    def template(self, *files: Path, release: str = "shop") -> subprocess.CompletedProcess[str]:
        """Helm's answer to rendering the chart with these files of values."""
        values = [part for file in files for part in ("--values", file)]
        return self.run("template", release, self.path, "--namespace", "apps", *values)

    def render(self, *files: Path, release: str = "shop") -> list[dict]:
        """The objects the chart makes of these files of values."""
        answer = self.template(*files, release=release)
        assert answer.returncode == 0, answer.stderr
        return [document for document in yaml.safe_load_all(answer.stdout) if document]

    def examples(self) -> list[Path]:
        """The files of values that must always render: ci and the plans."""
        return sorted(self.path.glob("ci/*-values.yaml")) + sorted(self.path.glob("plans/*.yaml"))

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


def leaves(schema: Mapping, path: str = "") -> Iterator[tuple[str, dict]]:
    """Every property of a schema with its dotted path."""
    for name, node in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here, node
        yield from leaves(node, here)

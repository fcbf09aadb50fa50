"""Fixtures for the charts: each packed with its library as it is published, and the real Helm to render it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.charts.chart import CHARTS, ROOT, Chart, find_helm


@pytest.fixture(scope="session")
def helm() -> str:
    """The path of the Helm binary; without one these tests cannot say anything, so they fail."""
    return find_helm()


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory, helm: str) -> Callable[[str], Chart]:
    """A chart by its name, with the library it shares vendored into charts/."""
    target = tmp_path_factory.mktemp("charts")
    for name in CHARTS:
        shutil.copytree(ROOT / name, target / name)
        shutil.copytree(ROOT / "common", target / name / "charts" / "common")
    charts = {
        name: Chart(
            name=name,
            path=target / name,
            helm=helm,
            schema=json.loads((target / name / "values.schema.json").read_text()),
            values=yaml.safe_load((target / name / "values.yaml").read_text()),
            package=yaml.safe_load((target / name / "package.yaml").read_text()),
        )
        for name in CHARTS
    }
    return charts.__getitem__


@pytest.fixture(params=CHARTS)
def chart(request: pytest.FixtureRequest, packed: Callable[[str], Chart]) -> Chart:
    """Each of our charts in turn."""
    return packed(request.param)


@pytest.fixture
def write_values(tmp_path: Path) -> Callable[[dict], Path]:
    """Writes values to a file and gives its path."""

    def write(values: dict) -> Path:
        path = tmp_path / "values.yaml"
        path.write_text(yaml.safe_dump(values))
        return path

    return write

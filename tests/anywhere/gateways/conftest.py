"""A practice server for these tests, and gateways to a cluster of each test's own."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from anywhere.gateways.connect import ClusterAccess
from anywhere.lib.addresses import AddressPolicy
from anywhere.practice import client
from tests.anywhere.practice.conftest import PracticeServer
from tests.anywhere.practice.session import Session
from tests.support.charts import write_chart


@pytest.fixture(scope="session")
def practice_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    """Give a practice server."""
    one = PracticeServer(tmp_path_factory.mktemp("gateways"))
    one.start()
    yield one
    one.end()


@pytest.fixture
def session(practice_server: PracticeServer, tmp_path: Path) -> Iterator[Session]:
    """Give a new practice cluster."""
    one = practice_server.cluster(tmp_path)
    yield one
    client.delete_cluster(practice_server.home, one.id)


@pytest.fixture
def access(session: Session) -> ClusterAccess:
    """Give how to reach the practice cluster."""
    config = yaml.safe_load(session.kubeconfig.read_text())["clusters"][0]["cluster"]
    authority = base64.b64decode(config["certificate-authority-data"])
    return ClusterAccess(session.server, authority, session.token, policy=AddressPolicy(allow_loopback=True))


@pytest.fixture
def places(settings: Any, tmp_path: Path) -> Path:
    """Give the folder that holds the chart cache and Helm's private directories."""
    settings.RUN_DIR, settings.CHART_CACHE = tmp_path / "run", tmp_path / "charts"
    return tmp_path


@pytest.fixture
def chart(places: Path) -> Path:
    """Give a chart of one Deployment in the cache."""
    return write_chart(places / "charts", "web")

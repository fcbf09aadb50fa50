"""A practice server, clusters registered with it, services installed there by the real helm, and a running watcher."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils import timezone

from anywhere.clusters.connection import access_of
from anywhere.clusters.models import Cluster, ClusterState, Credential
from anywhere.gateways.connect import connect
from anywhere.gateways.helm import ReleaseRequest
from anywhere.practice import client
from services.models import Service
from services.watcher.main import Watcher
from services.watcher.memory import Memory
from services.watcher.pace import Pace
from tests.anywhere.practice.conftest import PracticeServer
from tests.anywhere.practice.session import Session
from tests.support import factories
from tests.support.charts import write_chart

QUICK = Pace(look=0.3, write=0.05, probe=0.5, patience=1.0, second_look=0.2, reconnect=0.3, calm=0.05, restless=0.5)


@pytest.fixture(scope="session")
def practice_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeServer]:
    """Give a practice server for these tests."""
    one = PracticeServer(tmp_path_factory.mktemp("watched"))
    one.start()
    yield one
    one.end()


@dataclass
class Place:
    """A registered practice cluster."""

    row: Cluster
    session: Session

    def install(self, name: str, chart: Path, **values: Any) -> Service:
        """Give a service whose release the real helm has installed."""
        service = self.service(name)
        self.apply(service, chart, **values)
        Service.objects.filter(pk=service.pk).update(applied_generation=1)
        return service

    def service(self, name: str) -> Service:
        """Give a service that is wanted, with nothing installed yet."""
        owner = self.row.organization
        package = factories.package()
        return Service.objects.create(
            organization=owner, cluster=self.row, package=package, version=package.latest, name=name, namespace=name
        )

    def apply(self, service: Service, chart: Path, **values: Any) -> None:
        """Install or upgrade a service's release."""
        with connect(access_of(self.row)) as gateways:
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": service.namespace}}
            gateways.kubernetes.apply(namespace)
            gateways.helm.install_or_upgrade(ReleaseRequest(service.name, service.namespace, chart, values))


@pytest.fixture
def place(
    practice_server: PracticeServer, tmp_path: Path, transactional_db: None, settings: Any
) -> Iterator[Callable[..., Place]]:
    """Give a maker of registered practice clusters."""
    settings.RUN_DIR, settings.CHART_CACHE = tmp_path / "run", tmp_path / "charts"
    made: list[Session] = []

    def make(**behaviour: Any) -> Place:
        session = practice_server.cluster(tmp_path, **behaviour)
        made.append(session)
        config = yaml.safe_load(session.kubeconfig.read_text())
        row = Cluster.objects.create(
            organization=factories.organization(),
            name=f"practice-{len(made)}",
            state=ClusterState.REGISTERED,
            is_practice=True,
            server=session.server,
            ca_data=_authority(config),
        )
        credential = Credential(cluster=row, kind="service-account", renewed_at=timezone.now())
        credential.secret = {"token": session.token}
        credential.save()
        return Place(row, session)

    yield make
    for session in made:
        client.delete_cluster(practice_server.home, session.id)


def _authority(config: dict[str, Any]) -> bytes:
    import base64

    return base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"])


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """Give a packaged chart of one Deployment, whose image and number of pods are values."""
    return write_chart(tmp_path / "charts", "web")


class Running:
    """A watcher on a thread and loop of its own."""

    def __init__(self, pace: Pace = QUICK) -> None:
        self.pace = pace
        self.watcher: Watcher | None = None
        self.failure: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        async def work() -> None:
            self.watcher = Watcher(Memory(), self.pace)
            self._task = asyncio.current_task()
            try:
                await self.watcher.run()
            except asyncio.CancelledError:
                return
            except BaseException as error:
                self.failure = error

        self._loop.run_until_complete(work())

    def stop(self) -> None:
        """Return when it has ended."""
        if self._thread.is_alive() and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the watcher does not end"
        if self.failure is not None:
            raise self.failure


@pytest.fixture
def watch() -> Iterator[Callable[..., Running]]:
    """Give a starter of watchers, which all end with the test."""
    started: list[Running] = []

    def start(pace: Pace = QUICK) -> Running:
        started.append(Running(pace))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def until() -> Callable[..., Service]:
    """Give a waiter for a service to have a verdict (and a code)."""

    def wait(service: Service, verdict: str, code: str | None = None, seconds: float = 20.0) -> Service:
        ends = time.monotonic() + seconds
        while True:
            service.refresh_from_db()
            if service.verdict == verdict and code in (None, service.health_code):
                return service
            seen = f"{service.verdict} {service.health_code}: {service.reason}"
            assert time.monotonic() < ends, f"wanted {verdict} {code}, saw {seen}"
            time.sleep(0.05)

    return wait

"""G2 and G4: a full look at 1 000 releases, and what the watcher weighs, beside `helm list` and `helm status`.

The practice cluster holds 1 000 releases of one Deployment with two pods each, and ten revisions of each. The first
start ever reads each release once; a full resync lists everything again and judges every service.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml

from tests.bench.result import Result

ROOT = Path(__file__).resolve().parents[2]
RELEASES = 1000
REVISIONS = 10  # Helm's own default history
SAMPLE = 20
ROUNDS = 5
PATIENCE = 240.0


def measure() -> list[Result]:
    """Give the figures."""
    os.environ.setdefault("ANYWHERE_LOG_LEVEL", "WARNING")
    import django

    import tests.support.embedded  # noqa: F401  (starts PostgreSQL and Valkey, sets the environment)

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory(prefix="anywhere-bench-") as folder, _practice(Path(folder)) as server:
        cluster = _seeded(server, Path(folder))
        figures = _cold(server, cluster)
        resync = _resync(server, cluster)
        listed, status = _helm_list(server, cluster), _helm_status(server, cluster)
        figures += [
            _figure("full resync, CPU, beside helm status of each", resync["cpu"], "s", 2.0, status["cpu"]),
            _figure("full resync, CPU, beside helm list", resync["cpu"], "s", 2.0, listed["cpu"]),
            _figure(
                "full resync, API calls, beside helm status of each", resync["calls"], "calls", 12, status["calls"]
            ),
            _figure("full resync, read, beside helm list (which asks for gzip)", resync["mb"], "MB", 8, listed["mb"]),
            _figure(
                "full resync, until all are judged, beside helm status of each",
                resync["wall"],
                "s",
                None,
                status["wall"],
            ),
        ]
    return figures


def _figure(what: str, ours: float, unit: str, most: float | None = None, peer: float | None = None) -> Result:
    name = what if what.startswith("G4") else f"G2 {what}"
    return Result(name, ours, peer, unit, f"≤ {most:g} {unit}" if most else "none", most is None or ours <= most)


@contextmanager
def _practice(folder: Path) -> Iterator[Any]:
    from tests.anywhere.practice.conftest import PracticeServer

    server = PracticeServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.end()


def _seeded(server: Any, folder: Path) -> Any:
    """Give the practice cluster with its releases, and a row for each of them."""
    from django.utils import timezone

    from anywhere.clusters.models import Cluster, ClusterState, Credential
    from anywhere.practice import client
    from services.models import Service
    from tests.support import factories

    session = server.cluster(folder)
    client.seed(server.home, session.id, RELEASES, revisions=REVISIONS)
    config = yaml.safe_load(session.kubeconfig.read_text())["clusters"][0]["cluster"]
    import base64

    row = Cluster.objects.create(
        organization=factories.organization(),
        name="seeded",
        state=ClusterState.REGISTERED,
        is_practice=True,
        server=session.server,
        ca_data=base64.b64decode(config["certificate-authority-data"]),
    )
    credential = Credential(cluster=row, kind="service-account", renewed_at=timezone.now())
    credential.secret = {"token": session.token}
    credential.save()
    package = factories.package()
    secrets = session.get("/api/v1/secrets?labelSelector=owner%3Dhelm,status%3Ddeployed")["items"]
    Service.objects.bulk_create(
        Service(
            organization=row.organization,
            cluster=row,
            package=package,
            version=package.latest,
            name=secret["metadata"]["labels"]["name"],
            namespace=secret["metadata"]["namespace"],
            applied_generation=1,
        )
        for secret in secrets
    )
    session.row = row
    return session


def _counted(server: Any, session: Any, prefix: str) -> tuple[int, float]:
    """Give (calls, megabytes) of a client since the last clearing."""
    from anywhere.practice import client

    found = client.requests(server.home, session.id)
    mine = [one for name, one in found["clients"].items() if name.lower().startswith(prefix)]
    return sum(one["requests"] for one in mine), sum(one["sent_bytes"] for one in mine) / 1e6


def _clear(server: Any, session: Any) -> None:
    from anywhere.practice import client

    client.requests(server.home, session.id, clear=True)


def _cold(server: Any, session: Any) -> list[Result]:
    """The real process, from its start until every service is known to be healthy, and what it weighs then."""
    from services.models import Service

    _clear(server, session)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"}
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "services.watcher"], env=environment, cwd=ROOT)
    try:
        ends = started + PATIENCE
        while Service.objects.exclude(verdict="healthy").exists():
            assert time.monotonic() < ends and process.poll() is None, "not every service became healthy"
            time.sleep(0.2)
        wall = time.monotonic() - started
        seen = psutil.Process(process.pid)
        calls, read = _counted(server, session, "anywhere-watcher")
        cpu = sum(seen.cpu_times()[:2])
        time.sleep(5)
        idle = sum(seen.cpu_times()[:2])
        time.sleep(20)
        idle = (sum(seen.cpu_times()[:2]) - idle) / 20
        status = Path(f"/proc/{process.pid}/status").read_text()
        peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
        now = int(status.split("VmRSS:")[1].split()[0]) / 1024
    finally:
        process.terminate()
        process.wait(20)
    return [
        _figure("G4 watcher at 1 000 releases: memory at its highest", peak, "MB", 120.0),
        _figure("G4 watcher at 1 000 releases: memory at rest", now, "MB"),
        _figure("first start ever, every release read once: time", wall, "s"),
        _figure("first start ever: CPU, the program's own start included", cpu, "s"),
        _figure("first start ever: API calls", calls, "calls"),
        _figure("first start ever: read", read, "MB"),
        _figure("at rest: CPU of one core", idle * 100, "%"),
    ]


def _resync(server: Any, session: Any) -> dict[str, float]:
    """The median of some full resyncs, in this process, from connecting to the last judgement written."""
    rounds = [asyncio.run(_one_resync(server, session)) for _ in range(ROUNDS)]
    return {key: sorted(one[key] for one in rounds)[ROUNDS // 2] for key in rounds[0]}


async def _one_resync(server: Any, session: Any) -> dict[str, float]:
    from services.watcher.main import Watcher

    await asyncio.to_thread(_clear, server, session)
    watcher = Watcher()
    before, started = _cpu(), time.monotonic()
    task = asyncio.create_task(watcher.run())
    while True:
        await asyncio.sleep(0.02)
        watch = watcher.watches.get(session.row.pk)
        if watch and watch.is_synced and watch.judged >= RELEASES and not watch.holdings.dirty:
            break
        assert time.monotonic() - started < PATIENCE and not task.done(), "the resync does not end"
    figures = {"cpu": _cpu() - before, "wall": time.monotonic() - started}
    calls, read = await asyncio.to_thread(_counted, server, session, "anywhere-watcher")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return figures | {"calls": calls, "mb": read}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _helm(session: Any, *words: str) -> None:
    environment = {"KUBECONFIG": str(session.kubeconfig), "HOME": str(session.kubeconfig.parent)}
    command = [os.environ["ANYWHERE_HELM"], *words]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)


def _timed(server: Any, session: Any, calls: list[list[str]]) -> dict[str, float]:
    _clear(server, session)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    for words in calls:
        _helm(session, *words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    requests, read = _counted(server, session, "helm")
    return {"cpu": cpu, "wall": time.monotonic() - started, "calls": requests, "mb": read}


def _helm_list(server: Any, session: Any) -> dict[str, float]:
    _helm(session, "version")
    rounds = [_timed(server, session, [["list", "--all-namespaces", "--max", "0"]]) for _ in range(ROUNDS)]
    return {key: sorted(one[key] for one in rounds)[ROUNDS // 2] for key in rounds[0]}


def _helm_status(server: Any, session: Any) -> dict[str, float]:
    """`helm status` of a sample of the releases, reckoned for all of them."""
    from services.models import Service

    rows = Service.objects.filter(cluster=session.row).values_list("name", "namespace")[:SAMPLE]
    calls = [["status", name, "--namespace", namespace, "--output", "json"] for name, namespace in rows]
    return {key: figure * RELEASES / SAMPLE for key, figure in _timed(server, session, calls).items()}

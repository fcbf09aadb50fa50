"""G1: from POST to done, beside `helm upgrade --install --wait` of the same chart on the same cluster, interleaved.

The cluster is the practice cluster with workloads that are ready at once, so what is measured is what we add.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.bench.result import Result, percentile
from tests.support.portal import Portal, free_ports

PAIRS = int(os.environ.get("ANYWHERE_BENCH_PAIRS", "30"))
MEDIAN_MS, P95_MS, POST_MS = 250.0, 600.0, 80.0


def measure() -> Iterator[Result]:
    """Give what we add at the median and at p95, and how soon the 202 comes."""
    home = Path("/tmp") / f"anywhere-bench-{secrets.token_hex(4)}"
    portal = Portal(home, free_ports()).start()
    try:
        with portal.client() as client, tempfile.TemporaryDirectory() as folder:
            yield from _measure(portal, client, Path(folder))
    finally:
        portal.stop()
        shutil.rmtree(home, ignore_errors=True)


def _measure(portal: Portal, client: Any, folder: Path) -> Iterator[Result]:
    operation = client.post("/api/v1/organizations/home/clusters/practice/", json={"name": "bench"}).json()
    while client.get(f"/api/v1/operations/{operation['id']}/").json()["state"] != "succeeded":
        time.sleep(0.1)
    cluster = operation["subject"]["id"]
    client.patch(f"/api/v1/clusters/{cluster}/practice/", json={"ready_seconds": 0}).raise_for_status()
    package = client.get("/api/v1/catalog/packages/valkey/").json()
    chart = portal.home / "charts" / f"{package['versions'][0]['digest']}.tgz"
    plan = next(p for p in package["plans"] if p["name"] == "small")
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(_practice_kubeconfig(portal.home)))
    values = folder / "values.yaml"
    values.write_text(json.dumps(plan["values"]))
    ours, posts, peers = [], [], []
    for number in range(PAIRS + 2):
        name = f"b{number}-{secrets.token_hex(3)}"
        ours_first = number % 2 == 0  # ABBA
        if ours_first:
            ours.append(_click(client, cluster, f"a{name}", posts))
        peers.append(_helm(kubeconfig, chart, values, f"h{name}"))
        if not ours_first:
            ours.append(_click(client, cluster, f"a{name}", posts))
    ours, posts, peers = ours[2:], posts[2:], peers[2:]  # the first pairs warm both up
    added = [a - b for a, b in zip(ours, peers, strict=True)]
    median, late = percentile(added, 0.5), percentile(added, 0.95)
    yield Result("G1 click to deployed, median", percentile(ours, 0.5), percentile(peers, 0.5), "ms",
                 f"≤ +{MEDIAN_MS:.0f} ms", median <= MEDIAN_MS, f"added {median:+.0f} ms at the median")  # fmt: skip
    yield Result("G1 click to deployed, p95", percentile(ours, 0.95), percentile(peers, 0.95), "ms",
                 f"≤ +{P95_MS:.0f} ms", late <= P95_MS, f"added {late:+.0f} ms at p95")  # fmt: skip
    post = percentile(posts, 0.95)
    yield Result("G1 answer 202, p95", post, None, "ms", f"≤ {POST_MS:.0f} ms", post <= POST_MS)


def _practice_kubeconfig(home: Path) -> Any:
    os.environ["ANYWHERE_HOME"] = str(home)
    from anywhere.practice import client as practice

    return practice.create_cluster(home, ready_seconds=0).kubeconfig


def _click(client: Any, cluster: str, name: str, posts: list[float]) -> float:
    """Give the milliseconds from the POST to the story's `done`, as a browser sees it."""
    started = time.perf_counter()
    body = {"package": "valkey", "name": name, "cluster": cluster, "plan": "small"}
    answer = client.post("/api/v1/organizations/home/services/", json=body)
    posts.append((time.perf_counter() - started) * 1000)
    assert answer.status_code == 202, answer.text
    address = f"/api/v1/operations/{answer.json()['id']}/events/"
    with client.stream("GET", address, headers={"Accept": "text/event-stream"}) as stream:
        for line in stream.iter_lines():
            if line.startswith("event: done"):
                break
    took = (time.perf_counter() - started) * 1000
    assert client.get(f"/api/v1/operations/{answer.json()['id']}/").json()["state"] == "succeeded"
    return took


def _helm(kubeconfig: Path, chart: Path, values: Path, name: str) -> float:
    """Give the milliseconds of the peer."""
    command = [os.environ["ANYWHERE_HELM"], "upgrade", "--install", name, str(chart), "-n", name, "--create-namespace",
               "-f", str(values), "--wait", "--kubeconfig", str(kubeconfig)]  # fmt: skip
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return (time.perf_counter() - started) * 1000

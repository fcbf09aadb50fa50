"""Ways to hurt a running portal, and the claims that must hold once it has had time to recover."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.charts.chart import find_helm
from tests.support.portal import Portal

# What can be killed, and how its command line looks. Helm is found by its private directory instead.
PROCESSES = {
    "worker": r"celery .* worker ",
    "watcher": r"services\.watcher",
    "beat": r"celery .* beat ",
    "web": r"granian .*wsgi",
    "events": r"granian .*asgi",
}
VICTIMS = (*PROCESSES, "helm")
logging.getLogger("httpx2").setLevel(logging.WARNING)
FINAL = {"succeeded", "failed", "cancelled", "superseded"}


def helms(portal: Portal) -> list[int]:
    """Give the ids of the helm processes of this portal that write to a cluster, those without a parent too."""
    mark = f"HOME={portal.home}/run/helm-".encode()
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or b"\0upgrade\0" not in (entry / "cmdline").read_bytes():
                continue
            if any(value.startswith(mark) for value in (entry / "environ").read_bytes().split(b"\0")):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def kill(portal: Portal, victim: str, *, wait: float = 20, later: float = 0.0) -> str:
    """Give what was killed with SIGKILL, "" when none ran; for helm the next one, some seconds after it was seen."""
    end = time.monotonic() + wait
    while True:
        found = helms(portal) if victim == "helm" else portal.find(PROCESSES[victim])
        if found:
            break
        if time.monotonic() > end:
            return ""  # none ran
        time.sleep(0.01)
    if victim == "helm":
        time.sleep(later)
    chosen = random.choice(found)
    try:
        os.kill(chosen, signal.SIGKILL)
    except ProcessLookupError:
        return ""
    return f"{victim} {chosen}"


@dataclass
class Api:
    """The REST API as a client uses it that goes on when the portal is away for a moment."""

    portal: Portal
    client: httpx.Client = field(init=False)
    retries: int = 0

    def __post_init__(self) -> None:
        self.client = self.portal.client()

    def call(self, method: str, path: str, body: Any = None, seconds: float = 60) -> Any:
        """Give the answer's JSON; a POST is sent again under the same key until it is answered."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        end = time.monotonic() + seconds
        while True:
            try:
                answer = self.client.request(method, f"/api/v1/{path}", json=body, headers=headers)
                away = answer.status_code in (502, 503) or "in_flight" in answer.text
                if not away:
                    assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
                    return answer.json()
            except httpx.TransportError:
                pass
            assert time.monotonic() < end, f"{method} {path} was not answered in {seconds} s"
            self.retries += 1
            time.sleep(0.3)

    def install(self, package: str, name: str, cluster: str = "real", **more: Any) -> dict[str, Any]:
        """Give the operation of an install into a namespace of the same name."""
        body = {"package": package, "name": name, "namespace": name, "cluster": cluster, **more}
        answer: dict[str, Any] = self.call("POST", "organizations/home/services/", body)
        return answer

    def operation(self, operation_id: str) -> dict[str, Any]:
        """Give an operation."""
        answer: dict[str, Any] = self.call("GET", f"operations/{operation_id}/")
        return answer

    def ended(self, operation_id: str, seconds: float) -> dict[str, Any]:
        """Give an operation once it has ended."""
        end = time.monotonic() + seconds
        while (found := self.operation(operation_id))["state"] not in FINAL:
            assert time.monotonic() < end, f"not ended in {seconds} s: {found['state']} {found['steps']}"
            time.sleep(0.5)
        return found

    def service(self, name: str) -> dict[str, Any]:
        """Give the one service of a name; two would be a double install."""
        found = [s for s in self.call("GET", f"organizations/home/services/?q={name}")["results"] if s["name"] == name]
        assert len(found) == 1, f"{len(found)} services {name}"
        return dict(found[0])


def helm_history(kubeconfig: str, name: str) -> list[dict[str, Any]]:
    """Give what Helm itself says of a release in the namespace of its name, as the cluster's administrator."""
    done = subprocess.run(
        [find_helm(), "-n", name, "history", name, "-o", "json"], capture_output=True, text=True, check=True,
        timeout=60, env={**os.environ, "KUBECONFIG": kubeconfig},
    )  # fmt: skip
    history: list[dict[str, Any]] = json.loads(done.stdout)
    return history


def assert_one_release(kubeconfig: str, name: str, most: int = 4) -> None:
    """Claim that the cluster has the release once, in one deployed revision, and nothing pending."""
    history = helm_history(kubeconfig, name)
    states = [revision["status"] for revision in history]
    assert states.count("deployed") == 1, history
    assert states[-1] == "deployed", history
    assert set(states[:-1]) <= {"failed", "superseded"}, history
    assert len(states) <= most, history


def assert_nothing_left(portal: Portal, api: Api, kubeconfig: str, names: list[str]) -> None:
    """Claim: nothing is held, no helm runs on, no credential lies about, every process is back, no other release."""
    active = api.call("GET", "organizations/home/operations/?state=active")["results"]
    assert active == [], active
    settle = time.monotonic() + 45
    while problems := _left(portal):
        assert time.monotonic() < settle, problems
        time.sleep(0.5)
    assert api.client.get("/readyz").status_code == 200
    done = subprocess.run(
        [find_helm(), "list", "-A", "-o", "json"], capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, "KUBECONFIG": kubeconfig},
    )  # fmt: skip
    releases = [(r["namespace"], r["name"]) for r in json.loads(done.stdout) if r["namespace"] in names]
    assert sorted(releases) == sorted((name, name) for name in names)


def _left(portal: Portal) -> list[str]:
    said = [f"helm {pid} runs" for pid in helms(portal)]
    said += [str(file) for file in (portal.home / "run").rglob("kubeconfig")]
    return said + [f"{name} is not back" for name, pattern in PROCESSES.items() if not portal.find(pattern)]


def cluster_tool() -> list[str]:
    """Give the command that takes `api off|on` and `node off|on NAME`, from $ANYWHERE_CLUSTER_TOOL."""
    tool = os.environ.get("ANYWHERE_CLUSTER_TOOL", "")
    assert tool, "Set ANYWHERE_CLUSTER_TOOL to the command that cuts the cluster's power."
    return tool.split()


def turn(*arguments: str) -> None:
    """Have the cluster tool do something, such as `api off`."""
    subprocess.run([*cluster_tool(), *arguments], check=True, timeout=120, stdout=subprocess.DEVNULL)


@contextmanager
def off(kind: str, name: str = "") -> Iterator[None]:
    """Switch the API server or a node off, and always on again."""
    rest = [name] if name else []
    turn(kind, "off", *rest)
    try:
        yield
    finally:
        turn(kind, "on", *rest)


def eventually(claim: Callable[[], Any], what: str, seconds: float) -> Any:
    """Give the first true answer of a claim; fail when there is none in time."""
    end = time.monotonic() + seconds
    while not (answer := claim()):
        assert time.monotonic() < end, f"not in {seconds:g} s: {what}"
        time.sleep(0.3)
    return answer

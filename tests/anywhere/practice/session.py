"""Ways to talk to a practice cluster in tests: plain requests, and helm."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from anywhere.practice import client

JSON = "application/json"


@dataclass(frozen=True)
class Reply:
    """What the API answered."""

    code: int
    body: Any


class Session:
    """A practice cluster and its administrator's credential."""

    def __init__(self, home: Path, cluster: client.PracticeCluster, folder: Path) -> None:
        self.home, self.id, self.kubeconfig = home, cluster.id, folder / f"{cluster.id}.yaml"
        self.kubeconfig.write_text(yaml.safe_dump(cluster.kubeconfig))
        self.server = cluster.server
        self.token = cluster.kubeconfig["users"][0]["user"]["token"]
        authority = cluster.kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"]
        self.context = ssl.create_default_context(cadata=base64.b64decode(authority).decode())

    def open(self, method: str, path: str, body: Any = None, kind: str = JSON, **headers: str) -> Any:
        """The open answer to a request; raises HTTPError for refusals."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "User-Agent": "tests/1.0"}
        request = urllib.request.Request(self.server + path, data, given | headers, method=method)
        return urllib.request.urlopen(request, timeout=20, context=self.context)

    def call(self, method: str, path: str, body: Any = None, kind: str = JSON, **headers: str) -> Reply:
        """The answer to a request, refusal or not."""
        try:
            with self.open(method, path, body, kind, **headers) as answer:
                text = answer.read()
                return Reply(
                    answer.status, json.loads(text) if JSON in answer.headers["Content-Type"] else text.decode()
                )
        except urllib.error.HTTPError as refusal:
            return Reply(refusal.code, json.loads(refusal.read() or b"{}"))

    def get(self, path: str) -> Any:
        """The document at a path."""
        reply = self.call("GET", path)
        assert reply.code == 200, reply
        return reply.body

    def make(self, path: str, body: Any) -> Any:
        """The object made at a path."""
        reply = self.call("POST", path, body)
        assert reply.code == 201, reply
        return reply.body

    def configure(self, **values: Any) -> dict[str, Any]:
        """Change how the cluster behaves."""
        return client.configure(self.home, self.id, **values)

    def pods(self, namespace: str = "default") -> list[Any]:
        """The pods of a namespace."""
        return self.get(f"/api/v1/namespaces/{namespace}/pods")["items"]

    def events(self, reason: str, namespace: str = "default") -> list[str]:
        """The messages of the events with a reason."""
        return [
            e["message"] for e in self.get(f"/api/v1/namespaces/{namespace}/events")["items"] if e["reason"] == reason
        ]


class Helm:
    """The real helm, with a home of its own."""

    def __init__(self, program: Path, session: Session) -> None:
        self._program, self._session = program, session

    def __call__(self, *words: str, ok: bool = True) -> str:
        """What helm printed; fails unless it ended as expected."""
        folder = self._session.kubeconfig.parent
        environment = {"KUBECONFIG": str(self._session.kubeconfig), "HOME": str(folder)}
        done = subprocess.run(
            [self._program, *words], env=environment, check=False, capture_output=True, text=True, timeout=90
        )
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout + done.stderr


def eventually(claim: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What a claim gives as soon as that is true; fails when it is not in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = claim()
        if found or time.monotonic() > deadline:
            assert found, "it did not become so in time"
            return found
        time.sleep(0.05)


def workload(
    name: str, replicas: int = 1, kind: str = "Deployment", image: str = "docker.io/library/nginx:1.29", **spec: Any
) -> dict[str, Any]:
    """A small workload."""
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": image}]}},
        }
        | spec,
    }

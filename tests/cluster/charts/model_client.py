"""Models to serve, and a real client outside the cluster that asks for predictions in the V2 protocol."""

import base64
import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2 as httpx
from kubernetes import client

from tests.cluster.charts.ledger import Report, keep
from tests.cluster.charts.release import Release, eventually

logging.getLogger("httpx2").setLevel(logging.WARNING)  # a line for each of thousands of requests
MODEL = "plane"
IMAGE = "docker.io/seldonio/mlserver:1.7.1"
SEEN = "Seen-By"
REPEATS = 3
TRIES = 20  # for one connection
REQUEST = {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1.0, 1.0]}]}
UNMADE = (httpx.ConnectError, httpx.ConnectTimeout)
# Of [1, 1]: the model of version V says V + 10 V.
ANSWERS = {"1": 11.0, "2": 22.0}
TRAIN = """
import base64, io, os, joblib
from sklearn.linear_model import LinearRegression

for version in (1, 2):
    model = LinearRegression().fit([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [0.0, version, version * 10.0])
    os.makedirs(f"/claim/{version}", exist_ok=True)
    joblib.dump(model, f"/claim/{version}/model.joblib")
    print(version, base64.b64encode(open(f"/claim/{version}/model.joblib", "rb").read()).decode())
"""
RULES = """
import numpy
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class Rules(MLModel):
    async def load(self):
        self.factor = self.settings.parameters.extra["factor"]
        return True

    async def predict(self, payload):
        given = NumpyCodec.decode_input(payload.inputs[0])
        output = NumpyCodec.encode_output("y", given.sum(axis=1) * self.factor)
        return InferenceResponse(model_name=self.name, model_version=self.version, outputs=[output])
"""


def train(release: Release, image: str, more: str = "") -> dict[str, bytes]:
    """Trains the two models with the libraries of the server's image; they lie in the claim "trained" and are given.

    `more` is a program that puts more into the claim, at /claim.
    """
    claim = {
        "metadata": {"name": "trained"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}},
    }
    ids = {"runAsNonRoot": True, "runAsUser": 1000, "fsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    container = {
        "name": "train", "image": image, "command": ["python", "-c", TRAIN + more],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "claim", "mountPath": "/claim"}],
    }  # fmt: skip
    volumes = [{"name": "claim", "persistentVolumeClaim": {"claimName": "trained"}}]
    pod = {
        "metadata": {"name": "train"},
        "spec": {"restartPolicy": "Never", "securityContext": ids, "containers": [container], "volumes": volumes},
    }
    release.api.create_namespaced_persistent_volume_claim(release.namespace, claim)
    release.api.create_namespaced_pod(release.namespace, pod)
    read = lambda: release.api.read_namespaced_pod("train", release.namespace)  # noqa: E731
    eventually(lambda: read().status.phase in ("Succeeded", "Failed"), "the models are trained", 300)
    said = release.api.read_namespaced_pod_log("train", release.namespace)
    assert read().status.phase == "Succeeded", said
    return {version: base64.b64decode(text) for version, text in (line.split() for line in said.splitlines())}


def address(release: Release, node: str = "") -> str:
    """The endpoint, as it is reached from outside: a node port of a node, the first one when none is named."""
    service = release.api.read_namespaced_service(release.name, release.namespace)
    return f"http://{release.machine(node)}:{service.spec.ports[0].node_port}"


@dataclass
class Client:
    """Asks the endpoint; it keeps its connections as long as the server lets it, and asks once.

    With `again` it does what a client may whose requests change nothing: a connection that is not made in a second is
    tried again, before anything is asked (`reconnected`); and a request whose connection breaks, or that has no answer
    after `patience` seconds, is made anew up to three times (`repeated`). An answer, whatever it says, is the last.
    """

    base: str
    again: bool = False
    patience: float = 60.0
    answered: Counter = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    reconnected: int = 0
    longest: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Opens the connections, and waits until a router answers."""
        self.http = httpx.Client(timeout=httpx.Timeout(self.patience, connect=1 if self.again else 60))
        eventually(self.reached, "the machine leads to the endpoint", 60)

    def reached(self) -> bool:
        """Whether a router answers: a machine may hear of it later than we do."""
        try:
            return self.http.get(f"{self.base}/-/healthy").status_code == 200
        except httpx.TransportError:
            return False

    def infer(self, version: str = "", body: object = REQUEST, **headers: str) -> tuple[str, list]:
        """The version that answered and what it said."""
        path = f"/v2/models/{MODEL}{f'/versions/{version}' if version else ''}/infer"
        answer = self._made(path, json=body, headers=headers)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:200]}"
        said = answer.json()
        return said["model_version"], said["outputs"][0]["data"]

    def servers(self, requests: int = 30) -> set[str]:
        """The versions of the server that answer so many requests."""
        return {self.http.get(f"{self.base}/v2").json()["version"] for _ in range(requests)}

    def status(self, path: str, body: object = None) -> int:
        """The code that the endpoint answers with."""
        method = "GET" if body is None else "POST"
        return self.http.request(method, self.base + path, content=None if body is None else json.dumps(body),
                                 headers={"Content-Type": "application/json"}).status_code  # fmt: skip

    def share(self, requests: int, **headers: str) -> Counter:
        """How many of so many requests each version answered; each answer must be that version's."""
        found: Counter = Counter()
        for _ in range(requests):
            version, data = self.infer(**headers)
            assert abs(data[0] - ANSWERS[version]) < 1e-6, (version, data)
            found[version] += 1
        return found

    @contextmanager
    def asking(self, threads: int = 2, between: float = 0.05) -> Iterator["Client"]:
        """Asks from several threads while the block runs."""
        running = [threading.Thread(target=self._on, args=(between,), daemon=True) for _ in range(threads)]
        for thread in running:
            thread.start()
        try:
            self.wait_for(20)
            yield self
            self.wait_for(20)
        finally:
            self._over.set()
            for thread in running:
                thread.join(90)

    def wait_for(self, more: int, seconds: float = 120) -> None:
        """Waits until so many more requests are answered."""
        goal = self.answered.total() + more
        eventually(lambda: self.answered.total() >= goal, f"{more} more answers; {self.failures[-1:]}", seconds)

    def report(self, what: str, seconds: float | None = None) -> Report:
        """What became of the requests: each is one to which the right answer came, or a failure."""
        tried = (len(self.repeated), self.reconnected) if self.again else (None, None)
        report = Report(what, self.answered.total(), len(self.failures), None, None, self.longest, seconds, *tried)
        keep(report)
        return report

    def _made(self, path: str, **request: object) -> httpx.Response:
        """The answer to a request; with `again`, one whose connection breaks is made anew."""
        for _ in range(REPEATS if self.again else 0):
            try:
                return self._post(path, **request)
            except UNMADE:
                raise
            except httpx.TransportError as error:
                with self._lock:
                    self.repeated.append(f"{type(error).__name__}: {error}")
        return self._post(path, **request)

    def _post(self, path: str, **request: object) -> httpx.Response:
        """The answer to one request; with `again`, a connection that is not made is tried again."""
        for _ in range(TRIES - 1 if self.again else 0):
            try:
                return self.http.post(self.base + path, **request)
            except UNMADE:
                with self._lock:
                    self.reconnected += 1
                time.sleep(0.1)
        return self.http.post(self.base + path, **request)

    def _on(self, between: float) -> None:
        last = time.monotonic()
        while not self._over.is_set():
            try:
                found = self.share(1)
            except (AssertionError, httpx.HTTPError, KeyError, ValueError) as error:
                with self._lock:
                    self.failures.append(f"{type(error).__name__}: {error}")
                time.sleep(0.2)
                continue
            now = time.monotonic()
            with self._lock:
                self.answered += found
                self.longest = max(self.longest, now - last)
            last = now
            time.sleep(between)


def deployment(release: Release, version: str) -> client.V1Deployment:
    """The Deployment of a version."""
    return client.AppsV1Api(release.api.api_client).read_namespaced_deployment(
        f"{release.name}-version-{version}", release.namespace
    )

"""A portal started as a person starts it, the cluster of $KUBECONFIG registered in it, and the command line."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.charts.chart import find_helm
from tests.cluster.path.chaos import Api
from tests.support.command_line import CommandLine
from tests.support.portal import Portal, free_ports

collect_ignore = [] if os.environ.get("ANYWHERE_CLUSTER_TOOL") else ["test_outages.py"]


@pytest.fixture(scope="session")
def kubeconfig() -> str:
    """Give the path of the kubeconfig."""
    assert os.environ.get("KUBECONFIG"), "These tests need a cluster: set KUBECONFIG."
    return os.environ["KUBECONFIG"]


@contextmanager
def running_portal() -> Iterator[Portal]:
    """Give a running portal with a home of its own, which is removed in the end."""
    home = Path("/tmp") / f"anywhere-path-{secrets.token_hex(4)}"
    portal = Portal(home, free_ports())
    try:
        yield portal.start()
    finally:
        portal.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    """Give a running portal."""
    with running_portal() as started:
        yield started


@pytest.fixture
def fresh() -> Iterator[Portal]:
    """Give a portal that knows no cluster, for a test that registers the one the others have registered in theirs."""
    with running_portal() as started:
        yield started


@pytest.fixture(scope="session")
def aw(portal: Portal, kubeconfig: str, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Give the command line, with the cluster registered as `real`."""
    command = CommandLine(portal, tmp_path_factory.mktemp("cli"))
    cluster = command.json("clusters", "add", "real", "--kubeconfig", kubeconfig)
    assert cluster["reachability"]["reachable"] is True
    return command


@pytest.fixture(scope="session")
def kubectl(kubeconfig: str) -> Callable[..., str]:
    """Give kubectl on the cluster as its administrator, for looking from outside."""
    program = shutil.which("kubectl") or str(Path(find_helm()).parent / "kubectl")

    def run(*arguments: str, stdin: str = "", check: bool = True) -> str:
        done = subprocess.run(  # noqa: PLW1510
            [program, *arguments], input=stdin, capture_output=True, text=True, timeout=90,
            env={**os.environ, "KUBECONFIG": kubeconfig},
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def name(kubectl: Callable[..., str], aw: CommandLine) -> Iterator[str]:
    """Give a name of this test's own, for a service and its namespace; the namespace is removed in the end."""
    chosen = f"t-{secrets.token_hex(3)}"
    yield chosen
    kubectl("delete", "namespace", chosen, "--wait=false", "--ignore-not-found", check=False)


@pytest.fixture(scope="session")
def api(portal: Portal, aw: CommandLine) -> Api:
    """Give a client with a provider of its own to publish under."""
    api = Api(portal)
    api.call("POST", "providers/", {"organization": "home", "slug": "others", "name": "Others"})
    return api


@pytest.fixture
def package(api: Api, tmp_path: Path, kubectl: Callable[..., str]) -> Iterator[Callable[[Callable[..., Path]], str]]:
    """Give a function that makes a chart, publishes it as somebody else's would be, and gives its name."""
    made: list[str] = []

    def publish(make: Callable[[Path, str], Path]) -> str:
        name = f"foreign-{secrets.token_hex(2)}"
        made.append(name)
        archive = base64.b64encode(make(tmp_path, name).read_bytes()).decode()
        ended = api.ended(api.call("POST", "providers/others/versions/", {"archive": archive})["id"], 60)
        assert ended["state"] == "succeeded", ended["error"]
        return name

    yield publish
    for name in made:
        kubectl("delete", "crd", f"gadgets.{name}.example.com", "--ignore-not-found", check=False)


def free_port() -> int:
    """Give a free port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def forward(kubeconfig: str) -> Callable[..., Any]:
    """Give a context manager that brings a Service's port to this machine, as the Connect page says."""
    program = shutil.which("kubectl") or str(Path(find_helm()).parent / "kubectl")

    @contextmanager
    def open_(namespace: str, service: str, port: int) -> Iterator[int]:
        local = free_port()
        process = subprocess.Popen(
            [program, "-n", namespace, "port-forward", f"service/{service}", f"{local}:{port}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "KUBECONFIG": kubeconfig},
        )  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "Forwarding" in line, line
        try:
            yield local
        finally:
            process.terminate()
            process.wait(10)

    return open_

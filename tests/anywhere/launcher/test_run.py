"""A whole run: first start, kills, clean stop, quick second start, the end of the supervisor itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psycopg2
import pytest

from anywhere.launcher.places import ROOT
from tests.support.portal import EMAIL, Portal, free_ports


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with tempfile.TemporaryDirectory(prefix="anywhere-run-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        made = Portal(Path(folder) / "home", free_ports())
        made.start()
        yield made
        made.stop()
        if made.process is not None:
            made.process.kill()


def wait_for(true: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def status(portal: Portal, path: str = "/readyz") -> int:
    try:
        return httpx.get(portal.address + path, timeout=5).status_code
    except httpx.HTTPError:
        return 0


def seconds_to_load_the_portal() -> float:
    begun = time.monotonic()
    subprocess.run([sys.executable, str(ROOT / "manage.py"), "check"], check=True, capture_output=True, cwd=ROOT)
    return time.monotonic() - begun


def test_it_says_once_where_it_is_and_how_to_sign_in(portal: Portal) -> None:
    assert portal.output.count(f"Anywhere is ready at {portal.address}\n") == 1
    assert f"Sign in as {EMAIL} with the password from ANYWHERE_ADMIN_PASSWORD." in portal.output


def test_it_is_ready_and_the_administrator_gets_a_token(portal: Portal) -> None:
    answer = httpx.get(f"{portal.address}/readyz")
    assert answer.status_code == 200
    assert {name for name, check in answer.json()["checks"].items() if check["ok"]} == {
        "database", "broker", "migrations", "worker",
    }  # fmt: skip
    assert portal.client().get("/api/v1/account/").json()["email"] == EMAIL


def test_everything_it_keeps_is_private(portal: Portal) -> None:
    for name in ("secrets.json", "state.json"):
        assert (portal.home / name).stat().st_mode & 0o077 == 0
    for name in ("logs", "run", "postgres", "valkey"):
        assert (portal.home / name).stat().st_mode & 0o077 == 0, name


def test_no_secret_is_in_an_argument(portal: Portal) -> None:
    commands = " ".join(portal.processes().values())
    secrets = portal.home.joinpath("secrets.json").read_text().split('"')[3::4]
    assert len(secrets) == 4 and not [secret for secret in secrets if secret in commands]


@pytest.mark.parametrize(
    "pattern",
    [
        r"config\.wsgi",
        r"config\.door",
        r"celery .* worker",
        r"celery .* beat",
        r"services\.watcher",
        r"anywhere\.practice",
    ],
)
def test_a_killed_process_is_back_and_the_portal_ready_again(portal: Portal, pattern: str) -> None:
    first = portal.find(pattern)[0]
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: (found := portal.find(pattern)) and first not in found)
    wait_for(lambda: status(portal) == 200)


@pytest.mark.parametrize("pattern", [r"postgres -D|bin/postgres", r"valkey-server"])
def test_a_killed_database_is_back_with_what_it_held(portal: Portal, pattern: str) -> None:
    client = portal.client()
    first = portal.find(pattern)[0]
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: (found := portal.find(pattern)) and first not in found)
    wait_for(lambda: status(portal) == 200)
    wait_for(lambda: client.get("/api/v1/account/").status_code == 200)


def test_a_second_one_from_the_same_home_is_refused(portal: Portal) -> None:
    with pytest.raises(AssertionError, match="it runs already from"):
        Portal(portal.home, free_ports(), {"ANYWHERE_HOME": str(portal.home)}).start()
    assert status(portal) == 200


def test_ctrl_c_stops_everything_and_the_second_start_is_quick(portal: Portal) -> None:
    assert portal.stop() < 10
    assert portal.process is not None and portal.process.returncode == 0
    assert portal.processes() == {}
    reference = seconds_to_load_the_portal()
    portal.start()
    assert portal.started_in < max(5.0, 5 * reference)  # 5 s on an idle machine, more where others work too
    assert "Database, first administrator" not in portal.output


def test_the_end_of_the_supervisor_ends_everything_and_the_next_start_is_clean(portal: Portal) -> None:
    assert portal.process is not None
    portal.process.kill()
    portal.process.wait()
    wait_for(lambda: not portal.processes(), 15)
    portal.start()
    assert portal.client().get("/api/v1/account/").status_code == 200


def test_a_taken_port_is_named_with_a_way_out(portal: Portal, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(AssertionError, match=f"port {port} is taken by another program"):
            Portal(tmp_path, port).start()


def test_servers_of_ones_own_take_the_place_of_ours() -> None:
    base = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
    name = f"own_{os.getpid()}"
    with (
        tempfile.TemporaryDirectory(prefix="anywhere-own-", dir="/tmp") as folder,
        closing(_connect(f"{base}/postgres")) as database,
    ):
        database.cursor().execute(f"CREATE DATABASE {name}")
        given = {"DATABASE_URL": f"{base}/{name}", "REDIS_URL": os.environ["REDIS_URL"].rsplit("/", 1)[0] + "/9"}
        portal = Portal(Path(folder) / "home", free_ports(), given)
        try:
            portal.start()
            wait_for(lambda: status(portal) == 200)
            assert portal.client().get("/api/v1/account/").json()["email"] == EMAIL
            assert portal.find(r"postgres -D|bin/postgres|valkey-server") == []
            assert not (portal.home / "postgres").exists() and not (portal.home / "valkey").exists()
            with closing(_connect(f"{base}/{name}")) as own, own.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM accounts_user WHERE email = %s", [EMAIL])
                assert cursor.fetchone() == (1,)
        finally:
            portal.stop()
            database.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")


def _connect(url: str) -> Any:
    database = psycopg2.connect(url)
    database.autocommit = True
    return database

"""The supervisor with real processes: restart, orphans, clean stop, and the end of the supervisor itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anywhere.launcher import kernel
from anywhere.launcher.program import Program
from anywhere.launcher.supervisor import Supervisor, describe_exit

ENVIRONMENT = {"PATH": os.environ["PATH"]}
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path, said.append)
    yield made
    made.stop_all()


def program(name: str, command: list[str], **more: object) -> Program:
    return Program(name, command, ENVIRONMENT, **more)  # type: ignore[arg-type]


def wait_for(true: Callable[[], bool], seconds: float = 10, meanwhile: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        meanwhile()
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_process_is_started_again_and_it_is_said(supervisor: Supervisor, said: list[str]) -> None:
    child = supervisor.start(program("web", SLEEPER))
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: child.process is not None and child.process.pid != first, meanwhile=supervisor.look_after)
    assert child.restarts == 1
    assert said == ["web was ended by SIGKILL; it starts again in 0.2 s."]


def test_a_process_that_keeps_ending_is_started_less_and_less_often(supervisor: Supervisor, said: list[str]) -> None:
    child = supervisor.start(program("worker", [sys.executable, "-c", "raise SystemExit(3)"]))
    wait_for(lambda: child.restarts >= 3, meanwhile=supervisor.look_after)
    assert [line.rsplit(" in ", 1)[1] for line in said[:3]] == ["0.2 s.", "0.4 s.", "0.8 s."]
    assert "ended with code 3" in said[0]


def test_stopping_kills_what_does_not_listen_and_says_which(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anywhere.launcher.supervisor.GRACE_FOR_PROGRAMS", 0.5)
    kind, stubborn = supervisor.start(program("kind", SLEEPER)), supervisor.start(program("stubborn", STUBBORN))
    wait_for(lambda: "up" in stubborn.log.read_text())
    assert supervisor.stop_all() == ["stubborn"]
    assert not kind.is_alive() and not stubborn.is_alive()


def test_nothing_is_started_again_while_it_stops(supervisor: Supervisor) -> None:
    child = supervisor.start(program("web", SLEEPER))
    supervisor.stop_all()
    supervisor.look_after()
    assert child.process is None


def test_databases_stop_after_everything_that_uses_them(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    on_stop = (
        "import signal,sys,time\ndef end(*_):\n open(sys.argv[1],'a').write(sys.argv[2]); sys.exit()\n"
        "signal.signal(15,end); print('up',flush=True); time.sleep(60)"
    )
    base = [sys.executable, "-c", on_stop, str(order)]
    database = supervisor.start(program("valkey", [*base, "database "], is_database=True))
    web = supervisor.start(program("web", [*base, "web "]))
    wait_for(lambda: all("up" in child.log.read_text() for child in (database, web)))
    supervisor.stop_all()
    assert order.read_text() == "web database "


def test_the_output_of_a_process_goes_to_its_private_log(supervisor: Supervisor) -> None:
    child = supervisor.start(
        program("beat", [sys.executable, "-c", "print('hello', flush=True); import time; time.sleep(60)"])
    )
    wait_for(lambda: "hello" in child.log.read_text())
    assert child.log.stat().st_mode & 0o077 == 0


RUNNER = """
import sys, time
from pathlib import Path
from anywhere.launcher.program import Program
from anywhere.launcher.supervisor import Supervisor

grandchild = "import subprocess,sys,time; p=subprocess.Popen([sys.executable,'-c','import time; time.sleep(60)'],"
grandchild += "start_new_session=True); print('pids', __import__('os').getpid(), p.pid, flush=True); time.sleep(60)"
supervisor = Supervisor(Path(sys.argv[1]), lambda text: None)
supervisor.listen()
supervisor.start(Program("parent", [sys.executable, "-c", grandchild], {"PATH": "/usr/bin"}))
while not supervisor.stopping:
    supervisor.wait(supervisor.next_wake())
supervisor.stop_all()
"""


@pytest.fixture
def own_process(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(RUNNER), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": f"{root / 'platform'}:{root}"},
    )
    yield process
    process.kill()
    process.wait()


def pids_of_family(folder: Path, line: int = 0) -> list[int]:
    log = folder / "parent.log"
    wait_for(lambda: log.exists() and log.read_text().count("\n") > line)
    return [int(word) for word in log.read_text().splitlines()[line].split()[1:]]


def test_a_grandchild_in_its_own_session_ends_when_its_parent_is_killed(
    own_process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    parent, grandchild = pids_of_family(tmp_path)
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: not is_running(grandchild), 8)
    again, _ = pids_of_family(tmp_path, line=1)
    assert again != parent


def test_a_stop_leaves_no_process_behind(own_process: subprocess.Popen[bytes], tmp_path: Path) -> None:
    family = pids_of_family(tmp_path)
    own_process.send_signal(signal.SIGTERM)
    assert own_process.wait(10) == 0
    assert not any(is_running(pid) for pid in family)


def test_children_end_when_the_supervisor_itself_is_killed(
    own_process: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    parent, grandchild = pids_of_family(tmp_path)
    own_process.kill()
    own_process.wait()
    try:
        wait_for(lambda: not is_running(parent), 8)
    finally:
        kernel.kill(grandchild)


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "ended with code 0"), (-9, "was ended by SIGKILL"), (None, "ended"), (3, "ended with code 3")],
)
def test_an_end_is_told_in_words(code: int | None, words: str) -> None:
    assert describe_exit(code) == words

"""Programs are run without a shell, within limits, and never outlive what started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from anywhere.gateways import process
from anywhere.gateways.errors import Stopped, TimedOut, TooLarge
from anywhere.gateways.process import Limits

from .odd_server import wait_for

ENV = {"PATH": "/usr/bin:/bin"}


def _python(folder: Path, program: str, **more: object) -> process.Ended:
    return process.run([sys.executable, "-c", program], env=ENV, cwd=folder, **more)  # type: ignore[arg-type]


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_what_goes_in_and_comes_out(tmp_path: Path) -> None:
    data = b"x" * 3_000_000
    ended = _python(tmp_path, "import sys; d = sys.stdin.read(); print(len(d)); sys.exit(3)", stdin=data)
    assert (ended.code, ended.stdout) == (3, b"3000000\n")


def test_arguments_are_not_a_shells(tmp_path: Path) -> None:
    said = process.run(["/bin/echo", "$(id); `id` && id", "a b"], env=ENV, cwd=tmp_path).stdout
    assert said == b"$(id); `id` && id a b\n"


def test_the_environment_is_the_given_one_alone(tmp_path: Path) -> None:
    os.environ["A_SECRET_OF_OURS"] = "do not show"
    try:
        ended = _python(tmp_path, "import os; print(sorted(os.environ))")
    finally:
        del os.environ["A_SECRET_OF_OURS"]
    assert b"A_SECRET_OF_OURS" not in ended.stdout


@pytest.mark.parametrize("deaf", [False, True])
def test_a_stop_ends_the_program_and_its_children(tmp_path: Path, deaf: bool) -> None:
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if deaf else ""
    program = (
        f"import subprocess,sys,time,signal;{ignore}"
        "p=subprocess.Popen(['/bin/sleep','60']);open('pid','w').write(str(p.pid));time.sleep(60)"
    )

    def told() -> bool:
        return (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != ""

    process_grace, process.GRACE_SECONDS = process.GRACE_SECONDS, 0.5
    try:
        with pytest.raises(Stopped) as caught:
            _python(tmp_path, program, cancelled=told)
    finally:
        process.GRACE_SECONDS = process_grace
    assert caught.value.outcome_unknown
    wait_for(lambda: not _is_alive(int((tmp_path / "pid").read_text())))


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        _python(tmp_path, "import time; time.sleep(60)", seconds=0.5)
    assert time.monotonic() - started < 5
    assert caught.value.outcome_unknown


def test_a_program_that_closes_its_pipes_and_stays_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TimedOut):
        _python(tmp_path, "import os,time; os.close(1); os.close(2); time.sleep(60)", seconds=0.5)


def test_too_much_output_ends_it_and_too_many_words_are_cut(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        _python(tmp_path, "import sys\nwhile 1: sys.stdout.write('x' * 1000000)")
    ended = _python(tmp_path, "import sys; sys.stderr.write('x' * 1000000 + 'the end')")
    assert len(ended.stderr) <= process.MAX_WORDS and ended.stderr.endswith(b"the end")


def test_limits_hold(tmp_path: Path) -> None:
    assert _python(tmp_path, "while 1: pass", limits=Limits(cpu_seconds=1), seconds=20).code < 0
    assert b"MemoryError" in _python(tmp_path, "x = bytearray(10**9)", limits=Limits(address_space=2**29)).stderr
    ended = _python(tmp_path, "open('f', 'wb').write(b'x' * 10**7)", limits=Limits(file_size=10**6))
    assert ended.code != 0 and (tmp_path / "f").stat().st_size <= 10**6


def test_the_program_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    root = Path(process.__file__).parents[2]
    program = f"""
import sys; sys.path.insert(0, {str(root)!r})
from pathlib import Path
from anywhere.gateways import process
process.run(["/bin/sh", "-c", "echo $$ > pid; exec sleep 60"], env={{}}, cwd=Path({str(tmp_path)!r}))
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    child = int((tmp_path / "pid").read_text())
    assert _is_alive(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_for(lambda: not _is_alive(child))

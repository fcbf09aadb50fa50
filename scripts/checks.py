"""Runs groups of checks, all of them even when one fails, and sums up at the end with what the failed ones said.

checks.py GROUP [CHECK…]   the checks of a group, or those of them that are named
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKERS = os.environ.get("ANYWHERE_TEST_WORKERS", "1")  # processes for the Python tests
PYTEST = (sys.executable, "-m", "pytest", "-q")
SIDE_BY_SIDE = ("-n", WORKERS, "--dist", "loadfile") if WORKERS != "1" else ()
QUICK = "not slow and not portal"
TIMES = "--durations=15"
STACKS = "tests/cluster/path/test_bundled_stacks.py"
OUTAGES = "tests/cluster/path/test_outages.py"
CHARTS = "tests/cluster/charts"
FAULTS = ("tests/cluster/path", "tests/cluster/test_watcher.py")
# Of each chart's suite, in minutes: what it may take on two cores for three nodes.
LIMITS = {
    "cassandra": 90, "jupyter": 40, "kafka": 90, "model-server": 45, "object-store": 60, "postgresql": 75, "spark": 75,
    "spark-job": 45, "valkey": 75, "plans": 120, "promises": 60,
    "any-uid": 60, "monitoring": 20, "stacks": 60,
}  # fmt: skip
CLEANUP = 180  # seconds for a check that took too long to end by itself
TESTS_FAILED, NOTHING_COLLECTED = 1, 5  # codes of pytest; with any other one not all tests were run
FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s:]+\.py)\S*")  # a line of pytest's short summary
TOLD = 120  # lines of a failed check told again at the end
AGAIN = ("test", "cluster")  # groups that share the machine with others
FEW = 3  # files that may be run again: more of them failing is no accident


@dataclass(frozen=True)
class Check:
    """One command; `needs` is a path without which there is nothing to check, `minutes` what it may take.

    The checks of a group that are `beside` run at the same time, before the others: they mostly wait for pods.
    When tests of a few files failed in a group of AGAIN, those files are run once more with the machine to themselves,
    and the summary tells of both runs.
    """

    title: str
    command: Sequence[str]
    needs: str
    folder: str = "."
    beside: bool = False
    minutes: float = 24 * 60


def suite(chart: str, minutes: int) -> Check:
    """The tests of a chart on a cluster: quick and slow ones, with real clients."""
    start = f"test_{chart.replace('-', '_')}"
    files = sorted(path.relative_to(ROOT) for path in (ROOT / CHARTS).glob(f"{start}*.py"))
    longer = [f"test_{other.replace('-', '_')}" for other in LIMITS if other.startswith(f"{chart}-")]
    names = [str(file) for file in files if not any(file.name.startswith(other) for other in longer)]
    if chart != "stacks" and not names:
        raise LookupError(f"{CHARTS} has no tests of {chart}.")
    return Check(chart, [*PYTEST, *([STACKS] if chart == "stacks" else names), TIMES], CHARTS, minutes=minutes)


CHECKS = {
    "test": [
        Check(
            "Python tests",
            [*PYTEST, *SIDE_BY_SIDE, "--ignore=tests/cluster", "--ignore=tests/browser", "--ignore=tests/bench"],
            "tests",
        ),
        Check("Browser app's tests", ["npm", "test"], "frontend/package.json", "frontend"),
        Check("Browser tests", [*PYTEST, "tests/browser"], "tests/browser"),
    ],
    "cluster": [
        Check(
            "Portal on a cluster",
            [*PYTEST, "tests/cluster", "--ignore=tests/cluster/charts", f"--ignore={OUTAGES}", "-m", QUICK, TIMES],
            "tests/cluster",
            beside=True,
        ),
        Check(
            "Charts on a cluster",
            [*PYTEST, "tests/cluster/charts", "-m", QUICK, TIMES],
            "tests/cluster/charts",
            beside=True,
        ),
        *(
            [Check("Outages of a cluster", [*PYTEST, OUTAGES, "-m", QUICK], OUTAGES)]
            if os.environ.get("ANYWHERE_CLUSTER_TOOL")
            else []
        ),
    ],
    "faults": [
        Check("Faults, at length", [*PYTEST, *FAULTS, f"--ignore={STACKS}", "-m", "slow"], STACKS),
    ],
    "charts": [suite(chart, minutes) for chart, minutes in LIMITS.items()],
    "portal": [Check("The portal on Kubernetes", [*PYTEST, "tests/cluster", "-m", "portal"], "tests/cluster")],
}


@dataclass(frozen=True)
class Outcome:
    """How a check ended: its code, closing line, seconds, the end of what a failed one said, and files to run again."""

    check: Check
    code: int
    last: str
    seconds: float
    said: Sequence[str] = ()
    failed: Sequence[str] = ()

    def __str__(self) -> str:
        return f"{'✓' if self.code == 0 else '✗'} {self.check.title} ({self.seconds:.0f} s): {self.last}"


def main(arguments: Sequence[str]) -> int:
    """Run the named group, or the checks of it that are named; 0 when every one passed."""
    if not arguments or arguments[0] not in CHECKS:
        print(f"usage: checks.py {'|'.join(CHECKS)} [CHECK…]", file=sys.stderr)
        return 2
    checks = [check for check in CHECKS[arguments[0]] if not arguments[1:] or check.title in arguments[1:]]
    if unknown := set(arguments[1:]) - {check.title for check in checks}:
        known = ", ".join(check.title for check in CHECKS[arguments[0]])
        print(f"There is no {' and no '.join(sorted(unknown))} in {arguments[0]}: {known}.", file=sys.stderr)
        return 2
    if arguments[0] in ("cluster", "charts", "faults", "portal") and not os.environ.get("KUBECONFIG"):
        print("KUBECONFIG is not set: name the kubeconfig of a cluster to test on.", file=sys.stderr)
        return 2
    together = [check for check in checks if check.beside]
    with ThreadPoolExecutor(max(1, len(together))) as pool:
        outcomes = list(pool.map(lambda check: run(check, f"{check.title} │ "), together))
    outcomes += [run(check) for check in checks if not check.beside]
    if arguments[0] in AGAIN:
        outcomes = [alone(outcome) if 0 < len(outcome.failed) <= FEW else outcome for outcome in outcomes]
    for outcome in outcomes:
        if outcome.code != 0:
            print(f"\n── What {outcome.check.title} said:", *outcome.said, sep="\n")
    print("", *outcomes, sep="\n")
    return 0 if all(outcome.code == 0 for outcome in outcomes) else 1


def alone(before: Outcome) -> Outcome:
    """Run the files of failed tests again, nothing beside them; the closing line tells of both runs."""
    print(f"\n── What {before.check.title} said:", *before.said, sep="\n")
    marks = before.check.command[len(PYTEST) :]
    marks = marks[marks.index("-m") :] if "-m" in marks else ()
    again = run(replace(before.check, title=f"{before.check.title}, again", command=[*PYTEST, *before.failed, *marks]))
    last = f"{before.last}; {', '.join(before.failed)} again: {again.last}"
    return replace(again, check=before.check, last=last, seconds=before.seconds + again.seconds)


def run(check: Check, prefix: str = "") -> Outcome:
    """Run one check with its output shown, each line behind the prefix."""
    if not (ROOT / check.needs).exists():
        return Outcome(check, 1, f"{check.needs} is not there", 0.0)
    print(f"\n── {check.title}: {' '.join(check.command)}", flush=True)
    started = time.monotonic()
    environment = {**os.environ, "CI": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(
        check.command,
        cwd=ROOT / check.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    said: list[str] = []
    limit = 60 * check.minutes
    over = [
        threading.Timer(limit, process.send_signal, [signal.SIGINT]),  # it still cleans up and says where it stood
        threading.Timer(limit + CLEANUP, process.kill),
    ]
    for timer in over:
        timer.daemon = True  # a check that is given up does not wait for its limit
        timer.start()
    assert process.stdout is not None
    for line in process.stdout:
        print(prefix + line, end="", flush=True)
        said.append(line.rstrip())
    code = process.wait()
    seconds = time.monotonic() - started
    for timer in over:
        timer.cancel()
    if seconds >= limit:
        return Outcome(check, code or 1, f"not done within {check.minutes:.0f} min", seconds, said[-TOLD:])
    last = "no test was found" if code == NOTHING_COLLECTED else next((text for text in reversed(said) if text), "")
    if code == 0:
        return Outcome(check, code, last.strip(), seconds)
    files = dict.fromkeys(match[1] for text in said if (match := FAILED.match(text)))
    return Outcome(check, code, last.strip(), seconds, said[-TOLD:], list(files) if code == TESTS_FAILED else ())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

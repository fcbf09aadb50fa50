"""Runs groups of checks, all of them even when one fails, and sums up at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKERS = os.environ.get("ANYWHERE_TEST_WORKERS", "1")  # processes for the Python tests
PYTEST = (sys.executable, "-m", "pytest", "-q")
SIDE_BY_SIDE = ("-n", WORKERS, "--dist", "loadfile") if WORKERS != "1" else ()
QUICK = "not slow and not portal"
STACKS = "tests/cluster/path/test_bundled_stacks.py"
NOTHING_COLLECTED = 5
AT_ONCE = {"cluster": 2}  # checks of a group that run side by side: they mostly wait for pods


@dataclass(frozen=True)
class Check:
    """One command; `needs` is a path without which there is nothing to check."""

    title: str
    command: Sequence[str]
    needs: str
    folder: str = "."


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
            [*PYTEST, "tests/cluster", "--ignore=tests/cluster/charts", "-m", QUICK, "--durations=15"],
            "tests/cluster",
        ),
        Check(
            "Charts on a cluster",
            [*PYTEST, "tests/cluster/charts", "-m", QUICK, "--durations=15"],
            "tests/cluster/charts",
        ),
    ],
    "faults": [
        Check("Faults, at length", [*PYTEST, "tests/cluster/path", f"--ignore={STACKS}", "-m", "slow"], STACKS),
    ],
    "charts": [
        Check("Charts and clients", [*PYTEST, "tests/cluster/charts", STACKS, "--durations=15"], STACKS),
    ],
    "portal": [Check("The portal on Kubernetes", [*PYTEST, "tests/cluster", "-m", "portal"], "tests/cluster")],
}


def main(arguments: Sequence[str]) -> int:
    """Run the named group; 0 when every check passed."""
    if len(arguments) != 1 or arguments[0] not in CHECKS:
        print(f"usage: checks.py {'|'.join(CHECKS)}", file=sys.stderr)
        return 2
    if arguments[0] in ("cluster", "charts", "faults", "portal") and not os.environ.get("KUBECONFIG"):
        print("KUBECONFIG is not set: name the kubeconfig of a cluster to test on.", file=sys.stderr)
        return 2
    checks, at_once = CHECKS[arguments[0]], AT_ONCE.get(arguments[0], 1)
    with ThreadPoolExecutor(at_once) as pool:
        outcomes = pool.map(lambda check: outcome(check, f"{check.title} │ " if at_once > 1 else ""), checks)
        results = [(check, *found) for check, found in zip(checks, outcomes, strict=True)]
    print()
    for check, code, last, seconds in results:
        print(f"{'✓' if code == 0 else '✗'} {check.title} ({seconds:.0f} s): {last}")
    return 0 if all(code == 0 for _, code, _, _ in results) else 1


def outcome(check: Check, prefix: str = "") -> tuple[int, str, float]:
    """Run one check with its output shown, each line behind the prefix; gives code, closing line and seconds."""
    if not (ROOT / check.needs).exists():
        return 1, f"{check.needs} is not there", 0.0
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
    last = ""
    assert process.stdout is not None
    for line in process.stdout:
        print(prefix + line, end="", flush=True)
        last = line.strip() or last
    code = process.wait()
    if code == NOTHING_COLLECTED:
        last = "no test was found"
    return code, last, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

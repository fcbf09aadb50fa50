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
TIMES = "--durations=15"
STACKS = "tests/cluster/path/test_bundled_stacks.py"
OUTAGES = "tests/cluster/path/test_outages.py"
NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Check:
    """One command; `needs` is a path without which there is nothing to check.

    The checks of a group that are `beside` run at the same time, before the others: they mostly wait for pods.
    """

    title: str
    command: Sequence[str]
    needs: str
    folder: str = "."
    beside: bool = False


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
        Check("Faults, at length", [*PYTEST, "tests/cluster/path", f"--ignore={STACKS}", "-m", "slow"], STACKS),
    ],
    "charts": [
        Check("Charts and clients", [*PYTEST, "tests/cluster/charts", STACKS, TIMES], STACKS),
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
    together = [check for check in CHECKS[arguments[0]] if check.beside]
    with ThreadPoolExecutor(max(1, len(together))) as pool:
        results = list(pool.map(lambda check: (check, *outcome(check, f"{check.title} │ ")), together))
    results += [(check, *outcome(check)) for check in CHECKS[arguments[0]] if not check.beside]
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

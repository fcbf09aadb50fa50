"""How a step is shown and run: a title, progress while it lasts, its time, and what to do when it fails."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


class StepFailed(Exception):
    """A step could not be done; says what happened and what one can do."""

    def __init__(self, what: str, do: str, output: str = "") -> None:
        super().__init__(what)
        self.what, self.do, self.output = what, do, output


class Progress:
    """One line that tells what a step does now; rewritten on a terminal, printed now and then elsewhere."""

    def __init__(self, title: str, every: float = 10.0) -> None:
        self.title, self.every = title, every
        self.started = self.last = time.monotonic()
        self.is_terminal = sys.stdout.isatty()

    def show(self, detail: str) -> None:
        """Show what happens now."""
        now = time.monotonic()
        if self.is_terminal:
            width = shutil.get_terminal_size().columns
            line = f"  {self.title}: {detail} ({now - self.started:.0f} s)"
            print("\r\033[K" + line[: width - 1], end="", flush=True)
        elif now - self.last >= self.every:
            self.last = now
            print(f"  {self.title}: {detail} ({now - self.started:.0f} s)", flush=True)

    def end(self, mark: str, note: str) -> None:
        """Close the line with the step's result and its time."""
        lead = "\r\033[K" if self.is_terminal else ""
        tail = f": {note}" if note else ""
        print(f"{lead}{mark} {self.title}{tail} ({time.monotonic() - self.started:.1f} s)", flush=True)


@dataclass(frozen=True)
class Step:
    """One thing to be done; `run` gives back a short note, or None when there was nothing to do."""

    title: str
    run: Callable[[Progress], str | None]


def run_steps(steps: Iterable[Step]) -> int:
    """Run the steps in order, 0 when all went well; the first failure ends with what to do."""
    for step in steps:
        progress = Progress(step.title)
        try:
            note = step.run(progress)
        except StepFailed as failure:
            progress.end("✗", failure.what)
            if failure.output:
                print(indented(failure.output), file=sys.stderr)
            print(f"  What to do: {failure.do}", file=sys.stderr, flush=True)
            return 1
        except OSError as failure:
            progress.end("✗", str(failure))
            print("  What to do: make room or give the rights on that path, then run this again.", file=sys.stderr)
            return 1
        if note is not None:
            progress.end("✓", note)
    return 0


def run(
    command: Sequence[str | Path],
    progress: Progress,
    *,
    do: str,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    describe: Callable[[str], str | None] = lambda line: line.strip() or None,
) -> str:
    """Run a command, show its progress, and return its output; StepFailed with its last lines when it fails."""
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=clean_environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        detail = describe(line)
        if detail:
            progress.show(detail)
    if process.wait() != 0:
        name = Path(str(command[0])).name
        raise StepFailed(f"{name} ended with {process.returncode}", do, "".join(lines[-25:]))
    return "".join(lines)


def clean_environment(extra: dict[str, str] | None) -> dict[str, str]:
    """Return the environment for a child: without switches that would leave Python code uncompiled."""
    dropped = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")
    return {name: value for name, value in os.environ.items() if name not in dropped} | (extra or {})


def indented(text: str) -> str:
    """Return the text with each line moved in by four places."""
    return "\n".join("    " + line for line in text.rstrip().splitlines())


def hash_of_files(root: Path, files: Iterable[Path]) -> str:
    """Return one hash over the names and contents of the files."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def stamp_is(path: Path, value: str) -> bool:
    """Tell whether the stamp file holds this value."""
    return path.is_file() and path.read_text().strip() == value


def write_stamp(path: Path, value: str) -> None:
    """Remember the value in the stamp file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value + "\n")

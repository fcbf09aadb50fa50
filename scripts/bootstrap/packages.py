"""The virtual environment and the Python packages in it, pinned with hashes."""

import hashlib
import os
import sys
from pathlib import Path

from places import Places
from steps import Progress, StepFailed, run, stamp_is, write_stamp

INSTALL_AGAIN = "Check the network (pip needs a package index, PIP_INDEX_URL names another), then run this again."


def make_environment(places: Places, progress: Progress) -> str | None:
    """Make the virtual environment; None when it is there."""
    if places.python.exists() and works(places.python):
        return None
    progress.show("making it")
    run(
        [sys.executable, "-m", "venv", "--clear", places.venv],
        progress,
        do="Install Python's venv module (Debian: apt-get install python3-venv), then run this again.",
    )
    return f"Python {sys.version.split()[0]} in {places.venv.name}"


def works(python: Path) -> bool:
    """Tell whether the virtual environment's Python still leads to an installed one."""
    try:
        return python.resolve(strict=True).is_file() and (python.parent / "pip").exists()
    except OSError:
        return False


def install_packages(places: Places, files: list[str], stamp: str, progress: Progress) -> str | None:
    """Install the requirement files; None when exactly these are installed already."""
    requirements = [places.root / "requirements" / name for name in files]
    digest = hashlib.sha256()
    for path in requirements:
        digest.update(path.read_bytes())
    # The stamp lies in the environment: a new environment starts without it.
    stamp_file = places.venv / f".installed-{stamp}"
    write_paths(places)
    if stamp_is(stamp_file, digest.hexdigest()):
        return None
    total = sum(line[:1].isalnum() and "==" in line for path in requirements for line in path.open())
    seen = 0

    def describe(line: str) -> str | None:
        nonlocal seen
        if line.startswith(("Collecting ", "Requirement already satisfied")):
            seen += 1
            return f"{seen} of {total}: {line.split()[1].partition('==')[0]}"
        if line.startswith("Installing collected packages"):
            return "unpacking"
        return None

    arguments = [part for path in requirements for part in ("-r", path)]
    run(
        [
            places.python,
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "--no-input",
            "--progress-bar",
            "off",
            "--disable-pip-version-check",
            "--no-warn-script-location",
            *arguments,
        ],
        progress,
        do=INSTALL_AGAIN,
        describe=describe,
    )
    write_stamp(stamp_file, digest.hexdigest())
    return f"{total} packages"


def write_paths(places: Places) -> None:
    """Put both source roots on the environment's path, and the `anywhere` command into its bin."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = [path for path in (places.venv / "lib").glob("python3*/site-packages")]
    if not folders:
        raise StepFailed(f"{places.venv} has no site-packages for {version}", f"Remove {places.venv}, then run again.")
    text = f"{places.root / 'platform'}\n{places.root}\n"
    for folder in folders:
        target = folder / "anywhere-sources.pth"
        if not target.exists() or target.read_text() != text:
            target.write_text(text)
    command = places.venv / "bin" / "anywhere"
    script = f"#!{places.python}\nimport sys\n\nfrom anywhere.cli.__main__ import main\n\nsys.exit(main())\n"
    if not command.exists() or command.read_text() != script:
        command.write_text(script)
        os.chmod(command, 0o755)

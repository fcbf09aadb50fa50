"""Node and npm: the ones on PATH when they are new enough, else the pinned ones from their wheel."""

import re
import shutil
import subprocess
from pathlib import Path

from places import Places
from steps import Progress, run

NEEDED_MAJOR = 22


def provide_node(places: Places, progress: Progress) -> str | None:
    """Put node, npm and npx into ANYWHERE_HOME/bin; None when they are there or new enough ones are on PATH."""
    if major_of(shutil.which("node", path=str(places.bin))) >= NEEDED_MAJOR:
        return None
    on_path = shutil.which("node")
    if major_of(on_path) >= NEEDED_MAJOR and shutil.which("npm"):
        return f"{on_path} is used"
    folder = places.home / "node"
    progress.show("fetching Node")
    run([places.python, "-m", "venv", "--clear", folder], progress, do="Run this again.")
    run(
        [
            folder / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "--no-input",
            "--progress-bar",
            "off",
            "--disable-pip-version-check",
            "-r",
            places.root / "requirements" / "node.txt",
        ],
        progress,
        do=f"Check the network, or put Node {NEEDED_MAJOR} or newer on PATH, then run this again.",
        describe=lambda line: "fetching Node",
    )
    places.bin.mkdir(parents=True, exist_ok=True)
    for name in ("node", "npm", "npx"):
        link = places.bin / name
        link.unlink(missing_ok=True)
        link.symlink_to(folder / "bin" / name)
    return "Node from its wheel"


def major_of(program: str | None) -> int:
    """Return the major version of a node program, 0 when there is none or it does not answer."""
    if not program or not Path(program).exists():
        return 0
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.match(r"v(\d+)\.", answer.stdout.strip())
    return int(match.group(1)) if match else 0

"""The browser app: its packages from the lock file, and its build when the sources have changed."""

import os
from collections.abc import Iterator
from pathlib import Path

from node import provide_node
from places import Places
from steps import Progress, clean_environment, hash_of_files, run, stamp_is, write_stamp

LEFT_OUT = {"node_modules", "dist", "coverage", ".tanstack", ".vite"}


def build_frontend(places: Places, progress: Progress) -> str | None:
    """Build frontend/dist; None when the build is up to date."""
    if not (places.frontend / "package.json").exists():
        return "frontend/ has no package.json, so there is no browser app to build; the API works without it"
    wanted = hash_of_files(places.root, sources_of(places.frontend))
    stamp = places.stamps / "frontend"
    if stamp_is(stamp, wanted) and (places.frontend / "dist" / "index.html").exists():
        return None
    provide_node(places, progress)
    install_node_packages(places, progress)
    progress.show("building")
    run(
        ["npm", "run", "build"],
        progress,
        cwd=places.frontend,
        env=environment(places),
        do="Read the message above. `make run` works again when the build does: (cd frontend && npm run build).",
        describe=lambda line: "building",
    )
    write_stamp(stamp, wanted)
    return "built"


def install_node_packages(places: Places, progress: Progress) -> str | None:
    """Install the packages of the lock file; None when exactly these are installed."""
    lock = places.frontend / "package-lock.json"
    wanted = hash_of_files(places.root, [lock, places.frontend / "package.json"])
    stamp = places.frontend / "node_modules" / ".anywhere-lock"
    if stamp_is(stamp, wanted):
        return None
    progress.show("npm ci")
    run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        progress,
        cwd=places.frontend,
        env=environment(places),
        do="Check the network (npm needs its registry), then run this again.",
        describe=lambda line: "npm ci",
    )
    write_stamp(stamp, wanted)
    return "installed"


def environment(places: Places) -> dict[str, str]:
    """Return the environment for npm, our own Node first on PATH."""
    return {"PATH": f"{places.bin}{os.pathsep}{clean_environment(None).get('PATH', os.defpath)}", "CI": "1"}


def sources_of(folder: Path) -> Iterator[Path]:
    """Yield the files that a build depends on."""
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        for name in files:
            if not name.endswith(".tsbuildinfo"):
                yield Path(base) / name

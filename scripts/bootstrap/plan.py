"""Which steps each command needs."""

import os
import sys
from functools import partial

from browser import provide_chromium
from frontend import build_frontend, install_node_packages
from helm import provide_helm
from node import provide_node
from packages import install_packages, make_environment
from places import Places, here
from steps import Progress, Step, run_steps

COMMANDS = ("run", "test", "tools", "helm")


def carry_out(arguments: list[str]) -> int:
    """Do the steps of the command; `run` then becomes the launcher."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"usage: python3 scripts/bootstrap {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    command = arguments[0]
    places = here()
    places.home.mkdir(parents=True, exist_ok=True)
    failed = run_steps(steps_for(command, places))
    if failed or command != "run":
        return failed
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.stdout.flush()
    os.chdir(places.root)
    os.execv(places.python, [str(places.python), "-m", "anywhere.launcher"])


def steps_for(command: str, places: Places) -> list[Step]:
    """Return the steps of a command in their order."""
    if command == "helm":
        return [Step("Helm", partial(provide_helm, places))]
    files, stamp = (["run.txt"], "run") if command == "run" else (["run.txt", "test.txt"], "test")
    steps = [
        Step("Virtual environment", partial(make_environment, places)),
        Step("Python packages", partial(install_packages, places, files, stamp)),
        Step("Helm", partial(provide_helm, places)),
    ]
    if command in ("run", "test"):
        steps.append(Step("Browser app", partial(build_frontend, places)))
    if command == "test":
        steps.append(Step("Browser app's test tools", partial(node_for_tests, places)))
        steps.append(Step("Chromium", provide_chromium))
    return steps


def node_for_tests(places: Places, progress: Progress) -> str | None:
    """Put Node and the app's packages in place also when the build is up to date; None when they are."""
    if not (places.frontend / "package.json").exists():
        return None
    notes = [provide_node(places, progress), install_node_packages(places, progress)]
    return ", ".join(note for note in notes if note) or None

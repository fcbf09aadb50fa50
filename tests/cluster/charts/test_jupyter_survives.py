"""A notebook server to which a client saves files while its image is replaced and its machine loses power.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a machine and brings it back: TOOL node off|on NAME.
"""

import time
from collections.abc import Callable

import pytest

from tests.cluster.charts.jupyter_client import ask, ingress, reached
from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
EARLIER = {"serverVersion": "2026-09-28"}


@pytest.fixture(scope="module")
def notebook(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share, with the image of a week before."""
    made = release("saving", "jupyter")
    made.external = {"resources": {"cpu": "50m", "memory": "512Mi"}, "ingress": ingress(made, "/saving")}
    made.bring_up({**made.external, **EARLIER})
    reached(made)
    assert ask(made, "api/contents/kept", "PUT", {"type": "directory"})[0] == 201
    return made


@pytest.fixture
def saving(notebook: Release) -> Ledger:
    """Saves a file for each number, as a browser does; numbers of earlier tests are not used again."""
    token = notebook.binding()["token"]

    def save(number: int) -> None:
        body = {"type": "file", "format": "text", "content": f"The number {number}."}
        code, _ = ask(notebook, f"api/contents/kept/{number}", "PUT", body, token, seconds=5)
        assert code in (200, 201), code

    return Ledger(write=save, first=max(kept(notebook), default=0) + 1, keyed=True)


def kept(notebook: Release) -> list[int]:
    """The numbers of the files that are there and whole."""
    names = [entry["name"] for entry in ask(notebook, "api/contents/kept")[1]["content"]]
    held = notebook.execute("saving-0", "sh", "-c", 'cd ~/kept; for each in *; do echo "$each $(cat "$each")"; done')
    whole = {int(line.split()[0]) for line in held.splitlines() if line.endswith(f" The number {line.split()[0]}.")}
    return sorted(number for number in map(int, names) if number in whole)


def since(notebook: Release, saving: Ledger) -> list[int]:
    """The numbers that this ledger wrote and that are there."""
    return [number for number in kept(notebook) if number >= saving.first]


def found_ready(notebook: Release) -> bool:
    """Whether the cluster takes the pod for ready."""
    conditions = {each.type: each.status for each in notebook.pods()[0].status.conditions}
    return conditions["Ready"] == "True"


def test_the_image_of_a_week_later_while_files_are_saved(notebook: Release, saving: Ledger) -> None:
    before = ask(notebook, "api")[1]["version"]
    with saving.running():
        seconds = notebook.bring_up(notebook.external)
    reached(notebook)
    assert ask(notebook, "api")[1]["version"] != before
    report = saving.report("jupyter, the image of a week later", since(notebook, saving), seconds)
    assert report.lost == 0
    assert report.longest_pause <= 60


def test_a_killed_pod_while_files_are_saved(notebook: Release, saving: Ledger) -> None:
    with saving.running():
        started = time.monotonic()
        notebook.delete_pod(grace=0)
        notebook.wait_for_all(120)
        seconds = time.monotonic() - started
    assert saving.report("jupyter, killed", since(notebook, saving), seconds).lost == 0


def test_what_was_saved_is_there_when_its_machine_lost_power_and_came_back(
    notebook: Release, saving: Ledger, power: Callable[[str, str], None]
) -> None:
    lost = notebook.pods()[0].spec.node_name
    with saving.running():
        power("off", lost)
        try:
            eventually(lambda: not found_ready(notebook), "the cluster knows that the machine is off", 120)
        finally:
            power("on", lost)
        started = time.monotonic()
        notebook.wait_for_all(300)
        seconds = time.monotonic() - started
        saving.wait_for(1, 120)
    report = saving.report("jupyter, its machine off and on", since(notebook, saving), seconds)
    assert report.lost == 0
    assert "JupyterLab keeps what is written to it" in notebook.test()

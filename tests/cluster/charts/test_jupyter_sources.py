"""Where the notebooks of JupyterLab come from, on a real cluster: a repository, an archive, one that is too large."""

from collections.abc import Callable

import pytest

from tests.cluster.charts import git_server
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
SMALL = {"resources": {"cpu": "20m", "memory": "320Mi"}}
FOLDER = "/home/jovyan/project"


@pytest.fixture(scope="module")
def address(release: Callable[[str, str], Release]) -> str:
    """The address of a git server in the namespace of the releases."""
    any_release = release("any", "jupyter")
    return git_server.start(any_release.api, any_release.namespace)


def test_what_a_person_changes_in_the_repository_stays(release: Callable[[str, str], Release], address: str) -> None:
    made = release("cloned", "jupyter")
    made.bring_up({**SMALL, "source": {"git": {"url": f"{address}/open.git"}}})
    assert made.execute("cloned-0", "ls", FOLDER).split() == ["hello.ipynb", "later.txt"]
    assert made.execute("cloned-0", "git", "-C", FOLDER, "rev-list", "--count", "HEAD").strip() == "1", "depth 1"
    made.execute("cloned-0", "sh", "-c", f"echo mine >{FOLDER}/later.txt")
    made.delete_pod()
    assert made.execute("cloned-0", "cat", f"{FOLDER}/later.txt") == "mine\n"
    assert "later.txt" in made.execute("cloned-0", "git", "-C", FOLDER, "status", "--short")
    made.uninstall()


def test_an_archive_is_unpacked_without_the_folder_that_holds_all_of_it(
    release: Callable[[str, str], Release], address: str
) -> None:
    made = release("unpacked", "jupyter")
    made.bring_up({**SMALL, "source": {"archive": {"url": f"{address}/notebooks.tar.gz"}}})
    assert made.execute("unpacked-0", "ls", FOLDER).split() == ["hello.ipynb"]
    made.uninstall()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"archive": {"url": "/large.tar.gz", "maxMegabytes": 1}}, "raise source.archive.maxMegabytes"),
        ({"archive": {"url": "/nothing.zip"}}, "cannot fetch the notebooks from git."),
        ({"git": {"url": "/private.git"}}, "cannot fetch the notebooks from git."),
    ],
    ids=["too large", "not there", "no login"],
)
def test_notebooks_that_cannot_be_had_are_told_in_the_status_of_the_pod(
    release: Callable[[str, str], Release], address: str, source: dict, words: str
) -> None:
    made = release("refused", "jupyter")
    whole = {kind: {**said, "url": address + said["url"]} for kind, said in source.items()}
    assert made.apply({**SMALL, "source": whole}).returncode == 0

    def told() -> bool:
        states = [state for pod in made.pods() for state in pod.status.init_container_statuses or []]
        ends = [end for state in states for end in (state.state.terminated, state.last_state.terminated) if end]
        return any(words in (end.message or "") for end in ends)

    eventually(told, f"the pod says: {words}", 200)
    made.uninstall()

"""JupyterLab on a real cluster, opened in Chromium through the ingress. The tests follow each other on one release."""

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.cluster.charts import git_server
from tests.cluster.charts.jupyter_client import ask, controller, ingress, reached
from tests.cluster.charts.ledger import Healthy, keep
from tests.cluster.charts.release import Release, eventually
from tests.support.browser import chromium, seat

pytestmark = pytest.mark.cluster
PATH = "/user/ada"
SLOWLY = 240_000  # milliseconds; the first start of the page and of a kernel on a busy machine


@pytest.fixture(scope="module")
def notebook(release: Callable[[str, str], Release]) -> Release:
    """The release that the tests share: a private repository, two bound services, a path of the ingress."""
    made = release("notebook", "jupyter")
    address = git_server.start(made.api, made.namespace)
    s3 = {
        "type": "s3", "endpoint": "http://objects:8333", "access-key-id": "KEY", "secret-access-key": "S3CRET",
        "bucket": "data", "region": "us-east-1",
    }  # fmt: skip
    spark = {"type": "spark", "uri": "sc://spark:15002/;authorization=Bearer%20T0KEN"}
    for name, entries in (("objects-binding", s3), ("spark-binding", spark)):
        body = git_server.secret(name, entries, f"servicebinding.io/{entries['type']}")
        made.api.create_namespaced_secret(made.namespace, body)
    made.external = {
        "metrics": {"enabled": True},
        "resources": {"cpu": "50m", "memory": "512Mi"},
        "source": {"git": {"url": f"{address}/private.git", "ref": "v1", "secret": "git-login"}},
        "bindings": {"objectStore": "objects-binding", "spark": "spark-binding"},
        "ingress": ingress(made, PATH),
    }
    made.bring_up(made.external)
    return made


@pytest.fixture
def page(notebook: Release) -> Iterator[Page]:
    """A page of Chromium that finds the notebook's name at the ingress controller."""
    with chromium(f"--host-resolver-rules=MAP *.test {controller(notebook)}") as browser:
        with seat(browser, f"http://{notebook.namespace}.test{PATH}") as taken:
            taken.page.set_default_timeout(SLOWLY)
            lost = taken.page.get_by_role("dialog", name="Server Connection Error")
            taken.page.add_locator_handler(lost, lambda dialog: dialog.get_by_role("button").last.click())
            yield taken.page


def sign_in(page: Page, release: Release, path: str, token: str) -> None:
    """Opens a path, and types the token on the page that asks for it."""
    page.goto(f"http://{release.namespace}.test{PATH}/{path}")
    page.locator("#password_input").fill(token)
    page.locator("#login_submit").click()


def outputs(release: Release, path: str) -> str:
    """What the cells of a notebook show, as its file says; nothing while the file cannot be read, as during a save."""
    code, model = ask(release, f"api/contents/{path}")
    return json.dumps([cell.get("outputs", []) for cell in model["content"]["cells"]]) if code == 200 else ""


def test_the_repository_is_there_at_the_commit_that_was_asked_for(notebook: Release) -> None:
    reached(notebook)
    code, folder = ask(notebook, "api/contents/project")
    assert code == 200
    assert {entry["name"] for entry in folder["content"]} == {"hello.ipynb"}
    assert "let-me-in" not in notebook.execute("notebook-0", "cat", "/home/jovyan/project/.git/config")


def test_a_wrong_token_and_none_are_refused(notebook: Release, page: Page) -> None:
    assert ask(notebook, "api/contents", token="")[0] == 403
    assert ask(notebook, "api/contents", token="wrong-token-wrong")[0] == 403
    sign_in(page, notebook, "lab", "wrong-token-wrong")
    page.get_by_text("Invalid credentials").wait_for()


def test_prometheus_finds_numbers_for_every_panel_without_the_token(notebook: Release) -> None:
    reached(notebook)
    kernel = ask(notebook, "api/kernels", "POST")[1]["id"]
    assert not notebook.without_numbers(notebook.numbers("server", 9404))
    assert ask(notebook, f"api/kernels/{kernel}", "DELETE")[0] == 204
    assert ask(notebook, "metrics", token="")[0] == 403


def test_a_cell_runs_over_a_websocket_and_its_output_is_there_after_a_reload_and_a_killed_pod(
    notebook: Release, page: Page
) -> None:
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    sign_in(page, notebook, "lab/tree/project/hello.ipynb", notebook.binding()["token"])
    cell = page.locator(".jp-Notebook .jp-Cell").first
    cell.locator(".cm-content").click()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.type("import os; print(6 * 7, os.environ['S3_BUCKET'], os.environ['SPARK_REMOTE'])")
    page.keyboard.press("Shift+Enter")
    shown = "42 data sc://spark:15002/;authorization=Bearer%20T0KEN"
    page.locator(".jp-OutputArea-output", has_text=shown).wait_for()
    assert any(f"{PATH}/api/kernels/" in url and url.startswith("ws://") for url in sockets), sockets
    page.keyboard.press("Control+S")
    eventually(lambda: shown in outputs(notebook, "project/hello.ipynb"), "the notebook is saved", 60)
    page.reload()
    page.locator(".jp-OutputArea-output", has_text=shown).wait_for()

    notebook.delete_pod(grace=0)
    reached(notebook)
    assert shown in outputs(notebook, "project/hello.ipynb")
    page.goto(f"http://{notebook.namespace}.test{PATH}/lab/tree/project/hello.ipynb")
    page.locator(".jp-OutputArea-output", has_text=shown).wait_for()


def test_helm_test_writes_and_reads(notebook: Release) -> None:
    assert "JupyterLab keeps what is written to it" in notebook.test()


def test_a_kernel_that_does_nothing_is_stopped(notebook: Release) -> None:
    notebook.bring_up({**notebook.external, "idle": {"kernelSeconds": 5, "checkSeconds": 2}})
    reached(notebook)
    code, kernel = ask(notebook, "api/kernels", "POST", {"name": "python3"})
    assert code == 201
    assert [each["id"] for each in ask(notebook, "api/kernels")[1]] == [kernel["id"]]
    eventually(lambda: ask(notebook, "api/kernels") == (200, []), "the idle kernel is stopped", 120)


def test_stopped_and_started_and_installed_again_it_has_its_files_and_its_token(notebook: Release) -> None:
    token = notebook.binding()["token"]
    notebook.bring_up({**notebook.external, "replicas": 0})
    eventually(lambda: not notebook.pods(), "the pod is gone", 120)
    notebook.uninstall()
    assert notebook.claims() == {"home-notebook-0"}
    keep(Healthy("jupyter: installed again", notebook.bring_up(notebook.external)))
    assert notebook.binding()["token"] == token
    reached(notebook)
    assert "42 data" in outputs(notebook, "project/hello.ipynb")


def test_bindings_that_are_not_there_or_of_another_kind_are_refused(notebook: Release) -> None:
    for secret, words in (
        ("nothing-binding", "which is not in the namespace"),
        ("spark-binding", 'of the type "spark"'),
    ):
        answer = notebook.apply({**notebook.external, "bindings": {"objectStore": secret}})
        assert answer.returncode != 0
        assert words in answer.stderr

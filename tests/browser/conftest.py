"""One portal and one Chromium for all browser tests; every test file has an organization of its own."""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from playwright.sync_api import Browser

from tests.support.browser import Seat, chromium, seat, sign_in, wait_for
from tests.support.portal import Portal, free_ports

ENDED = ("succeeded", "failed", "cancelled", "superseded")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test here."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def quiet() -> None:
    """Keep the log of every request out of what a failed test shows."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    """Give a running portal with the browser app."""
    home = Path("/tmp") / f"anywhere-browser-{secrets.token_hex(4)}"
    portal = Portal(home, free_ports()).start(240)
    yield portal
    portal.stop(seconds=30)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a running Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def state(portal: Portal, browser: Browser) -> Any:
    """Give what a browser keeps of somebody who has signed in."""
    with seat(browser, portal.address) as taken:
        sign_in(taken.open("/"))
        return taken.page.context.storage_state()


@pytest.fixture
def sit(portal: Portal, browser: Browser, state: Any) -> Iterator[Callable[..., Seat]]:
    """Give a function that opens a page: `sit()` signed in, `sit(state=None)` not."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(seat(browser, portal.address, **{"state": state, **options}))


class Api:
    """The API as the administrator, for what a test needs to be there before it looks."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Give the answer; a refusal fails the test."""
        answer = self.client.request(method, f"/api/v1/{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def finished(self, operation: dict[str, Any], seconds: float = 120) -> Any:
        """Give the operation when it has ended."""
        path = f"operations/{operation['id']}/"
        return wait_for(lambda: (o := self.call("GET", path))["state"] in ENDED and o, operation["kind"], seconds)

    def organization(self, name: str) -> str:
        """Make an organization; gives its slug."""
        slug: str = self.call("POST", "organizations/", {"name": name, "slug": name})["slug"]
        return slug

    def practice(self, org: str, name: str) -> str:
        """Make a practice cluster where pods are ready within a second; gives its id."""
        made = self.finished(self.call("POST", f"organizations/{org}/clusters/practice/", {"name": name}))
        cluster: str = made["subject"]["id"]
        self.behave(cluster, ready_seconds=1)
        return cluster

    def behave(self, cluster: str, **settings: Any) -> None:
        """Tell the practice cluster how to behave from now on."""
        self.call("PATCH", f"clusters/{cluster}/practice/", settings)

    def install(self, org: str, package: str, name: str, cluster: str, plan: str = "small") -> Any:
        """Install a service; gives the operation at once."""
        body = {"package": package, "name": name, "cluster": cluster, "plan": plan}
        return self.call("POST", f"organizations/{org}/services/", body)


@pytest.fixture(scope="session")
def api(portal: Portal) -> Iterator[Api]:
    """Give the API, signed in."""
    with portal.client() as client:
        yield Api(client)

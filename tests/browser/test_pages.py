"""Every page: no complaint of the browser, usable by everyone, in both schemes, wide and narrow, without jumping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support import stacks
from tests.support.browser import AXE, Seat
from tests.support.portal import Portal

PAGES = {
    "sign in": "/sign-in",
    "home": "/o/{org}",
    "home of nobody yet": "/o/{empty}",
    "services": "/o/{org}/services",
    "services of which none matches": "/o/{org}/services?q=nothing-has-this-name",
    "service": "/o/{org}/services/{service}",
    "service with three pods": "/o/{org}/services/{kafka}",
    "service that failed": "/o/{org}/services/{broken}",
    "connect": "/o/{org}/services/{service}/connect",
    "events": "/o/{org}/services/{service}/events",
    "values": "/o/{org}/services/{service}/values",
    "change": "/o/{org}/services/{service}/values?do=change",
    "history": "/o/{org}/services/{service}/history",
    "uninstall": "/o/{org}/services/{service}?do=uninstall",
    "operations": "/o/{org}/operations",
    "operation that is done": "/o/{org}/operations/{done}",
    "operation that failed": "/o/{org}/operations/{failed}",
    "catalogue": "/o/{org}/catalogue",
    "catalogue with nothing found": "/o/{org}/catalogue?q=zzzzzz",
    "package": "/o/{org}/catalogue/postgresql",
    "install": "/o/{org}/catalogue/postgresql/install",
    "package of a stack": "/o/{org}/catalogue/shop-stack",
    "install of a stack": "/o/{org}/catalogue/shop-stack/install",
    "stack": "/o/{org}/stacks/{stack}",
    "uninstall of a stack": "/o/{org}/stacks/{stack}?do=uninstall",
    "operation of a stack": "/o/{org}/operations/{stacked}",
    "service of a stack": "/o/{org}/services/{member}",
    "uninstall of a service that others are bound to": "/o/{org}/services/{member}?do=uninstall",
    "clusters": "/o/{org}/clusters",
    "cluster": "/o/{org}/clusters/{cluster}",
    "connect a cluster": "/o/{org}/clusters/new",
    "activity": "/o/{org}/activity",
    "account": "/o/{org}/account",
    "packages of a provider": "/p/anywhere/packages",
    "page that is not there": "/o/{org}/nowhere",
}


@pytest.fixture(scope="module")
def places(api: Any, portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give the names and ids in the addresses: an organization with services in several states, and an empty one."""
    org, empty = api.organization("all-pages"), api.organization("nothing-here")
    cluster = api.practice(org, "playground")
    started = [
        api.install(org, "postgresql", "orders-db", cluster),
        api.install(org, "kafka", "clicks-with-a-name-as-long-as-a-name-is-allowed-to-be", cluster, "standard"),
    ]
    stacks.publish(portal, tmp_path_factory.mktemp("charts"))
    body = {"stack": "shop-stack", "name": "shopping", "cluster": cluster}
    stacked = api.finished(api.call("POST", f"organizations/{org}/stacks/", body))
    members = {m["member"]: m["id"] for m in api.call("GET", f"stacks/{stacked['subject']['id']}/")["members"]}
    done, kafka = [api.finished(operation) for operation in started]
    api.behave(cluster, fail="crash_loop")
    failed = api.finished(api.install(org, "valkey", "broken", cluster))
    assert (done["state"], kafka["state"], failed["state"]) == ("succeeded", "succeeded", "failed")
    return {
        "org": org, "empty": empty, "cluster": cluster, "done": done["id"], "failed": failed["id"],
        "service": done["subject"]["id"], "kafka": kafka["subject"]["id"], "broken": failed["subject"]["id"],
        "stacked": stacked["id"], "stack": stacked["subject"]["id"], "member": members["db"],
    }  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page(name: str, sit: Callable[..., Seat], state: Any, places: dict[str, str]) -> None:
    assert AXE.exists(), "axe-core is not there: run `make test`, which installs the packages of frontend/"
    seat = sit(state=None if name == "sign in" else state)
    page = seat.open(PAGES[name].format(**places))
    seat.settle()

    assert page.locator("h1").count() == 1
    assert page.title().endswith(" · Anywhere")
    moved, what = seat.shift()
    assert moved < 0.1, what
    assert seat.violations("light") == []
    assert seat.violations("dark") == []

    page.set_viewport_size({"width": 360, "height": 740})
    seat.settle()
    assert seat.overflow() <= 0
    page.set_viewport_size({"width": 320, "height": 640})
    assert seat.overflow() <= 0

    seat.page.evaluate("window.shifts = []")
    page.set_viewport_size({"width": 360, "height": 740})
    page.reload()
    seat.settle()
    moved, what = seat.shift()
    assert moved < 0.1, what
    assert seat.troubles == []


def test_the_scheme_can_be_chosen_and_is_kept(sit: Callable[..., Seat], places: dict[str, str]) -> None:
    page = sit().open(f"/o/{places['org']}/services")
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function("() => document.documentElement.dataset.mantineColorScheme === 'dark'")
    page.reload()
    page.get_by_role("heading", level=1).wait_for()
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"

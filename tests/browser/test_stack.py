"""A stack in the browser on a practice cluster: from its card to three services, a failure mended, and away again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import stacks
from tests.support.browser import Seat
from tests.support.portal import Portal


@pytest.fixture(scope="module")
def org(api: Any, portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give an organization with a practice cluster; the stack `shop-stack` is offered."""
    stacks.publish(portal, tmp_path_factory.mktemp("charts"))
    slug: str = api.organization("stacked")
    api.practice(slug, "playground")
    return slug


def test_one_click_installs_three_services_and_one_removes_them(sit: Callable[..., Seat], api: Any, org: str) -> None:
    seat = sit()
    page = seat.open(f"/o/{org}/catalogue?q=shop")
    card = page.get_by_role("link", name="Shop stack")
    assert "3 services" in (card.text_content() or "")
    card.click()
    page.get_by_role("heading", name="What it installs").wait_for()
    page.get_by_role("link", name="Install Shop stack").click()
    page.get_by_label("Stack name").fill("corner")
    page.get_by_text("corner-shop", exact=True).wait_for()
    page.get_by_text("Fits", exact=True).wait_for()
    page.get_by_role("button", name="Install", exact=True).click()

    page.get_by_role("heading", name="corner is installed").wait_for()
    steps = page.locator(".steps > li")
    titles = ["Check that all of it fits", "Database", "Cache", "Shop"]
    assert all(text.strip().startswith(title) for text, title in zip(steps.all_text_contents(), titles, strict=True))
    assert page.get_by_role("link", name="Its own steps and log").count() == 3
    page.get_by_role("link", name="Open the stack").click()
    page.get_by_text("All 3 services healthy.").wait_for()
    page.get_by_role("link", name="corner-db").click()
    page.get_by_role("heading", name="Used by").wait_for()
    page.get_by_role("link", name="corner", exact=True).click()
    page.get_by_role("button", name="Uninstall all of it").click()
    page.get_by_role("button", name="Uninstall", exact=True).click()
    page.get_by_role("heading", name="corner is uninstalled").wait_for()
    listed = api.call("GET", f"organizations/{org}/services/")["results"]
    assert not [s for s in listed if s["name"].startswith("corner-")]
    assert seat.troubles == []


def test_a_member_that_fails_is_mended_and_the_stack_goes_on(sit: Callable[..., Seat], api: Any, org: str) -> None:
    cluster = api.call("GET", f"organizations/{org}/clusters/")["results"][0]["id"]
    values = {"cache": {"image": {"tag": "missing"}}}
    body = {"stack": "shop-stack", "name": "half", "cluster": cluster, "values": values}
    failed = api.finished(api.call("POST", f"organizations/{org}/stacks/", body))
    seat = sit()
    page = seat.open(f"/o/{org}/operations/{failed['id']}")
    page.get_by_role("heading", name=re.compile("half-cache: Image .* was not found")).wait_for()
    page.get_by_text("half-db is installed and stays.").wait_for()
    way = page.get_by_role("link", name="Change values")
    way.wait_for()
    stack = api.call("GET", f"stacks/{failed['subject']['id']}/")
    cache = next(m["id"] for m in stack["members"] if m["member"] == "cache")
    assert (way.get_attribute("href") or "").endswith(f"/services/{cache}/values?do=change")
    api.finished(api.call("POST", f"services/{cache}/change/", {"values": {}}))
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("heading", name="half is installed").wait_for()
    assert seat.troubles == []

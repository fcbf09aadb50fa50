"""Clusters in the browser: renaming one, and removing one that still has services."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Seat

PATIENT = 60_000


@pytest.fixture(scope="module")
def org(api: Any) -> str:
    """Give an organization of these tests' own."""
    return str(api.organization("clusters"))


def choose(page: Page, action: str) -> None:
    """Choose from the page's menu of actions."""
    page.get_by_role("button", name="More", exact=True).first.click()
    page.get_by_role("menuitem", name=action).click()


def test_a_cluster_is_renamed_and_found_under_its_new_name(sit: Callable[..., Seat], api: Any, org: str) -> None:
    cluster = api.practice(org, "nursery")
    api.practice(org, "taken")
    operation = api.finished(api.install(org, "valkey", "sessions", cluster))
    seat = sit()
    page = seat.open(f"/o/{org}/clusters/{cluster}")
    choose(page, "Rename")
    dialog = page.get_by_role("dialog")
    field, rename = dialog.get_by_label("Name", exact=True), dialog.get_by_role("button", name="Rename")
    expect(field).to_be_focused()
    expect(rename).to_be_disabled()
    for refused in ("-not a name-", "taken"):
        field.fill(refused)
        rename.click()
        expect(field).to_have_attribute("aria-invalid", "true", timeout=PATIENT)
        expect(dialog.locator(".help")).not_to_have_text("Only the name here changes; nothing in the cluster does.")
    seat.troubles.clear()  # a browser reports each refusal as an error
    field.fill("rehearsal")
    rename.click()
    expect(dialog).to_have_count(0, timeout=PATIENT)
    expect(page.get_by_role("heading", level=1)).to_have_text("rehearsal", timeout=PATIENT)

    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("rehearsal", timeout=PATIENT)
    page = seat.open(f"/o/{org}/services/{operation['subject']['id']}")
    expect(page.get_by_role("main").get_by_role("link", name="rehearsal")).to_be_visible(timeout=PATIENT)
    page = seat.open(f"/o/{org}/activity")
    expect(page.get_by_role("main")).to_contain_text(re.compile("renamed.*rehearsal"), timeout=PATIENT)
    assert seat.troubles == []


def test_a_cluster_with_services_is_removed_only_once_its_name_is_typed(
    sit: Callable[..., Seat], api: Any, org: str
) -> None:
    cluster = api.practice(org, "leaving")
    api.finished(api.install(org, "valkey", "orphan", cluster))
    seat = sit()
    page = seat.open(f"/o/{org}/clusters/{cluster}")
    choose(page, "Remove")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 service lives here.", timeout=PATIENT)
    remove = dialog.get_by_role("button", name="Remove and forget its services")
    expect(remove).to_be_disabled()
    dialog.get_by_label("Type leaving to confirm").fill("leaving")
    remove.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("leaving is removed", timeout=PATIENT)
    assert cluster not in [each["id"] for each in api.call("GET", f"organizations/{org}/clusters/")["results"]]
    assert seat.troubles == []


def test_in_a_hand_menus_fit_a_finger_and_the_foot_of_a_dialog_covers_no_field(
    sit: Callable[..., Seat], api: Any, org: str
) -> None:
    cluster = api.practice(org, "pocket")
    seat = sit(width=360, height=740)
    page = seat.open(f"/o/{org}/clusters/{cluster}")
    page.get_by_role("main").get_by_role("button", name="More", exact=True).first.click()
    page.get_by_role("menu").wait_for()
    heights = page.get_by_role("menuitem").evaluate_all("items => items.map((item) => item.offsetHeight)")
    assert min(heights) >= 44

    page = seat.open(f"/o/{org}/clusters/new")
    field, foot = page.get_by_label("Name", exact=True), page.locator(".aw-modal-foot")
    page.get_by_text("Only one namespace").click()
    field.focus()
    expect(field).to_be_in_viewport(ratio=1, timeout=PATIENT)
    assert foot.evaluate("foot => foot.offsetWidth === foot.closest('.mantine-Modal-content').clientWidth")
    assert field.evaluate("field => field.getBoundingClientRect().bottom + 4") <= foot.evaluate(
        "foot => foot.getBoundingClientRect().top"
    )
    assert seat.troubles == []

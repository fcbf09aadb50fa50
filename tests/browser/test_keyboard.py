"""Everything by keyboard: sign in, install, the palette, single keys, dialogs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Seat
from tests.support.portal import EMAIL, PASSWORD

PATIENT = 60_000
FOCUSED = "() => (document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || '').trim()"


@pytest.fixture(scope="module")
def org(api: Any) -> str:
    """Give an organization with a practice cluster."""
    made = str(api.organization("by-keyboard"))
    api.practice(made, "keys")
    return made


def tab_to(page: Page, name: str, limit: int = 60) -> None:
    """Press Tab until what has the focus is called so."""
    seen = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
        if seen[-1] == name:
            return
    raise AssertionError(f"Tab does not lead to {name!r}, only to {seen}")


def test_signing_in(sit: Callable[..., Seat], org: str) -> None:
    page = sit(state=None).open(f"/o/{org}/services")
    expect(page.get_by_label("Email")).to_be_focused(timeout=PATIENT)
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Services", timeout=PATIENT)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_installing(sit: Callable[..., Seat], org: str) -> None:
    seat = sit()
    page = seat.open(f"/o/{org}/catalogue/valkey/install")
    page.get_by_role("radio", name=re.compile("^keys")).wait_for()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Service name")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("typed")
    expect(page.get_by_text("Free.", exact=True)).to_be_visible(timeout=PATIENT)
    expect(page.get_by_role("button", name="Install", exact=True)).to_be_enabled(timeout=PATIENT)
    tab_to(page, "Install")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("typed is installed", timeout=PATIENT)
    assert seat.troubles == []


def test_the_palette_finds_a_place_and_goes_there(sit: Callable[..., Seat], org: str) -> None:
    page = sit().open(f"/o/{org}")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Find or do anything")
    expect(box).to_be_focused(timeout=PATIENT)
    page.keyboard.type("install kafka")
    expect(page.get_by_role("option", name=re.compile("Install Apache Kafka"))).to_have_attribute(
        "aria-selected", "true", timeout=PATIENT
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Install Apache Kafka", timeout=PATIENT)


def test_single_keys_go_places_and_are_off_in_fields(sit: Callable[..., Seat], org: str) -> None:
    page = sit().open(f"/o/{org}")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", level=1)).to_have_text("Catalogue", timeout=PATIENT)
    page.keyboard.press("/")
    search = page.get_by_label("Search the catalogue")
    expect(search).to_be_focused()
    page.keyboard.type("gk?")
    expect(search).to_have_value("gk?")
    expect(page.get_by_role("heading", level=1)).to_have_text("Catalogue")


def test_a_dialog_keeps_the_focus_and_gives_it_back(sit: Callable[..., Seat], org: str) -> None:
    page = sit().open(f"/o/{org}/account")
    opener = page.get_by_role("button", name="New token")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="New API token")
    expect(dialog.get_by_label("Name")).to_be_focused(timeout=PATIENT)
    for _ in range(8):
        page.keyboard.press("Tab")
        assert dialog.evaluate("(dialog) => dialog.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden(timeout=PATIENT)
    expect(opener).to_be_focused()


def test_the_skip_link_leads_past_the_side_bar(sit: Callable[..., Seat], org: str) -> None:
    page = sit().open(f"/o/{org}/clusters")
    page.get_by_role("heading", level=1).wait_for()
    page.get_by_role("link", name="Skip to content").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")
    page.locator("main").get_by_role("link").or_(page.locator("main").get_by_role("button")).first.wait_for()
    page.keyboard.press("Tab")
    page.wait_for_function("() => document.querySelector('main').contains(document.activeElement)")

"""The main path in the browser, on a practice cluster: from an empty organization to a service and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.browser import Seat

SECONDS = 1000
PATIENT = 60 * SECONDS


def test_from_practising_to_uninstalling(sit: Callable[..., Seat], api: Any) -> None:
    org = api.organization("main-path")
    seat = sit()
    page = seat.open(f"/o/{org}")
    _practises(page)
    _finds_the_package_despite_a_typing_error(page, org)
    _installs(page)
    _connects(page)
    _changes_after_seeing_the_plan(page)
    _rolls_back(page)
    _uninstalls(page)
    assert seat.troubles == []


def ends(page: Page, title: str) -> None:
    """Return when the operation's page says so."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=PATIENT)


def _practises(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Where should your services run?", timeout=PATIENT)
    page.get_by_role("button", name="Start practising").click()
    page.wait_for_url("**/operations/*")
    ends(page, "practice is connected")
    page.get_by_role("link", name="Open the cluster").click()
    expect(page.get_by_text("This is a practice cluster")).to_be_visible(timeout=PATIENT)


def _finds_the_package_despite_a_typing_error(page: Page, org: str) -> None:
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Catalogue").click()
    page.get_by_label("Search the catalogue").fill("postgrse")
    expect(page.get_by_text("the nearest to postgrse")).to_be_visible(timeout=PATIENT)
    assert page.url.endswith(f"/o/{org}/catalogue?q=postgrse")
    page.get_by_role("main").get_by_role("link", name=re.compile("PostgreSQL")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("PostgreSQL", timeout=PATIENT)
    expect(page.get_by_text("practice fits")).to_be_visible(timeout=PATIENT)
    page.get_by_role("link", name="Install PostgreSQL").click()


def _installs(page: Page) -> None:
    page.get_by_label("Service name").fill("orders-db")
    expect(page.get_by_text("Free.", exact=True)).to_be_visible(timeout=PATIENT)
    expect(page.get_by_label("Namespace")).to_have_value("orders-db")
    page.get_by_role("radio", name=re.compile("^practice")).wait_for()
    page.get_by_role("button", name="Install", exact=True).click()
    page.wait_for_url("**/operations/*")
    expect(page.get_by_text("live", exact=True)).to_be_visible(timeout=PATIENT)
    expect(page.get_by_role("heading", level=1)).to_have_text("Installing orders-db")
    ends(page, "orders-db is installed")

    def steps() -> list[str]:
        return page.locator(".steps > li").all_inner_texts()

    told = steps()
    assert len(told) == 5
    page.reload()
    ends(page, "orders-db is installed")
    assert steps() == told
    page.get_by_role("main").get_by_role("link", name="orders-db").click()
    expect(page.locator(".facts .seen")).to_contain_text("Healthy", timeout=PATIENT)


def _connects(page: Page) -> None:
    page.get_by_role("navigation", name="Service").get_by_role("link", name="Connect").click()
    credentials = page.get_by_role("region", name="Credentials")
    expect(credentials).to_contain_text("••••", timeout=PATIENT)
    assert credentials.locator("[data-secret]").count() == 0
    credentials.get_by_role("button", name="Show").click()
    password = credentials.locator(".end-pt", has_text="Password").locator("[data-secret]")
    expect(password).to_have_text(re.compile(r"^\S{12,}$"), timeout=PATIENT)
    secret = password.inner_text()
    assert secret not in page.get_by_role("region", name="Use it").inner_text()
    credentials.get_by_role("button", name="Hide").click()
    assert secret not in page.content()
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Activity").click()
    expect(page.get_by_role("main")).to_contain_text("credentials of orders-db", timeout=PATIENT)
    page.go_back()


def _changes_after_seeing_the_plan(page: Page) -> None:
    page.get_by_role("navigation", name="Service").get_by_role("link", name="Values").click()
    page.get_by_role("link", name="Change", exact=True).click()
    page.locator("summary", has_text="Size").click()
    page.get_by_label("Connections").fill("60")
    page.get_by_role("button", name="Check the change").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Restarts 1 pod", timeout=PATIENT)
    dialog.get_by_role("button", name="Apply the change").click()
    ends(page, "orders-db is changed")
    page.get_by_role("link", name="Open the service").click()
    page.get_by_role("navigation", name="Service").get_by_role("link", name="Values").click()
    expect(page.get_by_role("region", name="Your values")).to_contain_text("maxConnections: 60", timeout=PATIENT)


def _rolls_back(page: Page) -> None:
    page.get_by_role("navigation", name="Service").get_by_role("link", name="History").click()
    page.get_by_role("row", name=re.compile("Revision 1")).get_by_role("button", name="Roll back to this").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Restarts 1 pod", timeout=PATIENT)
    dialog.get_by_role("button", name="Roll back").click()
    ends(page, "orders-db is rolled back")
    page.get_by_role("link", name="Open the service").click()
    page.get_by_role("navigation", name="Service").get_by_role("link", name="Values").click()
    own = page.get_by_role("region", name="Your values")
    expect(own).to_be_visible(timeout=PATIENT)
    expect(own).not_to_contain_text("maxConnections")


def _uninstalls(page: Page) -> None:
    page.get_by_role("button", name="More", exact=True).first.click()
    page.get_by_role("menuitem", name="Uninstall").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Delete the data too").click()
    expect(dialog.get_by_role("button", name="Uninstall and delete the data")).to_be_disabled()
    dialog.get_by_text("Keep the data", exact=True).click()
    dialog.get_by_role("button", name="Uninstall", exact=True).click()
    ends(page, "orders-db is uninstalled")
    page.get_by_role("main").get_by_role("link", name="orders-db").first.click()
    expect(page.get_by_text("Its data is kept in practice")).to_be_visible(timeout=PATIENT)

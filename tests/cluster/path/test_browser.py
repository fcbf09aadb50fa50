"""From signing in to a row in a real database, in Chromium on a real cluster."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import chromium, seat, sign_in
from tests.support.portal import Portal

pytestmark = [pytest.mark.cluster, pytest.mark.browser]
MINUTE = 60_000


def test_postgresql_from_the_kubeconfig_to_a_row(
    fresh: Portal, kubeconfig: str, forward: Any, kubectl: Callable[..., str]
) -> None:
    name = f"b-{fresh.port}"
    try:
        with chromium() as browser, seat(browser, fresh.address) as taken:
            page = taken.open("/")
            sign_in(page)
            _register(page, Path(kubeconfig).read_text(), name)
            _install(page, name)
            credentials = _credentials(page)
            assert taken.troubles == []
        with forward(name, name, 5432) as port:
            assert _row(port, credentials) == ("from the browser",)
    finally:
        kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found", check=False)


def _register(page: Page, kubeconfig: str, name: str) -> None:
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Clusters").click()
    page.get_by_role("link", name="Connect a cluster").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Kubeconfig").fill(kubeconfig)
    dialog.get_by_label("Name", exact=True).fill(name)
    expect(dialog).to_contain_text("anywhere-system", timeout=MINUTE)
    dialog.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} is connected", timeout=MINUTE)
    page.get_by_role("link", name="Open the cluster").click()
    expect(page.get_by_role("main")).to_contain_text("Answers", timeout=MINUTE)


def _install(page: Page, name: str) -> None:
    page.get_by_role("link", name="Install here").click()
    page.get_by_role("main").get_by_role("link", name=re.compile("PostgreSQL")).click()
    page.get_by_role("link", name="Install PostgreSQL").click()
    page.get_by_label("Service name").fill(name)
    page.get_by_role("radio", name=re.compile("^Small")).check()
    page.get_by_role("radio", name=re.compile(f"^{name}")).check(timeout=MINUTE)
    expect(page.get_by_text("Free.", exact=True)).to_be_visible(timeout=MINUTE)
    page.get_by_role("button", name="Install", exact=True).click()
    page.wait_for_url("**/operations/*")
    expect(page.get_by_text("live", exact=True)).to_be_visible(timeout=MINUTE)
    waiting = page.locator(".steps > li.now", has_text="Wait until it works")
    expect(waiting).to_contain_text("0 of 1", timeout=MINUTE)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} is installed", timeout=4 * MINUTE)


def _credentials(page: Page) -> dict[str, str]:
    page.get_by_role("link", name="Connect", exact=True).click()
    region = page.get_by_role("region", name="Credentials")
    region.get_by_role("button", name="Show").click()
    expect(region.locator("[data-secret]").first).to_be_visible(timeout=MINUTE)
    rows = region.locator(".end-pt").all()
    return {row.locator("span").first.inner_text(): row.locator("code").inner_text() for row in rows}


def _row(port: int, credentials: dict[str, str]) -> tuple[str]:
    database = psycopg2.connect(
        host="127.0.0.1", port=port, user=credentials["User"], password=credentials["Password"],
        dbname=credentials["Database"], connect_timeout=20,
    )  # fmt: skip
    try:
        with database, database.cursor() as cursor:
            cursor.execute("create table seen (source text)")
            cursor.execute("insert into seen values ('from the browser')")
        with database.cursor() as cursor:
            cursor.execute("table seen")
            return cursor.fetchone()
    finally:
        database.close()

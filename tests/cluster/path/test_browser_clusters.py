"""Credentials of real clusters in the browser: another one for the same cluster, and one of a single namespace."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.support.browser import chromium, seat, sign_in
from tests.support.portal import Portal

pytestmark = [pytest.mark.cluster, pytest.mark.browser]
MINUTE = 60_000


@pytest.fixture
def space(fresh: Portal, kubectl: Callable[..., str]) -> Iterator[str]:
    """Give a namespace of this test's own."""
    name = f"team-{fresh.port}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "namespace", name, "--wait=false", check=False)


def of_a_team(kubeconfig: str, kubectl: Callable[..., str], space: str, role: str) -> str:
    """Give the kubeconfig of a new account that has a built-in role in one namespace."""
    kubectl("-n", space, "create", "serviceaccount", "team")
    kubectl("-n", space, "create", "rolebinding", "team", f"--clusterrole={role}", f"--serviceaccount={space}:team")
    source: dict[str, Any] = yaml.safe_load(Path(kubeconfig).read_text())
    source["users"][0]["user"] = {"token": kubectl("-n", space, "create", "token", "team").strip()}
    source["contexts"][0]["context"]["namespace"] = space
    return yaml.safe_dump(source)


def register(page: Page, kubeconfig: str, name: str) -> None:
    """Connect a cluster and return on its page."""
    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Clusters").click()
    page.get_by_role("link", name="Connect a cluster").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Kubeconfig").fill(kubeconfig)
    dialog.get_by_label("Name", exact=True).fill(name)
    expect(dialog.get_by_role("button", name="Connect", exact=True)).to_be_enabled(timeout=MINUTE)
    dialog.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} is connected", timeout=MINUTE)
    page.get_by_role("link", name="Open the cluster").click()
    expect(page.get_by_role("main")).to_contain_text("Answers", timeout=MINUTE)


def choose(page: Page, action: str) -> None:
    """Choose from the page's menu of actions."""
    page.get_by_role("button", name="More", exact=True).first.click()
    page.get_by_role("menuitem", name=action).click()


def test_a_credential_is_replaced_after_the_account_was_deleted(
    fresh: Portal, kubeconfig: str, kubectl: Callable[..., str]
) -> None:
    accounts = ("-n", "anywhere-system", "get", "serviceaccounts", "-o", "json", "--ignore-not-found")
    source = Path(kubeconfig).read_text()

    def ours() -> set[str]:
        return {
            each["metadata"]["name"] for each in json.loads(kubectl(*accounts, check=False) or "{}").get("items", [])
        }

    before = ours()
    with chromium() as browser, seat(browser, fresh.address) as taken:
        page = taken.open("/")
        sign_in(page)
        register(page, source, "home")
        [account] = ours() - before
        cluster = page.url
        kubectl("-n", "anywhere-system", "delete", "serviceaccount", account)
        page.get_by_role("button", name="Check now").click()
        expect(page.get_by_role("main")).to_contain_text("home does not answer", timeout=2 * MINUTE)

        choose(page, "Replace credential")
        dialog = page.get_by_role("dialog")
        replace = dialog.get_by_role("button", name="Replace")
        expect(replace).to_be_disabled()
        dialog.get_by_role("textbox", name="Kubeconfig").fill(source)
        replace.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("home has a new credential", timeout=MINUTE)
        page.goto(cluster)
        expect(page.get_by_role("main")).to_contain_text("Answers", timeout=MINUTE)
        assert account in ours()
        assert "client-key-data" not in page.content()

        choose(page, "Remove")
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("home is removed", timeout=MINUTE)
        assert ours() == before
        assert taken.troubles == []


def test_a_namespaces_administrator_connects_it_and_installs_there_only(
    fresh: Portal, kubeconfig: str, kubectl: Callable[..., str], space: str
) -> None:
    source = of_a_team(kubeconfig, kubectl, space, "admin")
    with chromium() as browser, seat(browser, fresh.address) as taken:
        page = taken.open("/")
        sign_in(page)
        register(page, source, "team")
        main = page.get_by_role("main")
        expect(main).to_contain_text(f"Restricted to namespace {space}")
        expect(main).to_contain_text(f"Services can be installed only in the namespace {space}.")

        page.get_by_role("link", name="Install here").click()
        main.get_by_role("link", name=re.compile("Valkey")).first.click()
        page.get_by_role("link", name="Install Valkey").click()
        page.get_by_label("Service name").fill("sessions")
        page.get_by_role("radio", name=re.compile("^Small")).check()
        page.get_by_role("radio", name=re.compile("^team")).check(timeout=MINUTE)
        expect(page.get_by_label("Namespace")).to_have_value(space, timeout=MINUTE)
        page.get_by_role("button", name="Install", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("sessions is installed", timeout=4 * MINUTE)
        assert "sessions-0" in kubectl("-n", space, "get", "pods", "-o", "name")
        main.get_by_role("link", name="sessions").first.click()
        expect(page.locator(".facts .seen")).to_contain_text("Healthy", timeout=MINUTE)
        assert taken.troubles == []

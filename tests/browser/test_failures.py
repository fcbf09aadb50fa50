"""What the browser shows when something goes wrong, and the ways out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Seat, wait_for

PATIENT = 60_000


@pytest.fixture(scope="module")
def org(api: Any) -> str:
    """Give an organization with a practice cluster."""
    return str(api.organization("failures"))


@pytest.fixture(scope="module")
def cluster(api: Any, org: str) -> str:
    """Give its practice cluster."""
    return str(api.practice(org, "rehearsal"))


def test_a_wrong_password_is_refused_in_words(sit: Callable[..., Seat]) -> None:
    page = sit(state=None).open("/")
    page.get_by_label("Email").fill("stranger@example.com")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Your password is needed.")).to_be_visible()
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENT)
    expect(page.get_by_label("Password")).to_be_focused()


def test_a_failed_install_names_its_cause_and_a_retry_mends_it(
    sit: Callable[..., Seat], api: Any, org: str, cluster: str
) -> None:
    seat = sit()
    page = seat.open(f"/o/{org}/clusters/{cluster}")
    broken = page.get_by_role("radio", name=re.compile("Images cannot be downloaded"))
    broken.click()
    expect(broken).to_be_checked(timeout=PATIENT)
    failed = api.install(org, "valkey", "sessions", cluster)
    page = seat.open(f"/o/{org}/operations/{failed['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("sessions was not installed", timeout=PATIENT)
    expect(page.locator(".cause h2")).to_have_text(re.compile("^Image .*valkey.* was not found$"))
    ways = page.locator(".ways > li")
    expect(ways).to_contain_text(["Change the values", "Try again", "Uninstall"])
    expect(page.locator("details", has_text="What the cluster said")).to_contain_text("Pod sessions-0")

    api.behave(cluster, fail=None)
    service = f"services/{failed['subject']['id']}/"
    wait_for(lambda: api.call("GET", service)["health"]["verdict"] == "healthy", "the pod finds its image")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_url(lambda url: failed["id"] not in url and "/operations/" in url)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^sessions is "), timeout=PATIENT)
    assert seat.troubles == []


def test_a_wrong_value_is_said_at_its_field(sit: Callable[..., Seat], org: str, cluster: str) -> None:
    seat = sit()
    page = seat.open(f"/o/{org}/catalogue/postgresql/install")
    page.get_by_role("radio", name=re.compile("^rehearsal")).wait_for()
    field = page.get_by_label("Database", exact=True)
    field.fill("Not A Name")
    expect(field).to_have_attribute("aria-invalid", "true", timeout=PATIENT)
    wrong = page.locator(".field.err", has=page.get_by_label("Database", exact=True))
    expect(wrong.locator(".help")).not_to_have_text("Made at the first start.")
    install = page.get_by_role("button", name="Install", exact=True)
    expect(install).to_be_disabled()
    expect(page.locator("#why-not")).to_have_text("Some values need a look first.")
    field.fill("a_name")
    expect(wrong).to_have_count(0)
    expect(install).to_be_enabled(timeout=PATIENT)
    assert seat.troubles == []


def test_a_name_that_is_taken_is_said_as_one_types(sit: Callable[..., Seat], api: Any, org: str, cluster: str) -> None:
    api.finished(api.install(org, "valkey", "taken", cluster))
    page = sit().open(f"/o/{org}/catalogue/valkey/install")
    where = page.get_by_role("radio", name=re.compile("^rehearsal"))
    where.wait_for(timeout=PATIENT)
    where.check(force=True)
    name = page.get_by_label("Service name")
    name.fill("taken")
    expect(name).to_have_attribute("aria-invalid", "true", timeout=PATIENT)
    expect(page.get_by_role("button", name="Install", exact=True)).to_be_disabled()
    assert page.locator("#why-not").inner_text() != ""


def test_a_running_install_is_stopped_and_says_what_is_left(
    sit: Callable[..., Seat], api: Any, org: str, cluster: str
) -> None:
    api.behave(cluster, ready_seconds=90)
    running = api.install(org, "valkey", "stopped", cluster)
    seat = sit()
    page = seat.open(f"/o/{org}/operations/{running['id']}")
    expect(page.locator(".steps > li.now")).to_contain_text("0 of 1", timeout=PATIENT)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("stopped was not installed", timeout=PATIENT)
    expect(page.get_by_role("main").get_by_text("Cancelled", exact=True).first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Revision 1 was applied to stopped and stays.")
    api.behave(cluster, ready_seconds=1)
    assert seat.troubles == []

"""Chromium for tests: pages that remember what went wrong on them, and what can be asked of a page."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from anywhere.launcher.places import ROOT
from tests.support.portal import EMAIL, PASSWORD

PATIENCE = 60_000  # milliseconds; a busy machine takes its time
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # An experiment of axe's that takes hidden decoration (initials, key caps) for part of a name.
    "rules": {"label-content-name-mismatch": {"enabled": False}},
}
NOT_MOVING = """
() => document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getTiming().iterations > 9)
"""
SHIFTS = """
window.shifts = []
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue
    const moved = entry.sources.map((s) => s.node && (s.node.outerHTML || s.node.textContent || '').slice(0, 120))
    window.shifts.push({ value: entry.value, moved })
  }
}).observe({ type: 'layout-shift', buffered: true })
"""


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Give a running Chromium with a profile of its own and these flags besides; it ends with the block."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    assert program, "These tests need Chromium: run `make test`, which installs it or says how."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])
        yield browser
        browser.close()


@dataclass
class Seat:
    """A page as one person has it open; `troubles` holds every complaint of the browser."""

    page: Page
    address: str
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a path of the portal."""
        self.page.goto(self.address + path)
        return self.page

    def settle(self) -> None:
        """Return when the page has its heading, nothing is loading any more and nothing moves."""
        self.page.locator("h1").first.wait_for()
        self.page.wait_for_function("() => !document.querySelector('.loading, .skel')")
        self.page.wait_for_function(NOT_MOVING)

    def shift(self) -> tuple[float, list[Any]]:
        """Give how much moved by itself since the page was opened, and what."""
        shifts = self.page.evaluate("window.shifts")
        return sum(each["value"] for each in shifts), shifts

    def overflow(self) -> int:
        """Give by how many pixels the page is wider than its window."""
        wider: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return wider

    def violations(self, scheme: str) -> list[str]:
        """Give what axe finds in the light or the dark scheme, as "rule: element (why)"."""
        self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        self.page.wait_for_function(f"() => document.documentElement.dataset.mantineColorScheme === '{scheme}'")
        self.page.wait_for_function(NOT_MOVING)
        if not self.page.evaluate("typeof window.axe === 'object'"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("(options) => window.axe.run(document, options)", AXE_OPTIONS)
        return [
            f"{violation['id']}: {node['html'][:160]} ({' '.join(node.get('failureSummary', '').split())[:200]})"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]


@contextmanager
def seat(browser: Browser, address: str, *, state: Any = None, width: int = 1280, height: int = 900) -> Iterator[Seat]:
    """Give a page in a context of its own; with a state it is signed in."""
    context: BrowserContext = browser.new_context(viewport={"width": width, "height": height}, storage_state=state)
    context.add_init_script(SHIFTS)
    context.set_default_timeout(PATIENCE)
    taken = Seat(context.new_page(), address)
    taken.page.on("console", lambda m: taken.troubles.append(m.text) if m.type in ("error", "warning") else None)
    taken.page.on("pageerror", lambda error: taken.troubles.append(str(error)))
    try:
        yield taken
    finally:
        context.close()


def sign_in(page: Page) -> None:
    """Sign in on the page that asks for it."""
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Sign in").wait_for(state="detached")


def wait_for(claim: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Give the first true answer of the claim."""
    end = time.monotonic() + seconds
    while not (answer := claim()):
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(0.2)
    return answer

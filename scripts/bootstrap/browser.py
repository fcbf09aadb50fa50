"""Chromium for the browser tests."""

import os
import shutil

from steps import Progress, StepFailed, run

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW = "Install Chromium (Debian, Ubuntu: apt-get install chromium; Fedora: dnf install chromium), then run this again."


def provide_chromium(progress: Progress) -> str | None:
    """Install Chromium from Debian's packages when we may; None when one is on PATH."""
    if any(shutil.which(name) for name in NAMES):
        return None
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise StepFailed("the browser tests need Chromium, and none is on PATH", HOW)
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    progress.show("apt-get update")
    wait = ["-o", "DPkg::Lock::Timeout=300"]  # another program may be installing packages
    run(["apt-get", *wait, "update", "-qq"], progress, do=HOW, env=environment)
    run(
        ["apt-get", *wait, "install", "-y", "-q", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
        progress,
        do=HOW,
        env=environment,
    )
    return "installed from the distribution's packages"

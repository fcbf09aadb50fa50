"""The folder `platform` is a source root and hides nothing."""

from __future__ import annotations

import platform
import subprocess

import pytest
from django.conf import settings


def test_the_source_root_is_no_package_and_python_s_own_module_is_found():
    assert not (settings.ROOT / "platform" / "__init__.py").exists()
    assert platform.system()


def test_nothing_that_git_ignores_is_kept_in_it():
    """A run leaves the work tree as it was cloned."""
    listing = ["git", "-C", str(settings.ROOT), "ls-files", "--cached", "--ignored", "--exclude-standard"]
    listed = subprocess.run(listing, capture_output=True, text=True, check=False)
    if "not a git repository" in listed.stderr:
        pytest.skip("this is no clone")
    assert listed.stderr == ""
    assert listed.stdout.splitlines() == []

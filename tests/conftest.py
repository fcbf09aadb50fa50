"""Fixtures of the whole test tree; the database and Valkey come from the plugin tests.support.embedded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def helm() -> Path:
    """Give the helm program under test."""
    program = Path(os.environ["ANYWHERE_HELM"])
    assert program.exists(), f"{program} is not there: run `python3 scripts/bootstrap tools` first"
    return program

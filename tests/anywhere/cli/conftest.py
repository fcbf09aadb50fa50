"""A whole portal with a practice cluster, and the command line signed in to it."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.portal import Portal, free_ports


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    """Give a running portal."""
    home = Path("/tmp") / f"anywhere-cli-{secrets.token_hex(4)}"
    portal = Portal(home, free_ports()).start()
    yield portal
    portal.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def aw(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Give the command line, with a practice cluster called `try`."""
    command = CommandLine(portal, tmp_path_factory.mktemp("cli"))
    command.json("clusters", "add", "try", "--practice")
    return command

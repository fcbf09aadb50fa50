"""The page of error codes is complete and up to date."""

from __future__ import annotations

from anywhere.lib.api import reference
from anywhere.lib.errors import AppError


def subclasses(kind):
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)


def test_the_committed_page_is_up_to_date():
    assert reference.FILE.read_text() == reference.markdown(), "Run `make schema`."


def test_every_error_class_is_on_the_page():
    known = {entry.code for entry in reference.entries()}
    ours = {
        kind.code for kind in subclasses(AppError) if kind.__module__.startswith(("anywhere.", "catalog.", "services."))
    }
    assert ours <= known
    assert {"archive.link", "yaml.unsafe", "kubeconfig.exec_not_allowed"} <= known

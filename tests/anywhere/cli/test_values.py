"""Values from the command line."""

from __future__ import annotations

import pytest

from anywhere.cli import values
from anywhere.cli.errors import USAGE, CliError


def test_nothing_given_is_nothing():
    assert values.read([], []) is None


def test_later_files_and_then_single_keys_win(tmp_path):
    (tmp_path / "a.yaml").write_text("a: {b: 1, c: 2}\nd: [1]")
    (tmp_path / "b.yaml").write_text("a: {b: 3}\nd: [2]")
    read = values.read([str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")], ["a.c=x", "e.f=true"])
    assert read == {"a": {"b": 3, "c": "x"}, "d": [2], "e": {"f": True}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", 1), ("1.5", "1.5"), ("true", True), ("null", None), ("'1'", "1"), ("a=b", "a=b"), ("", "")],
)
def test_words_and_numbers(text, expected):
    assert values.read([], [f"k={text}"]) == {"k": expected}


@pytest.mark.parametrize(
    ("files", "sets"),
    [([], ["novalue"]), ([], ["=1"]), (["/no/such/file"], []), (["bad.yaml"], []), (["list.yaml"], [])],
)
def test_what_cannot_be_read_is_a_wrong_use(tmp_path, monkeypatch, files, sets):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("a: [")
    (tmp_path / "list.yaml").write_text("- 1")
    with pytest.raises(CliError) as caught:
        values.read(files, sets)
    assert caught.value.exit_code == USAGE

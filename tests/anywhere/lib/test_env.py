"""An odd value in the environment stops the start with a sentence that names the variable."""

from __future__ import annotations

import pytest

from anywhere.lib import env


def test_values_are_read_by_their_kind(monkeypatch, tmp_path):
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    monkeypatch.setenv("A_FILE", str(file))
    monkeypatch.setenv("B", "Yes")
    monkeypatch.setenv("C", "7")
    monkeypatch.setenv("D", "a, b,,c")
    assert (env.text("A"), env.flag("B"), env.number("C", 1), env.words("D")) == (
        "from a file",
        True,
        7,
        ["a", "b", "c"],
    )
    assert (env.text("Z", "z"), env.flag("Z", True), env.number("Z", 3), env.words("Z")) == ("z", True, 3, [])


@pytest.mark.parametrize(("read", "value"), [(env.flag, "maybe"), (lambda name: env.number(name, 1), "seven")])
def test_an_odd_value_stops_the_start(monkeypatch, read, value):
    monkeypatch.setenv("ODD", value)
    with pytest.raises(SystemExit, match="ODD"):
        read("ODD")


def test_a_missing_value_stops_the_start():
    with pytest.raises(SystemExit, match="MISSING"):
        env.text("MISSING")

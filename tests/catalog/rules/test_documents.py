"""YAML is read as Helm reads it, without its traps."""

from __future__ import annotations

import pytest

from catalog.rules.documents import load
from catalog.rules.faults import ArchiveRefused

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)
)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 1\nb: 1.5\nc: yes\nd: null\ne: 'x'", {"a": 1, "b": 1.5, "c": True, "d": None, "e": "x"}),
        ("at: 2026-01-02\ntime: 12:30\noctal: 0777", {"at": "2026-01-02", "time": "12:30", "octal": 511}),
        (
            "base: &b {x: 1}\nuse: *b\nmerged: {<<: *b, y: 2}",
            {"base": {"x": 1}, "use": {"x": 1}, "merged": {"x": 1, "y": 2}},
        ),
        ("2: a\ntrue: b", {"2": "a", "true": "b"}),
        ("v: 1e3\nw: 08", {"v": 1000.0, "w": "08"}),
        ("", None),
    ],
)
def test_plain_yaml_gives_its_data(text, data):
    assert load(text) == data


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "yaml.unsafe"),
        ("a: &a [*a]", "yaml.unsafe"),
        ("a: 1\na: 2", "yaml.unsafe"),
        ("[" * 60 + "]" * 60, "yaml.unsafe"),
        ("[" * 5000 + "]" * 5000, "yaml.unsafe"),
        ("!!python/object/apply:os.system [id]", "yaml.invalid"),
        ("a: 1\n---\nb: 2", "yaml.invalid"),
        ("a: [", "yaml.invalid"),
        ("a: .nan", "yaml.invalid"),
        ('a: "\\0"', "yaml.invalid"),
        (b"a: \xff", "yaml.invalid"),
        ("a: " + "9" * 5000, "yaml.invalid"),
        ("x" * (5 * 1024 * 1024 + 1), "yaml.unsafe"),
    ],
    ids=lambda value: str(value[:20]),
)
def test_yaml_with_a_trap_is_refused(text, code):
    with pytest.raises(ArchiveRefused) as refused:
        load(text)
    assert refused.value.code == code

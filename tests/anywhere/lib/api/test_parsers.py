"""JSON that has one meaning is taken, all else is refused."""

from __future__ import annotations

import io
import time

import pytest

from anywhere.lib.api.parsers import BadJson, StrictJSONParser, loads


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": {"b": 1, "b": 2}}', "twice"),
        ('{"a": NaN}', "NaN"),
        ('{"a": Infinity}', "Infinity"),
        ('{"a": 1e999}', "too large"),
        ('{"a": ' + "9" * 5000 + "}", "too large"),
        ("[" * 33 + "]" * 33, "32 levels"),
        ("[" * 100_000, "32 levels"),
        ('{"a":' * 40 + "1" + "}" * 40, "32 levels"),
        ('"\\ud800"', "cannot be kept"),
        ('{"\\u0000": 1}', "cannot be kept"),
        ("{", "line 1"),
        ("'a'", "line 1"),
    ],
)
def test_json_with_two_meanings_or_none_is_refused(text, says):
    with pytest.raises(BadJson, match=says):
        loads(text)


def test_plain_json_is_taken_up_to_32_levels():
    assert loads('{"a": [1, 2.5, null, true, "ä😀"]}') == {"a": [1, 2.5, None, True, "ä😀"]}
    assert loads("[" * 32 + "]" * 32)


def test_a_large_flat_document_is_read_quickly():
    text = '{"a": [' + ",".join(['"x"'] * 300_000) + "]}"
    started = time.monotonic()
    assert len(loads(text)["a"]) == 300_000
    assert time.monotonic() - started < 3


def test_an_empty_body_is_an_empty_object_and_other_encodings_are_refused():
    parser = StrictJSONParser()
    assert parser.parse(io.BytesIO(b" \n")) == {}
    with pytest.raises(BadJson, match="UTF-8"):
        parser.parse(io.BytesIO('{"a": "é"}'.encode("latin-1")))

"""Secrets and control characters leave every text before it is kept or shown."""

from __future__ import annotations

import json
import logging

import pytest

from anywhere.lib import redact
from anywhere.lib.logs import JsonFormatter, RedactFilter

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIcanary\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer canary.canary-canary",
        "token eyJhbGciOiJSUzI1NiIs.eyJjYW5hcnkiOjF9canary.canary",
        f"key: {PEM}",
        'password: "canary"',
        "--set auth.password=canary",
        "API_KEY=canary",
        "postgres://app:canary@host/db",
        "client_secret: canary",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text):
    assert "canary" not in redact.text(text)
    assert redact.MASK in redact.text(text)


def test_known_secrets_are_taken_out_wherever_they_stand():
    assert (
        redact.text("x=s3cr3t-and-more y=s3cr3t", ["s3cr3t", "s3cr3t-and-more"]) == f"x={redact.MASK} y={redact.MASK}"
    )


def test_a_very_short_secret_does_not_mask_everything():
    assert redact.text("a cat sat", ["a"]) == "a cat sat"


@pytest.mark.parametrize("shown", [r"pa ss\"word/1", "pa%20ss%22word%2F1", "cGEgc3Mid29yZC8x"])
def test_a_secret_is_taken_out_however_it_is_written(shown):
    assert redact.text(f"data: {shown}.", ['pa ss"word/1']) == f"data: {redact.MASK}."


def test_colours_of_a_terminal_are_taken_out_whole():
    assert redact.text("\x1b[31mred\x1b[0m") == " red "


@pytest.mark.parametrize("control", ["\x00", "\x1b", "\r", "\x7f", "\u202e", "\u2066", "\u200b", "\ud800"])
def test_control_characters_are_taken_out(control):
    assert control not in redact.text(f"a{control}b")


def test_long_text_is_cut():
    assert len(redact.text("x" * 20_000)) == 8192


def test_nested_data_is_redacted():
    found = redact.data({"a": ["Bearer canarycanary", {"b": "canary-1"}], "n": 1}, ["canary-1"])
    assert found == {"a": [f"Bearer {redact.MASK}", {"b": redact.MASK}], "n": 1}


def log(message, *args, **extra):
    record = logging.LogRecord("x", logging.INFO, "f", 1, message, args, None)
    record.__dict__.update(extra)
    RedactFilter().filter(record)
    return JsonFormatter().format(record)


def test_a_log_line_is_one_json_object_whatever_is_in_it():
    line = log('a\r\n{"forged": true}\x1b[31m %s', "password=canary", user="x\ny")
    assert "\n" not in line
    assert "canary" not in line
    assert json.loads(line)["user"] == "x\ny"

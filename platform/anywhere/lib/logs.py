"""Logs: one JSON object a line, control characters escaped, secrets taken out."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from anywhere.lib import redact

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName"}


class RedactFilter(logging.Filter):
    """Lets every record pass, with its text redacted."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Give True; the record's message has lost what looks like a secret."""
        record.msg = redact.text(record.getMessage())
        record.args = ()
        return True


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= {key: redact.data(value) for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = redact.text(self.formatException(record.exc_info), limit=6000)
        return json.dumps(line, default=str, ensure_ascii=False)

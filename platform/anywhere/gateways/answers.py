"""Reading an API server's answer: its JSON, or the error it stands for, in the server's own words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from anywhere.gateways.errors import (
    BadResponse,
    Conflict,
    Forbidden,
    GatewayError,
    Invalid,
    NotFound,
    QuotaExceeded,
    Throttled,
    TimedOut,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from anywhere.gateways.transport import SAFE, Answer
from anywhere.lib import redact

MAX_WORDS = 1000


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def decode(body: bytes) -> Any:
    """Give the JSON data of a body; BadResponse for anything that is not strict JSON."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise BadResponse(f"The server's answer is not JSON: {_glimpse(body)}") from exc


def words(answer: Answer) -> tuple[str, str]:
    """Give (reason, message) of a refusal: the server's Status where there is one."""
    try:
        status = json.loads(answer.body)
    except (ValueError, RecursionError):
        status = None
    if isinstance(status, Mapping) and status.get("kind") == "Status":
        return str(status.get("reason") or ""), redact.text(str(status.get("message") or ""), limit=MAX_WORDS)
    return "", f"HTTP {answer.status}. {_glimpse(answer.body)}".strip()


def _glimpse(body: bytes) -> str:
    text = redact.text(body[:200].decode("utf-8", "replace"), limit=200).strip()
    return "an HTML page" if text.lower().startswith(("<!doctype", "<html")) else text


def error_of(answer: Answer, method: str) -> GatewayError:
    """Give the error an answer of status 300 and more stands for."""
    reason, message = words(answer)
    status = answer.status
    writing = method not in SAFE
    if 300 <= status < 400:
        return BadResponse("The server sends the portal elsewhere, which is not followed.", code="cluster.redirected")
    if status in (400, 422):
        return _invalid(message)
    if status == 403:
        return _forbidden(message)
    if status == 409:
        there = reason == "AlreadyExists"
        return Conflict(message, code="cluster.already_exists" if there else None, retryable=not there)
    if status == 410:
        return GatewayError(message, code="cluster.gone", retryable=True)
    simple: dict[int, type[GatewayError]] = {401: Unauthorized, 404: NotFound, 413: TooLarge, 429: Throttled}
    if status in simple:
        return simple[status](message)
    if status == 504 or reason == "Timeout":
        return TimedOut(message, outcome_unknown=writing)
    if status in (502, 503):
        return Unreachable(message, outcome_unknown=writing and status == 502)
    if status >= 500:
        return GatewayError(message, code="cluster.internal_error", retryable=True, outcome_unknown=writing)
    return BadResponse(message)


def _invalid(message: str) -> GatewayError:
    if "admission webhook" in message or "denied the request" in message:
        return Invalid(message, code="cluster.admission_refused")
    return Invalid(message)


def _forbidden(message: str) -> GatewayError:
    if "exceeded quota" in message:
        return QuotaExceeded(message)
    if "violates PodSecurity" in message:
        return Invalid(message, code="cluster.pod_security")
    if "is being terminated" in message:
        return Conflict(message, code="cluster.namespace_terminating")
    if "denied the request" in message or "maximum" in message and "limit" in message:
        return Invalid(message, code="cluster.admission_refused")
    return Forbidden(message)


def check_status(data: Any, method: str) -> Any:
    """Give the data of a 2xx answer, or raise what a Status of failure inside it says."""
    if isinstance(data, Mapping) and data.get("kind") == "Status" and data.get("status") == "Failure":
        code = data.get("code")
        raise error_of(
            Answer(code if isinstance(code, int) and code >= 400 else 500, {}, json.dumps(data).encode()), method
        )
    return data

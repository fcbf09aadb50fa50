"""Asks the portal whether it is ready."""

from __future__ import annotations

import http.client
import json


def missing_for_ready(port: int, host: str = "127.0.0.1", timeout: float = 3.0) -> list[str]:
    """Give what is missing until the portal is ready, in words; an empty list means ready."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", "/readyz", headers={"Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read(65_536)
    except (OSError, http.client.HTTPException):
        return ["the portal does not answer yet"]
    finally:
        connection.close()
    if answer.status == 200:
        return []
    try:
        checks = json.loads(body).get("checks", {})
        return [f"{name}: {check.get('detail', '')}" for name, check in checks.items() if not check.get("ok")]
    except (ValueError, AttributeError):
        return [f"/readyz answers {answer.status}"]

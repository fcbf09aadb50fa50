"""What the portal asks of the practice clusters: make, configure, fill and delete them."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 30.0


class PracticeError(Exception):
    """The practice server refused or did not answer; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class PracticeCluster:
    """A practice cluster and the kubeconfig of its administrator."""

    id: str
    server: str
    kubeconfig: dict[str, Any]


def is_ready(home: Path) -> bool:
    """Whether the practice server answers."""
    try:
        _, url, context = _door(home)
        with urllib.request.urlopen(f"{url}/healthz", timeout=2, context=context) as answer:
            return answer.status == 200
    except (PracticeError, OSError):
        return False


def create_cluster(home: Path, **settings: Any) -> PracticeCluster:
    """A new practice cluster; its token is told this once."""
    made = _call(home, "POST", "/clusters", {"settings": settings} if settings else {})
    return PracticeCluster(made["id"], made["server"], made["kubeconfig"])


def server(home: Path, cluster_id: str) -> str:
    """The address of a practice cluster as the running server has it (its port may have changed since it was made)."""
    _, url, _ = _door(home)
    return f"{url}/clusters/{cluster_id}"


def list_clusters(home: Path) -> list[dict[str, Any]]:
    """Id, moment of creation and settings of every practice cluster."""
    return _call(home, "GET", "/clusters")["items"]


def delete_cluster(home: Path, cluster_id: str) -> None:
    """Delete a practice cluster with all it holds; one that is not there is no error."""
    try:
        _call(home, "DELETE", f"/clusters/{cluster_id}")
    except PracticeError as refusal:
        if refusal.code != "practice.not_found":
            raise


def settings(home: Path, cluster_id: str) -> dict[str, Any]:
    """How a practice cluster behaves."""
    return _call(home, "GET", f"/clusters/{cluster_id}/_practice")


def configure(home: Path, cluster_id: str, **values: Any) -> dict[str, Any]:
    """Change how a practice cluster behaves, and what it does wrong; returns all settings."""
    return _call(home, "PUT", f"/clusters/{cluster_id}/_practice", values)


def seed(home: Path, cluster_id: str, releases: int, **values: int) -> dict[str, Any]:
    """Fill a practice cluster with ready-made releases; returns what was made."""
    return _call(home, "POST", f"/clusters/{cluster_id}/_practice/seed", {"releases": releases, **values})


def requests(home: Path, cluster_id: str, clear: bool = False) -> dict[str, Any]:
    """Requests and bytes of every client; with `clear` the count starts again after this."""
    counted = _call(home, "GET", f"/clusters/{cluster_id}/_practice/requests")
    if clear:
        _call(home, "DELETE", f"/clusters/{cluster_id}/_practice/requests")
    return counted


def _door(home: Path) -> tuple[str, str, ssl.SSLContext]:
    folder = home / "practice"
    try:
        url = json.loads((folder / "server.json").read_text())["url"]
        token = (folder / "admin-token").read_text().strip()
        context = ssl.create_default_context(cadata=(folder / "ca.crt").read_text())
    except (OSError, ValueError, KeyError) as exc:
        raise PracticeError("practice.not_running", "The practice server has not been started.") from exc
    return token, url, context


def _call(home: Path, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    token, url, context = _door(home)
    request = urllib.request.Request(
        url + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as exc:
        raise _refused(exc) from exc
    except OSError as exc:
        raise PracticeError("practice.unreachable", "The practice server does not answer.") from exc


def _refused(exc: urllib.error.HTTPError) -> PracticeError:
    try:
        detail = json.load(exc).get("message", "")
    except ValueError:
        detail = ""
    codes = {400: "practice.invalid", 401: "practice.unauthorized", 404: "practice.not_found"}
    return PracticeError(codes.get(exc.code, "practice.refused"), detail or f"The practice server answered {exc.code}.")

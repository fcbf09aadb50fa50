"""Images: their full names, which of them fail, and what their containers print."""

from __future__ import annotations

import re

from anywhere.practice.kinds import Obj

_EXIT = re.compile(r"(?:^|[;&|]\s*|\s)exit\s+(\d+)\s*$")


def full_name(image: str) -> str:
    """An image's name with registry and tag, as the runtime writes it."""
    first = image.split("/", 1)[0]
    if "/" not in image:
        image = f"docker.io/library/{image}"
    elif not ("." in first or ":" in first or first == "localhost"):
        image = f"docker.io/{image}"
    last = image.rsplit("/", 1)[-1]
    return image if ":" in last or "@" in last else f"{image}:latest"


def _parts(image: str) -> tuple[str, str]:
    repository, _, tag = full_name(image).rpartition(":")
    return repository, tag


def is_missing(image: str) -> bool:
    """Whether an image is one that no registry has."""
    repository, tag = _parts(image)
    return "missing" in tag or "does-not-exist" in repository


def crashes(image: str) -> bool:
    """Whether an image's server ends with an error soon after its start."""
    return "crash" in _parts(image)[1]


def pull_error(image: str) -> str:
    """The runtime's words for an image that is not there."""
    name = full_name(image)
    return (
        f'Failed to pull image "{image}": rpc error: code = NotFound desc = failed to pull and unpack image '
        f'"{name}": failed to resolve image: {name}: not found'
    )


def exit_code(container: Obj) -> int:
    """The code a container that runs to its end ends with: the last `exit N` of its command, 1 for `false`."""
    words = [str(w) for w in [*(container.get("command") or []), *(container.get("args") or [])]]
    if words and words[-1].strip() == "false":
        return 1
    found = _EXIT.search(words[-1].strip()) if words else None
    return int(found[1]) if found else 0


_LINES: dict[str, tuple[str, ...]] = {
    "postgres": (
        "LOG:  starting PostgreSQL on x86_64-pc-linux-gnu, 64-bit",
        'LOG:  listening on IPv4 address "0.0.0.0", port 5432',
        "LOG:  database system was shut down at start",
        "LOG:  database system is ready to accept connections",
    ),
    "valkey": (
        "# oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo",
        "* Configuration loaded",
        "* Server initialized",
        "* Ready to accept connections tcp",
    ),
    "redis": (
        "# oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
        "* Server initialized",
        "* Ready to accept connections tcp",
    ),
    "kafka": (
        "INFO Registered kafka:type=kafka.Log4jController MBean",
        "INFO Formatting metadata directory",
        "INFO [KafkaRaftServer nodeId=0] Kafka Server started (kafka.server.KafkaRaftServer)",
    ),
    "nginx": (
        '[notice] 1#1: using the "epoll" event method',
        "[notice] 1#1: start worker processes",
        "[notice] 1#1: start worker process 29",
    ),
}
_PLAIN = ("starting", "configuration loaded", "ready")
_BROKEN = (
    "starting",
    "configuration loaded",
    "ERROR could not open the data directory: Permission denied",
    "exiting with code 1",
)


def log_lines(image: str, broken: bool, ended: bool) -> tuple[str, ...]:
    """What a container of an image prints."""
    if broken:
        return _BROKEN
    if ended:
        return ("starting", "done")
    return next((lines for word, lines in _LINES.items() if word in _parts(image)[0].rsplit("/", 1)[-1]), _PLAIN)

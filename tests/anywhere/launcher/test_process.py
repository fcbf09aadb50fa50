"""The processes as containers run them, and docker-compose.yml that runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from anywhere.launcher.places import ROOT, Home
from anywhere.launcher.process import command_of, main, make_key_files

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = {
    name: service
    for name, service in COMPOSE["services"].items()
    if "ANYWHERE_WEB_URL" in service.get("environment", {})
}


@pytest.mark.parametrize("name", ["web", "events", "worker", "beat", "watcher", "practice"])
def test_each_process_has_a_command(name: str) -> None:
    assert command_of([name], {}) is not None


@pytest.mark.parametrize("arguments", [[], ["wep"], ["web", "events"], ["prepare", "--key"]])
def test_an_unknown_process_is_refused_with_the_names(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "web|events|worker" in capsys.readouterr().err


def test_in_a_container_the_servers_listen_for_others() -> None:
    for name in ("web", "events"):
        command = command_of([name], {}) or []
        assert command[command.index("--host") + 1] == "0.0.0.0"
        assert command[command.index("--port") + 1] == "8000"


def test_keys_are_made_once_as_private_files(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    make_key_files(home)
    files = sorted((tmp_path / "keys").iterdir())
    before = [file.read_text() for file in files]
    make_key_files(home)
    assert [file.read_text() for file in files] == before
    assert [file.name for file in files] == ["field-keys", "secret-key"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)


def test_compose_runs_every_process_and_what_they_need() -> None:
    assert set(COMPOSE["services"]) == set(OURS) | {"postgres", "valkey", "k3s"}
    assert set(OURS) == {"prepare", "web", "events", "worker", "beat", "watcher", "practice"}
    for name, service in OURS.items():
        assert service["command"][0] == name
        assert command_of(service["command"], {}) is not None


def test_compose_opens_one_port_on_the_loopback_interface_alone() -> None:
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:${ANYWHERE_PORT:-8000}:8000"]


def test_compose_gives_our_processes_no_rights() -> None:
    for service in OURS.values():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
        assert not service.get("privileged")


def test_compose_starts_the_processes_after_the_database_is_up_to_date() -> None:
    for name in set(OURS) - {"prepare"}:
        assert OURS[name]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}


def test_every_volume_of_compose_is_declared() -> None:
    named = {mount.split(":")[0] for service in COMPOSE["services"].values() for mount in service.get("volumes", [])}
    assert named == set(COMPOSE["volumes"])

"""What a person may set, and what is kept between runs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from anywhere.launcher.errors import CannotStart
from anywhere.launcher.keys import load_keys
from anywhere.launcher.options import DEFAULT_EMAIL, read_options
from anywhere.launcher.places import ROOT, Home
from anywhere.launcher.preparation import fingerprint, is_prepared
from anywhere.launcher.program import MARK
from anywhere.launcher.programs import application_programs, shared_environment
from anywhere.launcher.run import check_ports, only_one

PROGRAMS = {"PATH": os.environ["PATH"]}  # Helm may be one of the machine's own


def test_without_any_setting_it_runs_at_port_8000_from_the_checkout() -> None:
    options = read_options({})
    assert (options.address, options.home) == ("http://127.0.0.1:8000", ROOT / ".anywhere")
    assert options.admin_email == DEFAULT_EMAIL


@pytest.mark.parametrize("port", ["eighty", "0", "65535", "-1", "80 "])
def test_an_odd_port_is_refused_in_words(port: str) -> None:
    with pytest.raises(CannotStart, match="ANYWHERE_PORT is"):
        read_options({"ANYWHERE_PORT": port})


def test_a_short_password_is_refused() -> None:
    with pytest.raises(CannotStart, match="shorter than 10"):
        read_options({"ANYWHERE_ADMIN_PASSWORD": "short"})


def test_secrets_are_made_once_and_are_private(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    first = load_keys(home)
    assert load_keys(home) == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert len({first.secret_key, first.database_password, first.redis_password}) == 3


def test_a_second_run_from_the_same_home_is_refused(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    with only_one(home), pytest.raises(CannotStart, match="it runs already"), only_one(home):
        pass


def test_a_taken_port_names_the_port_and_a_way_out() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart) as refused:
            check_ports(read_options({"ANYWHERE_PORT": str(min(port, 65532))}))
    assert "ANYWHERE_PORT=" in refused.value.do


def test_the_environment_of_the_processes_holds_no_administrators_password(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    given = {"ANYWHERE_ADMIN_PASSWORD": "correct horse battery", **PROGRAMS, "ANYWHERE_LOG_LEVEL": "DEBUG"}
    environment = shared_environment(read_options(given), home, load_keys(home), "postgresql://x", "redis://y", given)
    assert "correct horse battery" not in environment.values()
    assert environment["ANYWHERE_LOG_LEVEL"] == "DEBUG"
    assert environment[MARK] == str(home.path)
    assert environment["PATH"].startswith(str(home.bin))


def test_no_secret_is_an_argument_of_a_process(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    keys = load_keys(home)
    environment = shared_environment(read_options({}), home, keys, "postgresql://:pw@x", "redis://:pw@y", PROGRAMS)
    programs = application_programs(read_options({}), home, environment)
    assert {program.name for program in programs} == {"web", "events", "worker", "beat", "watcher", "practice"}
    arguments = " ".join(part for program in programs for part in program.command)
    assert not [secret for secret in vars(keys).values() if secret in arguments] and ":pw@" not in arguments


def test_the_preparation_is_due_again_when_a_chart_or_the_administrator_changes(tmp_path: Path) -> None:
    root = tmp_path / "root"
    chart = root / "helm-charts" / "valkey" / "Chart.yaml"
    chart.parent.mkdir(parents=True)
    chart.write_text("version: 1.0.0\n")
    before = fingerprint(read_options({}), "key", root)
    assert fingerprint(read_options({}), "key", root) == before
    assert fingerprint(read_options({"ANYWHERE_ADMIN_EMAIL": "a@b.example"}), "key", root) != before
    chart.write_text("version: 1.0.1\n")
    assert fingerprint(read_options({}), "key", root) != before


def test_only_the_same_preparation_counts_as_done(tmp_path: Path) -> None:
    home = Home.of(tmp_path)
    home.write_json("state.json", {"prepared": "abc"})
    assert is_prepared(home, "abc") and not is_prepared(home, "abd")

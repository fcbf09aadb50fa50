"""The start of a Cassandra node: whom it asks for the ring, and in which rack it is."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.chart import ROOT, Chart, of_kind

SCRIPT = ROOT / "cassandra/files/start.sh"
FOLDERS = ("/settings", "/etc/cassandra", "/var/lib/cassandra")


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Starts a node in folders of its own, with a server that only ends; gives what its files say."""
    script = SCRIPT.read_text()
    for folder in FOLDERS:
        (tmp_path / folder[1:]).mkdir(parents=True)
        script = script.replace(folder, f"{tmp_path}{folder}")
    (tmp_path / "settings/cassandra.yaml").write_text("cluster_name: rows\n")
    (tmp_path / "settings/logback.xml").write_text("")
    (tmp_path / "cassandra").write_text("#!/bin/bash\n")
    (tmp_path / "cassandra").chmod(0o755)
    data = tmp_path / "var/lib/cassandra"

    def run(ordinal: int, joined: bool, racks: int = 1, zone: str = "") -> dict[str, str]:
        if joined:
            (data / "joined").touch()
        else:  # where there is a ring is asked of the others: here it is known
            assert "[ -e $data/joined ] || enter" in script.replace(str(tmp_path), "")
        text = script if joined else script.replace("[ -e $data/joined ] || enter", ":")
        environment = {
            "PATH": f"{tmp_path}:/usr/bin:/bin", "HOSTNAME": f"rows-{ordinal}", "DOMAIN": "rows-headless",
            "RACKS": str(racks), "ZONE": zone, "DATACENTER": "here", "POD_IP": "192.0.2.9",
            "CASSANDRA_CONF": f"{tmp_path}/conf", "CASSANDRA_LOG_DIR": f"{tmp_path}/logs",
        }  # fmt: skip
        answer = subprocess.run(
            ["bash", "-c", text], env=environment, capture_output=True, text=True, timeout=20, check=False
        )
        if answer.returncode:
            return {"refused": answer.stderr}
        return {file.name: file.read_text() for file in (tmp_path / "conf").iterdir()}

    return run


@pytest.mark.parametrize(
    ("ordinal", "joined", "seeds"),
    [
        (0, True, "rows-0.rows-headless,rows-1.rows-headless,rows-2.rows-headless"),
        (5, True, "rows-0.rows-headless,rows-1.rows-headless,rows-2.rows-headless"),
        (5, False, "rows-0.rows-headless,rows-1.rows-headless,rows-2.rows-headless"),
        (1, False, "rows-0.rows-headless,rows-2.rows-headless"),  # a seed would join without its data
    ],
)
def test_the_first_three_nodes_are_the_seeds(start: Callable, ordinal: int, joined: bool, seeds: str) -> None:
    assert f'seeds: "{seeds}"' in start(ordinal, joined)["cassandra.yaml"]


def test_a_zone_is_a_rack_and_a_node_keeps_the_one_it_had(start: Callable) -> None:
    assert "rack=rack1" in start(0, True, zone="east")["cassandra-rackdc.properties"]
    assert "1.35" in start(0, True, racks=3)["refused"]
    assert "rack=east" in start(0, True, racks=3, zone="east")["cassandra-rackdc.properties"]
    assert "rack=east" in start(0, True, racks=3, zone="west")["cassandra-rackdc.properties"]


def test_nodes_that_stay_forget_what_a_new_one_took(packed: Callable[[str], Chart]) -> None:
    (entry,) = packed("cassandra").package["scaling"]
    [cleanup] = [step for step in entry["afterOut"] if "cleanup" in " ".join(step["command"])]
    assert cleanup["pods"] == "staying"


def test_a_node_drains_before_it_stops(packed: Callable[[str], Chart]) -> None:
    [item] = of_kind(packed("cassandra").rendered["standard.yaml"], "StatefulSet")
    server = item["spec"]["template"]["spec"]["containers"][0]
    assert server["lifecycle"]["preStop"]["exec"]["command"] == ["nodetool", "drain"]

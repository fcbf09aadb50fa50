"""What a ring of three Cassandra nodes survives, and what a client that writes with LOCAL_QUORUM is told meanwhile.

The tests of this file follow each other on one release, in the standard plan shrunk by values. It takes half an hour.
"""

import time
from collections.abc import Callable, Iterator

import pytest
import yaml

from tests.cluster.charts.cassandra_client import CHEAP, Writer, connected, numbers, states
from tests.cluster.charts.ledger import Ledger, Report, found_again
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
RING = {**CHEAP, "replicas": 3, "racks": 3}
FOUR = {**RING, "replicas": 4}
GOAL_PAUSE = 10
SECONDS = 1800


@pytest.fixture(scope="module")
def ring(release: Callable[[str, str], Release]) -> Release:
    """Three nodes of the earlier version, each zone a rack."""
    made = release("ring", "cassandra")
    made.bring_up({**RING, "serverVersion": "5.0.8"}, plan="standard", seconds=SECONDS)
    return made


@pytest.fixture
def ledger(ring: Release) -> Iterator[Ledger]:
    """A writer that begins above everything that is in the table."""
    with connected(ring) as session:
        writer = Writer(session)
        yield Ledger(write=writer, first=max(numbers(session), default=-1) + 1, keyed=True)


def check(ring: Release, ledger: Ledger, what: str, seconds: float | None = None) -> Report:
    """The report of a ledger: none lost, and no pause longer than the goal."""
    with connected(ring) as session:
        found = [number for number in numbers(session) if number >= ledger.first]
    report = ledger.report(f"cassandra, 3 nodes: {what}", found, seconds)
    assert report.lost == 0
    assert report.longest_pause <= GOAL_PAUSE
    return report


def procedure(release: Release, name: str) -> None:
    """Runs a procedure of package.yaml on every node, as the portal does."""
    package = yaml.safe_load((release.chart / "package.yaml").read_text())
    steps = next(entry["steps"] for entry in package["procedures"] if entry["name"] == name)
    for step in steps:
        assert step["pods"] == "each"
        for pod in release.pods():
            release.execute(pod.metadata.name, *step["command"], container=step["container"])


def all_up(release: Release, nodes: int) -> bool:
    """Whether the ring has so many nodes, and all are up and normal."""
    return [state for state, _ in states(release).values()] == ["UN"] * nodes


def test_each_zone_is_a_rack_and_knows_all_roles(ring: Release) -> None:
    zones = {pod.status.pod_ip: pod.metadata.labels["topology.kubernetes.io/zone"] for pod in ring.pods()}
    assert states(ring) == {address: ("UN", zone) for address, zone in zones.items()}
    assert len(set(zones.values())) == 3
    for address in zones:
        with connected(ring, only=address, username="admin", password=ring.secret("auth")["admin-password"]) as admin:
            roles = {
                row.role: (row.is_superuser, row.can_login) for row in admin.execute("SELECT * FROM system_auth.roles")
            }
            copies = {
                row.keyspace_name: row.replication.get("dc1")
                for row in admin.execute("SELECT keyspace_name, replication FROM system_schema.keyspaces")
            }
        assert roles == {"admin": (True, True), "app": (False, True), "cassandra": (False, False)}
        assert copies["system_auth"] == copies["app"] == "3"


def test_a_new_version_rolls_through_while_a_client_writes(ring: Release, ledger: Ledger) -> None:
    with ledger.running():
        seconds = ring.bring_up(RING, plan="standard", seconds=SECONDS)
    check(ring, ledger, "rolling upgrade 5.0.8 to 5.0.9", seconds)
    assert {ring.execute(f"ring-{n}", "nodetool", "version") for n in range(3)} == {"ReleaseVersion: 5.0.9\n"}
    answer = ring.apply({**RING, "serverVersion": "5.0.9", "racks": 1}, plan="standard")
    assert answer.returncode != 0 and "racks was 3 when the data were made" in answer.stderr


def test_a_node_is_killed_while_a_client_writes(ring: Release, ledger: Ledger) -> None:
    with ledger.running():
        seconds = ring.delete_pod(1, grace=0, seconds=SECONDS)
    check(ring, ledger, "a node killed", seconds)


@pytest.mark.parametrize("number", [1, 0])
def test_a_node_that_lost_its_disk_takes_its_own_place_while_a_client_writes(
    ring: Release, ledger: Ledger, number: int
) -> None:
    with ledger.running():
        ring.api.delete_namespaced_persistent_volume_claim(f"data-ring-{number}", ring.namespace)
        seconds = ring.delete_pod(number, grace=0, seconds=SECONDS)
    check(ring, ledger, f"node {number} lost its disk", seconds)
    assert "taking the place of the node that was at" in ring.log(number)
    eventually(lambda: all_up(ring, 3), "three nodes, none of them down", 300)
    with connected(ring) as session:
        everything = set(numbers(session))
    with connected(ring, only=ring.pods()[number].status.pod_ip) as session:
        assert set(numbers(session)) == everything, "the new disk has all rows"


def test_a_fourth_node_joins_while_a_client_writes(ring: Release, ledger: Ledger) -> None:
    with ledger.running():
        began = time.monotonic()
        ring.bring_up(FOUR, plan="standard", seconds=SECONDS)
        ring.steps("afterOut", 3, 4)
        seconds = time.monotonic() - began
    check(ring, ledger, "scale out to 4, with the data that move", seconds)
    assert all_up(ring, 4)


def test_the_fourth_node_leaves_while_a_client_writes(ring: Release, ledger: Ledger) -> None:
    answer = ring.apply(RING, plan="standard")
    assert answer.returncode != 0 and "cannot go down to 3 like this" in answer.stderr
    with ledger.running():
        began = time.monotonic()
        ring.steps("beforeIn", 4, 3)
        assert ring.steps("beforeIn", 4, 3) is not None, "the steps can be repeated"
        ring.bring_up({**RING, "scaleIn": {"confirmed": True}}, plan="standard", seconds=SECONDS)
        eventually(lambda: len(ring.pods()) == 3, "the pod is gone", 300)
        seconds = time.monotonic() - began
        ring.api.delete_namespaced_persistent_volume_claim("data-ring-3", ring.namespace)
    check(ring, ledger, "scale in to 3, with the data that move", seconds)
    assert all_up(ring, 3)


def test_fewer_nodes_than_copies_are_refused_by_the_chart_and_by_the_node(ring: Release) -> None:
    answer = ring.apply({**FOUR, "replicas": 2, "racks": 1, "scaleIn": {"confirmed": True}}, plan="standard")
    assert answer.returncode != 0
    with pytest.raises(AssertionError, match="has 3 copies, and 2 nodes cannot hold them"):
        ring.execute("ring-2", "bash", "/settings/ring.sh", "leave", "2")
    assert all_up(ring, 3)


def test_a_snapshot_brings_back_the_rows_of_a_table_that_was_truncated(ring: Release) -> None:
    procedure(ring, "repair")
    with connected(ring) as session:
        session.execute("CREATE TABLE word (id int PRIMARY KEY, text text)")
        for number in range(50):
            session.execute("INSERT INTO word (id, text) VALUES (%s, 'kept')", (number,))
        procedure(ring, "backup")
        session.execute("TRUNCATE word", timeout=60)
        assert not list(session.execute("SELECT * FROM word"))
        procedure(ring, "restore")
        assert {row.id for row in session.execute("SELECT id FROM word")} == set(range(50))


def test_installed_again_the_ring_has_its_data_and_its_passwords(ring: Release) -> None:
    with connected(ring) as session:
        before = set(numbers(session))
    password = ring.binding()["password"]
    ring.uninstall()
    assert ring.claims() == {"data-ring-0", "data-ring-1", "data-ring-2"}
    seconds = ring.bring_up(RING, plan="standard", seconds=SECONDS)
    assert ring.binding()["password"] == password
    assert "Cassandra keeps what is written to it." in ring.test()
    with connected(ring) as session:
        report = found_again("cassandra, 3 nodes: installed again", before, numbers(session), seconds, keyed=True)
    assert report.lost == 0

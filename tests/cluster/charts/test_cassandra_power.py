"""A ring of three Cassandra nodes of which one loses power while a client writes, and comes back.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a machine and brings it back: TOOL node off|on NAME.
"""

import time
from collections.abc import Callable

import pytest

from tests.cluster.charts.cassandra_client import CHEAP, Writer, connected, numbers, states
from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_no_acknowledged_write_is_lost_when_a_machine_loses_power(
    release: Callable[[str, str], Release], power: Callable[[str, str], None]
) -> None:
    ring = release("power", "cassandra")
    ring.bring_up({**CHEAP, "replicas": 3, "racks": 3}, plan="standard", seconds=1200)
    node = ring.pods()[2].spec.node_name
    with connected(ring) as session:
        ledger = Ledger(write=Writer(session), keyed=True)
        with ledger.running():
            power("off", node)
            try:
                ledger.wait_for(500, 300)
            finally:
                power("on", node)
            started = time.monotonic()
            eventually(lambda: [state for state, _ in states(ring).values()] == ["UN"] * 3, "all nodes are up", 600)
            ring.wait_for_all(600)
            seconds = time.monotonic() - started
    with connected(ring) as session:
        report = ledger.report("cassandra, 3 nodes: a machine without power, then back", numbers(session), seconds)
    assert report.lost == 0 and report.longest_pause <= 10

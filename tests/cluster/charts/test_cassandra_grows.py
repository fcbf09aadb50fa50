"""One Cassandra node that becomes three, one at a time, while a client writes. Minutes, not seconds."""

from collections.abc import Callable

import pytest

from tests.cluster.charts.cassandra_client import CHEAP, Writer, connected, numbers, states
from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.release import Release

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_one_node_becomes_three_and_each_has_every_row(release: Callable[[str, str], Release]) -> None:
    grown = release("grown", "cassandra")
    grown.bring_up(CHEAP, seconds=1800)
    with connected(grown) as session:
        ledger = Ledger(write=Writer(session), keyed=True)
        with ledger.running():
            for nodes in (2, 3):
                grown.bring_up({**CHEAP, "replicas": nodes}, seconds=1800)
                grown.steps("afterOut", nodes - 1, nodes)
    with connected(grown) as session:
        report = ledger.report("cassandra: from one node to three", numbers(session))
    assert report.lost == 0 and report.longest_pause <= 10
    assert [state for state, _ in states(grown).values()] == ["UN"] * 3
    for address in states(grown):
        with connected(grown, only=address) as session:
            assert set(ledger.acknowledged) <= set(numbers(session)), "every node has every row"

"""Three Valkey servers of which the primary's machine loses power while two clients write, and comes back.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a machine and brings it back: TOOL node off|on NAME.
"""

import contextlib
import time
from collections.abc import Callable

import pytest

from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.release import Release, eventually
from tests.cluster.charts.valkey_client import (
    THREE,
    Writer,
    by_proxy,
    by_sentinel,
    numbers,
    primary,
    roles,
    wait_for_sentinels,
)

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


def test_no_acknowledged_write_is_lost_when_the_machine_of_the_primary_loses_power(
    release: Callable[[str, str], Release], power: Callable[[str, str], None]
) -> None:
    trio = release("power", "valkey")
    trio.bring_up(THREE, plan="standard")
    wait_for_sentinels(trio)
    pod = trio.pods()[primary(trio)]
    lost = pod.spec.node_name
    other = next(each.spec.node_name for each in trio.pods() if each.spec.node_name != lost)
    clients = {"the proxy": by_proxy(trio, node=other), "the sentinels": by_sentinel(trio)}
    ledgers = {
        way: Ledger(write=Writer(store), first=offset * 1_000_000, keyed=True)
        for offset, (way, store) in enumerate(clients.items())
    }
    with contextlib.ExitStack() as stack:
        for ledger in ledgers.values():
            stack.enter_context(ledger.running())
        power("off", lost)
        try:
            for ledger in ledgers.values():
                ledger.wait_for(100, 240)
            left = [number for number, each in enumerate(trio.pods()) if each.spec.node_name != lost]
            assert sorted(roles(trio, left).values()) == ["primary", "replica"]
        finally:
            power("on", lost)
        started = time.monotonic()
        eventually(lambda: trio.ready() == 6, "all servers and sentinels are ready", 300)
        primary(trio)
        seconds = time.monotonic() - started
    reports = []
    for way, ledger in ledgers.items():
        first = ledger.first
        found = [number for number in numbers(by_proxy(trio, node=other), first) if number < first + 1_000_000]
        what = f"valkey, the primary's machine without power, then back, by {way}"
        reports.append(ledger.report(what, found, seconds))
    assert [report.lost for report in reports] == [0, 0]
    assert all(report.longest_pause <= 20 for report in reports), "\n".join(trio.log(n, "sentinel") for n in range(3))

"""A primary with replicas: what a client sees while a server dies, hands over, is upgraded, or comes and goes.

The tests of this file follow each other on one release.
"""

import time
from collections.abc import Callable

import psycopg2
import pytest

from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.postgresql_client import (
    Writer,
    numbers,
    reachable,
    roles,
    rows,
    wait_for_copies,
)
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


class Shop:
    """A release with its values, which the tests change step by step."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.values: dict = {**reachable(release), "replicas": 3, "synchronous": {"replicas": 1}}

    def change(self, **values: object) -> None:
        """Upgrades, and waits until all is as asked for."""
        self.values |= values
        self.release.bring_up(self.values)


@pytest.fixture(scope="module")
def shop(release: Callable[[str, str], Release]) -> Shop:
    """Three servers, of which two have every commit before it is acknowledged."""
    made = Shop(release("shop", "postgresql"))
    made.change()
    wait_for_copies(made.release, 2)
    return made


def primary(release: Release) -> str:
    """The one server that takes writes; nothing when there is none or more than one."""
    found = [pod for pod, role in roles(release).items() if role == "primary"]
    return found[0] if len(found) == 1 else ""


def test_replicas_answer_reads_and_refuse_writes(shop: Shop) -> None:
    release = shop.release
    rows(release, "CREATE TABLE word (text text)")
    rows(release, "INSERT INTO word VALUES ('first')")
    assert roles(release) == {"shop-0": "primary", "shop-1": "replica", "shop-2": "replica"}
    for pod in ("shop-1", "shop-2"):
        eventually(
            lambda pod=pod: rows(release, "SELECT text FROM word", pod) == [("first",)], f"{pod} has the row", 30
        )
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            rows(release, "INSERT INTO word VALUES ('second')", pod)
    read = release.api.read_namespaced_endpoints("shop-read", release.namespace).subsets
    assert len([address for part in read for address in part.addresses]) == 3


def test_a_killed_replica_is_not_missed(shop: Shop) -> None:
    ledger = Ledger(write=Writer(shop.release))
    with ledger.running():
        started = time.monotonic()
        shop.release.delete_pod(2, grace=0)
        wait_for_copies_at_last = time.monotonic() - started
    wait_for_copies(shop.release, 2)
    report = ledger.report(
        "postgresql, three servers: a replica killed", numbers(shop.release), wait_for_copies_at_last
    )
    assert report.lost == 0 and report.duplicated == 0
    assert set(numbers(shop.release, "shop-2")) >= set(ledger.acknowledged)


def test_a_killed_primary_comes_back_with_all_that_was_acknowledged(shop: Shop) -> None:
    ledger = Ledger(write=Writer(shop.release), first=100_000)
    with ledger.running():
        started = time.monotonic()
        shop.release.delete_pod(0, grace=0)
        seconds = time.monotonic() - started
    report = ledger.report("postgresql, three servers: the primary killed", _from(shop, 100_000), seconds)
    assert report.lost == 0
    wait_for_copies(shop.release, 2)


def test_a_planned_switch_over_loses_nothing_and_back_again(shop: Shop) -> None:
    for number, first in ((1, 200_000), (0, 300_000)):
        ledger = Ledger(write=Writer(shop.release), first=first)
        with ledger.running():
            started = time.monotonic()
            shop.change(primary=number)
            eventually(lambda number=number: primary(shop.release) == f"shop-{number}", "the other is the primary", 120)
            seconds = time.monotonic() - started
        report = ledger.report(f"postgresql, three servers: handed over to {number}", _from(shop, first), seconds)
        assert report.lost == 0 and report.longest_pause <= 30
        wait_for_copies(shop.release, 2)


def _from(shop: Shop, first: int) -> list[int]:
    return [number for number in numbers(shop.release) if first <= number < first + 100_000]

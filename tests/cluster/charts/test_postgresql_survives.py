"""A primary with replicas: what a client sees while a server dies, hands over, is upgraded, or comes and goes.

The tests of this file follow each other on one release.
"""

import time
from collections.abc import Callable

import psycopg2
import pytest

from tests.cluster.charts.ledger import Ledger, found_again
from tests.cluster.charts.postgresql_client import (
    CHEAP,
    Writer,
    numbers,
    promote,
    reachable,
    roles,
    rows,
    wait_for_copies,
    with_most,
)
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
MOST = 5  # servers that there are for a while


class Shop:
    """A release with its values, which the tests change step by step."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.values: dict = {
            **reachable(release),
            "serverVersion": "17.10",
            "settings": {**CHEAP["settings"], "extra": {"wal_keep_size": 16}},
            "replicas": 3,
            "synchronous": {"replicas": 1},
        }

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


def test_a_primary_whose_disk_is_lost_does_not_begin_anew_and_another_takes_its_place(shop: Shop) -> None:
    release = shop.release
    before = sorted(numbers(release))
    release.api.delete_namespaced_persistent_volume_claim("data-shop-0", release.namespace)
    release.api.delete_namespaced_pod("shop-0", release.namespace, grace_period_seconds=0)
    says = "this server is to be the primary and has no data, but shop-"
    eventually(lambda: says in release.log(0), "it does not begin a new database", 120)
    chosen = with_most(release, ["shop-1", "shop-2"])
    shop.values["primary"] = int(chosen[-1])
    answer = release.apply(shop.values)
    assert answer.returncode == 0, answer.stderr
    promote(release, chosen)
    wait_for_copies(release, 2)
    assert primary(release) == chosen and sorted(numbers(release)) == before == sorted(numbers(release, "shop-0"))
    release.wait_for_all()
    shop.change(primary=0)
    eventually(lambda: primary(release) == "shop-0", "the first is the primary again", 120)
    wait_for_copies(release, 2)


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


def test_servers_come_and_go_freely_but_not_the_primary(shop: Shop) -> None:
    ledger = Ledger(write=Writer(shop.release), first=400_000)
    with ledger.running():
        for number in (MOST, 2, 3):
            shop.change(replicas=number)
            wait_for_copies(shop.release, number - 1, behind=10**7)
    report = ledger.report("postgresql: three servers to five to two to three", _from(shop, 400_000))
    assert report.lost == 0 and report.longest_pause <= 10
    shop.change(primary=2)
    eventually(lambda: primary(shop.release) == "shop-2", "the last is the primary", 120)
    refused = shop.release.apply({**shop.values, "primary": 0, "replicas": 2})
    assert "The primary is shop-2, which 2 servers would not have" in refused.stderr
    assert "primary is 2, but 2 servers" in shop.release.apply({**shop.values, "replicas": 2}).stderr
    shop.change(primary=0)
    eventually(lambda: primary(shop.release) == "shop-0", "the first is the primary again", 120)
    wait_for_copies(shop.release, 2)


def test_a_server_that_is_not_ready_does_not_become_the_primary(shop: Shop) -> None:
    refused = shop.release.apply({**shop.values, "primary": 3, "replicas": 4})
    assert "shop-3 is not ready, so it cannot become the primary" in refused.stderr


def test_a_replica_whose_log_is_gone_copies_all_anew(shop: Shop) -> None:
    release = shop.release
    admin = {"user": "postgres", "password": release.secret("auth")["admin-password"], "dbname": "postgres"}
    stays = "SELECT 1 FROM pg_replication_slots WHERE slot_name = 'server_2' AND active"
    eventually(lambda: rows(release, stays, **admin), "the primary keeps its log for it", 180)
    shop.change(replicas=2)
    left = "SELECT 1 FROM pg_replication_slots WHERE slot_name = 'server_2' AND NOT active"
    eventually(lambda: rows(release, left, **admin), "the primary sees that it left", 90)
    # Also those of the servers that were there for a while, for ten minutes.
    rows(release, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active", **admin)
    for number in range(6):
        rows(release, f"INSERT INTO word VALUES ('more {number}')")
        rows(release, "SELECT pg_switch_wal()", **admin)
    rows(release, "CHECKPOINT", **admin)
    shop.change(replicas=3)
    wait_for_copies(release, 2, seconds=400)
    assert "copying the data of shop-0" in release.log(2)
    assert sorted(numbers(release, "shop-2")) == sorted(numbers(release))


def test_a_later_minor_version_reaches_the_replicas_first(shop: Shop) -> None:
    assert rows(shop.release, "SHOW server_version")[0][0].startswith("17.10")
    ledger = Ledger(write=Writer(shop.release), first=500_000)
    with ledger.running():
        started = time.monotonic()
        shop.change(serverVersion="17.12")
        wait_for_copies(shop.release, 2, behind=10**7)
        seconds = time.monotonic() - started
    assert {rows(shop.release, "SHOW server_version", f"shop-{n}")[0][0].split()[0] for n in range(3)} == {"17.12"}
    report = ledger.report("postgresql, three servers: 17.10 to 17.12", _from(shop, 500_000), seconds)
    assert report.lost == 0 and report.longest_pause <= 30
    started_at = [pod.status.start_time for pod in shop.release.pods()]
    assert started_at[0] == max(started_at), "the primary was last"


def test_an_earlier_version_and_another_major_are_refused_with_the_way(shop: Shop) -> None:
    earlier = shop.release.apply({**shop.values, "serverVersion": "17.10"})
    assert "The data were used by PostgreSQL 17.12, and 17.10 is older" in earlier.stderr
    later = shop.release.apply({**shop.values, "serverVersion": "18.6"})
    assert "Install 18 under another name, copy the data with pg_dump and pg_restore" in later.stderr


def test_uninstalled_and_installed_again_every_server_finds_its_data(shop: Shop) -> None:
    before = sorted(numbers(shop.release))
    shop.release.uninstall()
    assert shop.release.claims() == {f"data-shop-{number}" for number in range(MOST)}
    started = time.monotonic()
    shop.change()
    wait_for_copies(shop.release, 2)
    seconds = time.monotonic() - started
    after = sorted(numbers(shop.release))
    assert found_again("postgresql, several servers: installed again", before, after, seconds).lost == 0
    assert after == before
    assert all("copying" not in shop.release.log(number) for number in range(3))


def _from(shop: Shop, first: int) -> list[int]:
    return [number for number in numbers(shop.release) if first <= number < first + 100_000]

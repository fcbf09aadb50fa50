"""Valkey's snapshots: what was kept comes back, key by key, into servers that have changed since."""

from collections.abc import Callable

import pytest
import redis

from tests.cluster.charts.release import Release
from tests.cluster.charts.valkey_client import SIX, THREE, by_cluster, by_proxy, direct, login, primary, shards

pytestmark = pytest.mark.cluster
ODD = b'a "key" with\n \\ and \xff\x00'
SOON = 600  # seconds until a key expires


def raw(release: Release, **more: int) -> redis.Redis:
    """A client of the only server that takes bytes as they are."""
    return redis.Redis(host=release.pods()[0].status.pod_ip, socket_timeout=10, **login(release), **more)


def fill(store: redis.Redis) -> None:
    """Writes keys of several kinds."""
    store.set(ODD, b"\x00\x01odd")
    store.set("session", "begun", ex=SOON)
    store.hset("basket", mapping={"apples": 3, "pears": 4})
    store.zadd("places", {"first": 1, "second": 2})
    for number in range(250):
        store.set(f"n:{number}", number)


@pytest.fixture(scope="module")
def single(release: Callable[[str, str], Release]) -> Release:
    """One server of the small plan, which this machine may reach."""
    made = release("kept", "valkey")
    made.install({"networkPolicy": {"clients": "anywhere"}, "persistence": {"size": "1Gi"}})
    return made


def test_without_a_snapshot_nothing_is_read(single: Release) -> None:
    with pytest.raises(AssertionError, match="kept-0 has no snapshot"):
        single.procedure("restore")


def test_what_was_kept_comes_back_and_what_came_since_stays(single: Release) -> None:
    fill(raw(single))
    raw(single, db=3).set("elsewhere", "in three")
    expires = raw(single).pexpiretime("session")
    assert "/data/snapshot.rdb" in single.procedure("backup")
    raw(single).flushall()
    raw(single).set("since", "new")
    raw(single).set("n:1", "changed")
    raw(single).bgsave()  # the server's own file is another one
    single.delete_pod(grace=0)
    assert raw(single).dbsize() <= 2
    raw(single).mset({"since": "new", "n:1": "changed"})
    assert "255 keys of the snapshot" in single.procedure("restore")
    store = raw(single)
    assert store.get(ODD) == b"\x00\x01odd"
    assert store.get("since") == b"new" and store.get("n:1") == b"1"
    assert 0 < expires <= store.pexpiretime("session") < expires + 1000
    assert store.hgetall("basket") == {b"apples": b"3", b"pears": b"4"}
    assert store.zrange("places", 0, -1) == [b"first", b"second"]
    assert [int(store.get(f"n:{number}")) for number in range(250)] == list(range(250))
    assert raw(single, db=3).get("elsewhere") == b"in three"
    assert store.dbsize() == 255


def test_what_was_read_again_is_on_the_disk(single: Release) -> None:
    assert raw(single).waitaof(1, 0, 5000)[0] == 1
    single.delete_pod(grace=0)
    assert raw(single).dbsize() == 255


def test_a_damaged_snapshot_is_not_read(single: Release) -> None:
    single.execute("kept-0", "sh", "-c", "cp /data/snapshot.rdb /tmp/s && head -c 2000 /tmp/s >/data/snapshot.rdb")
    before = raw(single).dbsize()
    with pytest.raises(AssertionError, match=r"/data/snapshot.rdb is damaged and was not read"):
        single.procedure("restore")
    assert raw(single).dbsize() == before


def test_where_there_is_no_room_nothing_is_read(single: Release) -> None:
    room = int(raw(single).info("memory")["maxmemory"])
    store = raw(single)
    for number in range(room // 3 // 100_000):
        store.set(f"large:{number}", bytes([number % 256]) * 100_000)
    single.procedure("backup")
    with pytest.raises(AssertionError, match=r"Set resources\.memory to \d+Mi or more"):
        single.procedure("restore")
    single.ready()
    assert raw(single).get("large:0") == bytes(100_000)


@pytest.mark.slow
def test_with_replicas_all_have_what_was_kept(release: Callable[[str, str], Release]) -> None:
    three = release("three", "valkey")
    three.bring_up(THREE, plan="standard")
    store = by_proxy(three)
    store.mset({f"n:{number}": number for number in range(2000)})
    three.procedure("backup")
    store.flushall()
    three.procedure("switch-over")
    assert "2000 keys of the snapshot" in three.procedure("restore")
    by_proxy(three).wait(2, 5000)
    assert [direct(three, number).dbsize() for number in range(3)] == [2000, 2000, 2000]
    assert by_proxy(three).get("n:1999") == "1999"
    assert primary(three) in (0, 1, 2)


@pytest.mark.slow
def test_in_a_cluster_each_key_goes_where_its_slot_is_now(release: Callable[[str, str], Release]) -> None:
    six = release("six", "valkey")
    six.bring_up(SIX, plan="cluster")
    store = by_cluster(six)
    for number in range(600):
        store.set(f"n:{number}", number)
    six.procedure("backup")
    eight = {**SIX, "replicas": 8}
    six.bring_up(eight, plan="cluster")
    six.steps("afterOut", 6, 8)
    shards(six, 8)
    store = by_cluster(six)
    for number in range(600):
        store.delete(f"n:{number}")
    six.procedure("restore")
    assert [store.get(f"n:{number}") for number in range(600)] == [str(number) for number in range(600)]

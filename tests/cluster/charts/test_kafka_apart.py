"""Kafka with controllers of their own: what a client with acks=all is told while nodes come, go and change.

The tests of this file follow each other on one release. Minutes, not seconds.
"""

import subprocess
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.cluster.charts.kafka_client import free_ports, login, replicas_in_sync
from tests.cluster.charts.ledger import Ledger, Report
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
TOPIC, PARTITIONS = "orders", 3
GOAL_PAUSE = 10
SMALL = {
    "controllers": 3,
    "controller": {"resources": {"cpu": "50m", "memory": "448Mi"}, "persistence": {"size": "1Gi"}},
    "resources": {"cpu": "50m", "memory": "640Mi"},
    "persistence": {"size": "1Gi"},
    "topics": {"declared": [{"name": TOPIC, "partitions": PARTITIONS, "settings": {"retention.ms": 86400000}}]},
    "users": [{"name": "shop", "topics": [TOPIC], "may": ["read", "write"], "groups": ["shop"]}],
}


@pytest.fixture(scope="module")
def apart(release: Callable[[str, str], Release]) -> Release:
    """Three controllers and three nodes of the earlier series, with a topic, reachable from outside."""
    made = release("apart", "kafka")
    made.external = {**SMALL, "replicas": 3, **free_ports(made)}
    made.bring_up({**made.external, "serverVersion": "4.2.1"}, seconds=900)
    return made


class Writer:
    """Writes numbers one after the other, each into its partition, acknowledged by all replicas in sync.

    It asks again when a node says nothing for five seconds.
    """

    def __init__(self, release: Release) -> None:
        self.release = release
        more = {
            "enable.idempotence": True,
            "delivery.timeout.ms": 120000,
            "linger.ms": 0,
            "socket.timeout.ms": 5000,
            "reconnect.backoff.max.ms": 1000,
        }
        self.producer = Producer(login(release, acks="all", **more))

    def __call__(self, number: int) -> None:
        """Gives when the number is acknowledged; raises what the server said."""
        said: list = []
        self.producer.produce(
            TOPIC, str(number), partition=number % PARTITIONS, on_delivery=lambda error, _: said.append(error)
        )
        self.producer.flush(130)
        if not said or said[0] is not None:
            raise KafkaException(said[0] if said else None)


def read(release: Release) -> dict[int, list[int]]:
    """The numbers in each partition, in their order, up to its end now."""
    consumer = Consumer(login(release, **{"group.id": "check", "enable.auto.commit": False}))
    found: dict[int, list[int]] = {}
    try:
        for partition in range(PARTITIONS):
            where = TopicPartition(TOPIC, partition, 0)
            _, end = consumer.get_watermark_offsets(where, timeout=30)
            consumer.assign([where])
            here: list[int] = []
            last = -1

            def complete(here: list[int] = here, end: int = end) -> bool:
                nonlocal last
                for message in consumer.consume(500, 1):
                    if message.error() is None:
                        here.append(int(message.value()))
                        last = message.offset()
                return last >= end - 1

            eventually(complete, f"partition {partition} is read to its end", 120)
            found[partition] = here
    finally:
        consumer.close()
    return found


def check(release: Release, ledger: Ledger, what: str, healthy: float | None = None) -> Report:
    """The report of a ledger whose numbers began where the last one's ended: none lost, none reordered."""
    partitions = read(release)
    for numbers in partitions.values():
        mine = [number for number in numbers if number >= ledger.first]
        assert mine == sorted(mine), "records of one writer are in the order in which they were written"
    report = ledger.report(what, (n for numbers in partitions.values() for n in numbers if n >= ledger.first), healthy)
    assert report.lost == 0 and report.duplicated == 0
    return report


@pytest.fixture
def ledger(apart: Release) -> Iterator[Ledger]:
    """A writer that begins above everything that is in the topic."""
    begun = max((n for numbers in read(apart).values() for n in numbers), default=-1) + 1
    writer = Writer(apart)
    yield Ledger(write=writer, first=begun)
    writer.producer.flush(10)


def test_declared_topics_and_users_are_there(apart: Release) -> None:
    topic = AdminClient(login(apart)).list_topics(TOPIC, timeout=20).topics[TOPIC]
    assert len(topic.partitions) == PARTITIONS
    assert {len(partition.replicas) for partition in topic.partitions.values()} == {3}
    own = apart.secret("binding-shop")
    as_shop = {
        "sasl.username": own["username"],
        "sasl.password": own["password"],
        "sasl.mechanism": own["sasl-mechanism"],
    }
    seen = AdminClient(login(apart, **as_shop)).list_topics(timeout=20).topics
    assert set(seen) == {TOPIC}, "a user sees the topics it has a right to"
    assert "Kafka keeps what is written to it." in apart.test()


def test_replicas_lie_in_different_zones(apart: Release) -> None:
    zones = {pod.metadata.name: (pod.metadata.labels or {}).get("topology.kubernetes.io/zone") for pod in apart.pods()}
    said = {
        name: apart.execute(name, "sh", "-c", "grep ^broker.rack /tmp/run/server.properties || true") for name in zones
    }
    assert {name: line.strip() for name, line in said.items()} == {
        name: f"broker.rack={zone}" if zone else "" for name, zone in zones.items()
    }


def test_a_new_version_rolls_through_while_a_client_writes(apart: Release, ledger: Ledger) -> None:
    with ledger.running():
        seconds = apart.bring_up(apart.external, seconds=900)
    report = check(apart, ledger, "kafka, 3 + 3: rolling upgrade 4.2.1 to 4.3.1", seconds)
    assert all(pod.spec.containers[0].image.endswith("kafka:4.3.1") for pod in apart.pods())
    assert report.longest_pause <= GOAL_PAUSE


def test_a_node_is_killed_while_a_client_writes(apart: Release, ledger: Ledger) -> None:
    with ledger.running():
        apart.delete_pod(1, grace=0)
    report = check(apart, ledger, "kafka, 3 + 3: a node killed")
    assert report.longest_pause <= GOAL_PAUSE
    eventually(lambda: replicas_in_sync(apart, TOPIC) == 3, "three replicas in sync", 240)


def nodes_of(release: Release) -> set[int]:
    """The nodes that hold a replica of the topic."""
    partitions = AdminClient(login(release)).list_topics(TOPIC, timeout=20).topics[TOPIC].partitions
    return {node for partition in partitions.values() for node in partition.replicas}


def test_fewer_nodes_are_refused_until_the_records_have_moved(apart: Release) -> None:
    answer = apart.apply({**apart.external, "replicas": 4, "controllers": 0})
    assert answer.returncode != 0
    answer = apart.apply({**apart.external, "controllers": 5, "replicas": 2})
    assert "must be at least 3" in answer.stderr


def test_a_fourth_node_takes_its_share_and_leaves_again_while_a_client_writes(apart: Release, ledger: Ledger) -> None:
    apart.external = {**apart.external, "replicas": 4}
    with ledger.running():
        apart.bring_up(apart.external, seconds=600)
        apart.steps("afterOut", 3, 4)
        assert 103 in nodes_of(apart)
        answer = apart.apply({**apart.external, "replicas": 3})
        assert "Kafka has data on 4 nodes and cannot go down to 3 like this" in answer.stderr
        apart.steps("beforeIn", 4, 3)
        assert nodes_of(apart) == {100, 101, 102}
        apart.external = {**apart.external, "replicas": 3}
        apart.bring_up({**apart.external, "scaleIn": {"confirmed": True}}, seconds=600)
        apart.steps("afterIn", 4, 3)
        apart.api.delete_namespaced_persistent_volume_claim("data-apart-3", apart.namespace)
    report = check(apart, ledger, "kafka, 3 + 3: out to 4 nodes and in to 3")
    assert report.longest_pause <= GOAL_PAUSE
    assert len(AdminClient(login(apart)).list_topics(timeout=20).brokers) == 3


def test_a_machine_loses_power_while_a_client_writes(
    apart: Release, ledger: Ledger, power: Callable[[str, str], None]
) -> None:
    node = apart.pods()[2].spec.node_name
    try:
        with ledger.running():
            power("off", node)
            ledger.wait_for(200)
    except subprocess.CalledProcessError as exc:  # the tool's words say more than its code
        raise AssertionError(exc.stderr) from exc
    finally:
        power("on", node)
    apart.wait_for_all(600)
    eventually(lambda: replicas_in_sync(apart, TOPIC) == 3, "three replicas in sync", 300)
    report = check(apart, ledger, "kafka, 3 + 3: a machine without power")
    assert report.longest_pause <= 3 * GOAL_PAUSE, "a session of a node that says nothing ends after nine seconds"


def test_uninstalled_and_installed_again_it_has_its_records(apart: Release) -> None:
    before = read(apart)
    apart.uninstall()
    apart.bring_up(apart.external, seconds=600)
    assert read(apart) == before
    apart.uninstall()

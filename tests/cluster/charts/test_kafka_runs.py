"""Kafka on a real cluster, written and read by a real client. Tests of this file follow each other on two releases."""

from collections.abc import Callable, Iterable
from itertools import count

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.cluster.charts.release import Release, eventually

pytestmark = pytest.mark.cluster
PORTS = count(31300, 10)


@pytest.fixture(scope="module")
def single(release: Callable[[str, str], Release]) -> Release:
    """One node, small plan, reachable from outside the cluster."""
    made = release("single", "kafka")
    made.external = {"external": {"enabled": True, "firstNodePort": next(PORTS)}}
    made.install({**made.external, "serverVersion": "4.2.1"})
    return made


@pytest.fixture(scope="module")
def three(release: Callable[[str, str], Release]) -> Release:
    """Three nodes in the size of the small plan, reachable from outside the cluster."""
    made = release("three", "kafka")
    made.external = {"replicas": 3, "external": {"enabled": True, "firstNodePort": next(PORTS)}}
    made.install(made.external, pods=3)
    return made


def login(release: Release, **more: object) -> dict:
    """The settings of a client outside the cluster."""
    first = release.external["external"]["firstNodePort"]
    servers = [f"{pod.status.host_ip}:{first + number}" for number, pod in enumerate(release.pods())]
    binding = release.binding()
    return {
        "bootstrap.servers": ",".join(servers),
        "security.protocol": binding["security-protocol"],
        "sasl.mechanism": binding["sasl-mechanism"],
        "sasl.username": binding["username"],
        "sasl.password": binding["password"],
        "socket.timeout.ms": 10000,
        **more,
    }


def make_topic(release: Release, name: str, partitions: int = 3) -> int:
    """Makes a topic and gives how many replicas each partition has."""
    admin = AdminClient(login(release))
    admin.create_topics([NewTopic(name, partitions)])[name].result(30)
    eventually(lambda: name in admin.list_topics(timeout=10).topics, f"topic {name}", 30)
    return len(admin.list_topics(name, timeout=10).topics[name].partitions[0].replicas)


def write(
    release: Release, topic: str, records: Iterable[str], after: Callable[[int], None] = lambda _: None
) -> set[str]:
    """The records that all in-sync replicas acknowledged. `after` is called with the number handed over so far."""
    acknowledged: set[str] = set()
    producer = Producer(login(release, acks="all", **{"enable.idempotence": True, "delivery.timeout.ms": 90000}))

    def delivered(error: KafkaError | None, message) -> None:
        if error is None:
            acknowledged.add(message.value().decode())

    for number, record in enumerate(records, 1):
        producer.produce(topic, record.encode(), on_delivery=delivered)
        producer.poll(0.005)
        after(number)
    assert producer.flush(120) == 0
    return acknowledged


def read(release: Release, topic: str, least: int) -> list[str]:
    """The values in all partitions of a topic, from the beginning."""
    consumer = Consumer(login(release, **{"group.id": "reader", "enable.auto.commit": False}))
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    found: list[str] = []

    def complete() -> bool:
        found.extend(message.value().decode() for message in consumer.consume(500, 1) if message.error() is None)
        return len(found) >= least

    try:
        eventually(complete, f"{least} records in {topic}", 60)
    finally:
        consumer.close()
    return found


def test_one_node_writes_and_reads(single: Release) -> None:
    assert make_topic(single, "events") == 1
    assert len(write(single, "events", (f"{number}" for number in range(100)))) == 100
    assert sorted(map(int, read(single, "events", 100))) == list(range(100))


def test_a_wrong_password_gets_no_answer(single: Release) -> None:
    admin = AdminClient(login(single, **{"sasl.password": "not-the-password"}))
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=5)


def test_the_later_series_reads_the_data_and_going_back_is_refused(single: Release) -> None:
    single.install(single.external)
    assert single.pods()[0].spec.containers[0].image.endswith("kafka:4.3.1")
    assert len(read(single, "events", 100)) == 100
    answer = single.apply({**single.external, "serverVersion": "4.2.1"})
    assert answer.returncode != 0
    assert "Kafka 4.2.1 cannot read the data that Kafka 4.3.1 wrote" in answer.stderr


def test_helm_test_writes_and_reads(single: Release) -> None:
    assert "Kafka keeps what is written to it." in single.test()


def test_uninstalled_and_installed_again_it_has_its_records_and_its_password(single: Release) -> None:
    kept = single.secret("auth")
    single.uninstall()
    assert single.claims() == {"data-single-0"}
    single.install({**single.external, "clusterId": "MkU3OEVBNTcwNTJENDM2Qg"})
    assert {**single.secret("auth"), "founded": ""} == {**kept, "founded": ""}
    assert len(read(single, "events", 100)) == 100
    single.uninstall()


def test_no_acknowledged_record_is_lost_when_a_broker_is_killed(three: Release) -> None:
    assert make_topic(three, "events") == 3

    def kill(number: int) -> None:
        if number == 400:
            three.api.delete_namespaced_pod("three-1", three.namespace, grace_period_seconds=0)

    acknowledged = write(three, "events", (f"{number}" for number in range(1000)), kill)
    assert len(acknowledged) == 1000
    assert set(read(three, "events", 1000)) == acknowledged
    three.wait(3)


def test_three_nodes_are_not_made_one(three: Release) -> None:
    answer = three.apply({**three.external, "replicas": 1})
    assert answer.returncode != 0
    assert "Kafka keeps replicas of its data on 3 nodes and cannot go down to 1" in answer.stderr


def test_nodes_restart_one_by_one_and_nothing_is_lost_meanwhile(three: Release) -> None:
    def roll(number: int) -> None:
        if number == 10:
            answer = three.apply({**three.external, "topics": {"retentionHours": 24}})
            assert answer.returncode == 0, answer.stderr

    acknowledged = write(three, "events", (f"roll-{number}" for number in range(500)), roll)
    three.wait(3, 240)
    assert len(acknowledged) == 500
    assert acknowledged <= set(read(three, "events", 1500))


@pytest.mark.slow
def test_three_nodes_find_their_records_after_a_new_install(three: Release) -> None:
    three.uninstall()
    assert three.claims() == {"data-three-0", "data-three-1", "data-three-2"}
    answer = three.apply({**three.external, "replicas": 1})
    assert answer.returncode != 0 and "cannot go down to 1" in answer.stderr
    three.install(three.external, pods=3)
    assert len(read(three, "events", 1500)) == 1500

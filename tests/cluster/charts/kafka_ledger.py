"""Records that are numbers, written to a Kafka topic one after the other, and what the topic has of them afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from tests.cluster.charts.kafka_client import login, partitions_of, replicas_in_sync
from tests.cluster.charts.ledger import Ledger, Report
from tests.cluster.charts.release import Release, eventually

PARTITIONS = 3
GOAL_PAUSE = 10


class Writer:
    """Writes numbers one after the other, each into its partition, acknowledged by all replicas in sync.

    It asks again when a node says nothing for five seconds.
    """

    def __init__(self, release: Release, topic: str) -> None:
        self.topic = topic
        more = {
            "enable.idempotence": True,
            "delivery.timeout.ms": 120000,
            "linger.ms": 0,
            "socket.timeout.ms": 5000,
            "socket.connection.setup.timeout.ms": 2000,
            "topic.metadata.refresh.interval.ms": 1000,
            "reconnect.backoff.max.ms": 1000,
        }
        self.producer = Producer(login(release, acks="all", **more))

    def __call__(self, number: int) -> None:
        """Gives when the number is acknowledged; raises what the server said."""
        said: list = []
        self.producer.produce(
            self.topic, str(number), partition=number % PARTITIONS, on_delivery=lambda error, _: said.append(error)
        )
        self.producer.flush(130)
        if not said or said[0] is not None:
            raise KafkaException(said[0] if said else None)


def read_all(release: Release, topic: str) -> dict[int, list[int]]:
    """The numbers in each partition of a topic, in their order, up to its end now."""
    consumer = Consumer(login(release, **{"group.id": "check", "enable.auto.commit": False}))
    try:
        return {number: read_partition(consumer, topic, number) for number in sorted(partitions_of(consumer, topic))}
    finally:
        consumer.close()


def read_partition(consumer: Consumer, topic: str, number: int) -> list[int]:
    """The numbers in one partition, in their order, up to its end now; an assertion that says how far it came."""
    where = TopicPartition(topic, number, 0)
    begin, end = eventually(lambda: offsets(consumer, where), f"{topic}-{number} has a node that leads it", 120)
    consumer.assign([where])
    found: list[int] = []
    seen = {"offset": begin - 1, "error": None}

    def complete() -> bool:
        for message in consumer.consume(500, 1):
            if message.error() is None:
                found.append(int(message.value()))
                seen["offset"] = message.offset()
            else:
                seen["error"] = message.error()
        return seen["offset"] >= end - 1

    try:
        eventually(complete, f"{topic}-{number} is read to its end", 120)
    except AssertionError as exc:
        raise AssertionError(f"{exc}: from {begin} to {end}, last seen {seen}") from None
    return found


def offsets(consumer: Consumer, where: TopicPartition) -> tuple[int, int] | None:
    """The first offset of a partition and the one behind its last record; None while no node leads it."""
    try:
        return consumer.get_watermark_offsets(where, timeout=20)
    except KafkaException:
        return None


@contextmanager
def numbering(release: Release, topic: str) -> Iterator[Ledger]:
    """A ledger that begins above everything that is in the topic."""
    first = max((number for numbers in read_all(release, topic).values() for number in numbers), default=-1) + 1
    writer = Writer(release, topic)
    yield Ledger(write=writer, first=first)
    writer.producer.flush(10)


def wait_until_whole(release: Release, topic: str) -> None:
    """Waits until every pod is ready and every partition of the topic has its three replicas in sync."""
    release.wait_for_all(600)
    eventually(lambda: replicas_in_sync(release, topic) == 3, f"three replicas of {topic} in sync", 300)


def check(release: Release, ledger: Ledger, what: str, healthy: float) -> Report:
    """The report of a ledger: no number lost, twice or out of order, and no pause longer than the goal."""
    partitions = read_all(release, ledger.write.topic)
    mine = [[number for number in numbers if number >= ledger.first] for numbers in partitions.values()]
    assert all(numbers == sorted(numbers) for numbers in mine), "records of one writer are in the order of its writes"
    report = ledger.report(what, (number for numbers in mine for number in numbers), healthy)
    assert report.lost == 0 and report.duplicated == 0
    assert report.longest_pause <= GOAL_PAUSE
    return report

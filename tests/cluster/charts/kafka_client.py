"""A real Kafka client outside the cluster: makes topics, writes, reads, and asks who votes."""

import json
import random
import re
from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, PartitionMetadata

from tests.cluster.charts.release import Release, eventually

# What a command of Kafka needs in the pod of a node to be the user of the applications: /tmp/client.properties
SIGNED_IN = """
export KAFKA_HEAP_OPTS=-Xmx96m KAFKA_LOG4J_OPTS= LOG_DIR=/tmp/logs KAFKA_JVM_PERFORMANCE_OPTS=-XX:+UseSerialGC
umask 077
cat >/tmp/client.properties <<END
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
  username="$APP_USER" password="$(cat /etc/kafka/auth/password)";
END
"""
QUORUM = ". /etc/kafka/settings/admin.sh; kafka metadata-quorum describe --status"


def free_ports(release: Release) -> dict:
    """Values that make every node reachable from outside, at three node ports that nobody uses."""
    services = release.api.list_service_for_all_namespaces().items
    used = {port.node_port for service in services for port in service.spec.ports or []}
    ports = [first for first in range(30100, 32600, 10) if used.isdisjoint(range(first, first + 3))]
    return {"external": {"enabled": True, "firstNodePort": random.choice(ports)}}


def login(release: Release, **more: object) -> dict:
    """The settings of a client outside the cluster, which checks a certificate with what the binding says."""
    first = release.external["external"]["firstNodePort"]
    servers = [f"{pod.status.host_ip}:{first + number}" for number, pod in enumerate(release.pods())]
    binding = release.binding()
    return {
        "bootstrap.servers": ",".join(servers),
        "security.protocol": binding["security-protocol"],
        "sasl.mechanism": binding["sasl-mechanism"],
        "sasl.username": binding["username"],
        "sasl.password": binding["password"],
        "socket.timeout.ms": 20000,
        **({"ssl.ca.pem": binding["certificates"]} if "certificates" in binding else {}),
        **more,
    }


def make_topic(release: Release, name: str, partitions: int = 3) -> int:
    """Makes a topic and gives how many replicas each partition has."""
    admin = AdminClient(login(release))
    admin.create_topics([NewTopic(name, partitions)])[name].result(60)
    return min(len(partition.replicas) for partition in partitions_of(admin, name).values())


def partitions_of(asked: AdminClient | Consumer, topic: str) -> dict[int, PartitionMetadata]:
    """The partitions of a topic. A node that has not heard of the topic yet gives none: then it is asked again."""
    known = lambda: asked.list_topics(topic, timeout=20).topics[topic].partitions  # noqa: E731
    return eventually(known, f"the partitions of {topic}", 120)


def write(release: Release, topic: str, records: Iterable[str]) -> set[str]:
    """The records that all in-sync replicas acknowledged."""
    acknowledged: set[str] = set()
    producer = Producer(login(release, acks="all", **{"enable.idempotence": True, "delivery.timeout.ms": 180000}))

    def delivered(error: KafkaError | None, message) -> None:
        if error is None:
            acknowledged.add(message.value().decode())

    for record in records:
        producer.produce(topic, record.encode(), on_delivery=delivered)
        producer.poll(0.005)
    assert producer.flush(200) == 0
    return acknowledged


def read(release: Release, topic: str, least: int) -> list[str]:
    """The values in all partitions of a topic, from the beginning."""
    consumer = Consumer(login(release, **{"group.id": "reader", "enable.auto.commit": False}))
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions_of(consumer, topic)])
    found: list[str] = []

    def complete() -> bool:
        found.extend(message.value().decode() for message in consumer.consume(500, 1) if message.error() is None)
        return len(found) >= least

    try:
        eventually(complete, f"{least} records in {topic}", 120)
    finally:
        consumer.close()
    return found


def replicas_in_sync(release: Release, topic: str) -> int:
    """The smallest number of in-sync replicas of any partition of a topic."""
    partitions = partitions_of(AdminClient(login(release)), topic)
    return min(len(partition.isrs) for partition in partitions.values())


def voters(release: Release, number: int) -> dict[int, str]:
    """The voters of the controllers' quorum and the ids of their directories, as a node of the release says."""
    said = release.execute(f"{release.name}-{number}", "bash", "-c", QUORUM)
    found = re.search(r"CurrentVoters:\s*(\[.*\])", said)
    assert found, said
    return {voter["id"]: voter["directoryId"] for voter in json.loads(found.group(1))}

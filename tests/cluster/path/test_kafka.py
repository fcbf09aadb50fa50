"""Three Kafka nodes by the command line: no acknowledged record is lost, and three do not become one."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.cluster.path.chaos import eventually, turn
from tests.support.command_line import CommandLine

pytestmark = pytest.mark.cluster
Kubectl = Callable[..., str]
RECORDS = 1000
TOPIC = "orders"


class Client:
    """A Kafka client outside the cluster, signed in with what the Connect page shows."""

    def __init__(self, servers: str, credentials: dict[str, str]) -> None:
        credentials = {key.replace("-", "_"): value for key, value in credentials.items()}
        self.login = {
            "bootstrap.servers": servers,
            "security.protocol": credentials["security_protocol"],
            "sasl.mechanism": credentials["sasl_mechanism"],
            "sasl.username": credentials["username"],
            "sasl.password": credentials["password"],
            "socket.timeout.ms": 10000,
        }

    def make_topic(self) -> None:
        """Make the topic: three partitions, each on three nodes."""
        admin = AdminClient(self.login)
        admin.create_topics([NewTopic(TOPIC, 3, 3)])[TOPIC].result(60)
        eventually(lambda: self.in_sync() == 3, "three replicas in sync", 60)

    def in_sync(self) -> int:
        """Give the smallest number of replicas in sync of a partition."""
        topics = AdminClient(self.login).list_topics(timeout=20).topics
        partitions = topics[TOPIC].partitions if TOPIC in topics else {}
        return min((len(partition.isrs) for partition in partitions.values()), default=0)

    def write(self, records: list[str], meanwhile: dict[int, Callable[[], Any]]) -> set[str]:
        """Give the acknowledged records; `meanwhile` says what to do after how many were handed over."""
        acknowledged: set[str] = set()
        more: dict[str, Any] = {"acks": "all", "enable.idempotence": True, "delivery.timeout.ms": 120000}
        producer = Producer({**self.login, **more})

        def delivered(error: KafkaError | None, message: Any) -> None:
            if error is None:
                acknowledged.add(message.value().decode())

        for number, record in enumerate(records, 1):
            producer.produce(TOPIC, record.encode(), on_delivery=delivered)
            producer.poll(0.005)
            if number in meanwhile:
                meanwhile[number]()
        assert producer.flush(150) == 0
        return acknowledged

    def read(self, least: int) -> set[str]:
        """Give what is in the topic, once it is at least so much."""
        consumer = Consumer({**self.login, "group.id": "reader", "enable.auto.commit": False})
        consumer.assign([TopicPartition(TOPIC, number, 0) for number in range(3)])
        found: set[str] = set()
        end = time.monotonic() + 90
        try:
            while len(found) < least and time.monotonic() < end:
                found |= {m.value().decode() for m in consumer.consume(500, 1) if m.error() is None}
        finally:
            consumer.close()
        return found


@pytest.fixture
def kafka(aw: CommandLine, kubectl: Kubectl, name: str) -> Iterator[Client]:
    """Give a client of three nodes of the standard plan, made small enough for this cluster."""
    port = random.randrange(30100, 32700)
    small = ("controllers=0", "resources.memory=640Mi", "resources.cpu=100m", "persistence.size=1Gi")
    sets = [*small, "external.enabled=true", f"external.firstNodePort={port}"]
    options = [word for one in sets for word in ("--set", one)]
    operation = aw.json(
        "install", "kafka", name, "--cluster", "real", "--plan", "standard", *options, "--wait", seconds=420
    )  # fmt: skip
    assert operation["state"] == "succeeded"
    assert ("StatefulSet", 3, 3) in {(w["kind"], w["ready"], w["desired"]) for w in operation["workloads"]}
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 60)
    credentials = aw.json("services", "connect", name)["credentials"]
    pods = json.loads(kubectl("-n", name, "get", "pods", "-l", f"app.kubernetes.io/instance={name}", "-o", "json"))
    hosts = {p["metadata"]["name"]: p["status"]["hostIP"] for p in pods["items"]}
    client = Client(",".join(f"{hosts[f'{name}-{number}']}:{port + number}" for number in range(3)), credentials)
    client.make_topic()
    yield client
    aw.run("services", "uninstall", name, "--delete-data", "--confirm", name, "--wait", code=None)


def test_no_acknowledged_record_is_lost_with_a_pod_and_three_do_not_become_one(
    aw: CommandLine, kubectl: Kubectl, kafka: Client, name: str
) -> None:
    seen: list[str] = []

    def lose_pod() -> None:
        kubectl("-n", name, "delete", "pod", f"{name}-2", "--grace-period=0", "--force", "--wait=false")
        eventually(lambda: seen.append(aw.health(name)["verdict"]) or seen[-1] != "healthy", "it is seen", 30)

    records = [f"pod-{number}" for number in range(RECORDS)]
    assert kafka.write(records, {300: lose_pod}) == set(records)
    assert kafka.read(RECORDS) == set(records)
    assert seen[-1] in ("degraded", "progressing")
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 180, "it is healthy again")
    eventually(lambda: kafka.in_sync() == 3, "three replicas in sync", 120)

    opened = aw.json("services", "change", name, "--set", "networkPolicy.clients=anywhere", "--dry-run")
    assert [change["object"]["kind"] for change in opened["changes"]] == ["NetworkPolicy"], "no secret is another one"

    before = aw.json("services", "show", name)["operation"]["id"]
    for refused in (["scale", name, "1"], ["change", name, "--set", "replicas=1"], ["change", name, "--plan", "small"]):
        error = aw.json("services", *refused, code=4)["error"]
        assert "would be lost" in error["detail"], error
    assert aw.json("services", "show", name)["operation"]["id"] == before, "no operation was begun"
    assert kubectl("-n", name, "get", "statefulset", name, "-o", "jsonpath={.spec.replicas}") == "3"
    assert kafka.read(RECORDS) == set(records)


@pytest.mark.slow
def test_no_acknowledged_record_is_lost_when_a_node_loses_its_power(
    aw: CommandLine, kubectl: Kubectl, kafka: Client, name: str
) -> None:
    node = kubectl("-n", name, "get", "pod", f"{name}-2", "-o", "jsonpath={.spec.nodeName}")
    records = [f"power-{number}" for number in range(RECORDS)]
    try:
        assert kafka.write(records, {300: lambda: turn("node", "off", node)}) == set(records)
        assert kafka.read(RECORDS) == set(records)
        aw.wait_for(lambda: aw.health(name)["verdict"] == "degraded", 90, "it is shown degraded")
    finally:
        turn("node", "on", node)
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 300, "it is healthy again")
    eventually(lambda: kafka.in_sync() == 3, "three replicas in sync", 180)
    assert kafka.read(RECORDS) == set(records)

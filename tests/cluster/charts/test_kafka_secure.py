"""Kafka with SCRAM, TLS and numbers for Prometheus, seen from outside the cluster: one node, then three. Minutes."""

import re
import urllib.request
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from kubernetes import client

from tests.cluster.charts.certificates import Authority
from tests.cluster.charts.kafka_client import free_ports, login, make_topic
from tests.cluster.charts.kafka_ledger import PARTITIONS, check, numbering, wait_until_whole
from tests.cluster.charts.release import Release, eventually, internal

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Signed the certificate of the node."""
    return Authority()


@pytest.fixture(scope="module")
def secure(release: Callable[[str, str], Release], authority: Authority) -> Release:
    """One node that asks for SCRAM and speaks TLS, with two declared topics, a user of one's own and numbers."""
    made = release("secure", "kafka")
    names = [f"*.secure-headless.{made.namespace}.svc.cluster.local"]
    machines = [internal(node) for node in made.api.list_node().items]
    body = client.V1Secret(
        metadata=client.V1ObjectMeta(name="kafka-tls"),
        type="kubernetes.io/tls",
        data=authority.secret_data(names, machines),
    )
    made.api.create_namespaced_secret(made.namespace, body)
    made.external = {
        **free_ports(made),
        "auth": {"mechanism": "SCRAM-SHA-512"},
        "tls": {"enabled": True, "secret": "kafka-tls"},
        "metrics": {"enabled": True},
        "topics": {"declared": [{"name": name, "partitions": 1} for name in ("orders", "clicks-eu", "secrets")]},
        "users": [{"name": "shop", "topics": ["orders", "clicks*"], "may": ["read", "write"], "groups": ["shop"]}],
    }
    made.bring_up(made.external, seconds=900)
    return made


def as_shop(release: Release, **more: object) -> dict:
    """The settings of a client of the declared user, from that user's own binding."""
    own = release.secret("binding-shop")
    who = {"sasl.username": own["username"], "sasl.password": own["password"], "sasl.mechanism": own["sasl-mechanism"]}
    return login(release, **{"ssl.ca.pem": own["certificates"], **who, **more})


def write(settings: dict, topic: str, record: str) -> KafkaError | None:
    """What the server said to a record: None when it has acknowledged it."""
    said: list[KafkaError | None] = []
    producer = Producer({**settings, "acks": "all", "delivery.timeout.ms": 60000})
    producer.produce(topic, record, on_delivery=lambda error, _: said.append(error))
    assert producer.flush(70) == 0
    return said[0]


def read(settings: dict, topic: str, group: str) -> str | KafkaError:
    """The first record of a topic for a group that has not read yet, or what the server said instead."""
    consumer = Consumer({**settings, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False})
    try:
        consumer.subscribe([topic])
        message = eventually(lambda: consumer.poll(1), f"an answer for {group}", 60)
        return message.error() or message.value().decode()
    finally:
        consumer.close()


def refusal(settings: dict) -> list[str]:
    """Why a client gets no answer, in its own words; an assertion when it gets one."""
    said: list[str] = []
    admin = AdminClient({**settings, "error_cb": lambda error: said.append(error.str())})
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=10)
    admin.poll(1)
    return said


def test_a_client_that_checks_the_authority_writes_and_reads(secure: Release, authority: Authority) -> None:
    binding = secure.binding()
    assert (binding["security-protocol"], binding["sasl-mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert binding["certificates"] == authority.certificate
    assert write(login(secure), "secrets", "kept") is None
    assert read(login(secure), "secrets", "all") == "kept"


def test_a_client_that_does_not_know_the_authority_is_refused_by_itself(secure: Release) -> None:
    said = refusal(login(secure, **{"ssl.ca.pem": Authority("another").certificate}))
    assert any("certificate verify failed" in words for words in said), said


def test_a_client_without_encryption_gets_no_answer(secure: Release) -> None:
    assert refusal(login(secure, **{"security.protocol": "SASL_PLAINTEXT"}))


@pytest.mark.parametrize("wrong", [{"sasl.password": "not-the-password"}, {"sasl.mechanism": "PLAIN"}])
def test_a_wrong_password_or_mechanism_is_refused(secure: Release, wrong: dict) -> None:
    said = refusal(login(secure, **wrong))
    assert any("Authentication failed" in words or "mechanism" in words for words in said), said


def test_a_user_writes_and_reads_what_it_may(secure: Release) -> None:
    for topic in ("orders", "clicks-eu"):
        assert write(as_shop(secure), topic, f"for {topic}") is None
    assert read(as_shop(secure), "orders", "shop") == "for orders"


def test_a_user_is_refused_what_it_may_not(secure: Release) -> None:
    refused = write(as_shop(secure), "secrets", "mine")
    assert refused is not None and refused.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    other = read(as_shop(secure), "orders", "another-group")
    assert isinstance(other, KafkaError) and other.code() == KafkaError.GROUP_AUTHORIZATION_FAILED


def test_a_client_in_the_cluster_writes_and_reads(secure: Release) -> None:
    assert "Kafka keeps what is written to it." in secure.test()


def test_the_exporter_answers_with_every_number_that_is_asked_for(secure: Release) -> None:
    texts = [(secure.chart / "monitoring" / name).read_text() for name in ("alerts.yaml", "dashboard.yaml")]
    asked = {name for text in texts for name in re.findall(r"\b((?:kafka|jvm)_\w+)\{", text)}
    page = f"http://{secure.pods()[0].status.pod_ip}:9404/metrics"
    found = urllib.request.urlopen(page, timeout=120).read().decode()
    values = {name: float(value) for name, value in re.findall(r"^(\w+)(?:\{[^}]*\})? (\S+)$", found, re.MULTILINE)}
    assert len(asked) >= 9 and asked <= values.keys(), sorted(asked - values.keys())
    assert values["kafka_controller_offlinepartitionscount"] == 0
    assert values["kafka_replica_manager_underreplicatedpartitions"] == 0
    assert values["kafka_broker_messagesin_total"] >= 3
    assert 'kafka_log_size_bytes{partition="0",topic="orders"}' in found


def test_the_log_of_the_job_holds_no_password(secure: Release) -> None:
    labels = "app.kubernetes.io/instance=secure,app.kubernetes.io/component=declare"
    (pod,) = secure.api.list_namespaced_pod(secure.namespace, label_selector=labels).items
    log = secure.api.read_namespaced_pod_log(pod.metadata.name, secure.namespace)
    assert "all that is declared is there" in log and "user shop" in log
    assert secure.binding()["password"] not in log and secure.secret("binding-shop")["password"] not in log


def test_three_nodes_restart_one_after_another_while_a_client_writes(secure: Release) -> None:
    secure.external = {**secure.external, "replicas": 3}
    secure.bring_up(secure.external, seconds=900)
    assert make_topic(secure, "numbers", PARTITIONS) == 3
    with numbering(secure, "numbers") as ledger:
        with ledger.running(at_least=200):
            restarted = {**secure.external, "settings": {"extra": {"num.network.threads": 2}}}
            seconds = secure.bring_up(restarted, seconds=900)
            wait_until_whole(secure, "numbers")
        check(secure, ledger, "kafka, 3 nodes with TLS and SCRAM: restarted in turn", seconds)

"""Kafka on a real cluster, written and read by a real client. Tests of this file follow each other on two releases."""

import time
from collections.abc import Callable
from itertools import chain

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from kubernetes import client

from tests.cluster.charts.kafka_client import free_ports, login, make_topic, read, write
from tests.cluster.charts.kafka_ledger import check, numbering, read_all, wait_until_whole
from tests.cluster.charts.ledger import found_again
from tests.cluster.charts.release import Release

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def single(release: Callable[[str, str], Release]) -> Release:
    """One node, small plan, reachable from outside the cluster."""
    made = release("single", "kafka")
    made.external = free_ports(made)
    made.install({**made.external, "serverVersion": "4.2.1"})
    return made


@pytest.fixture(scope="module")
def three(release: Callable[[str, str], Release]) -> Release:
    """Three nodes in the size of the small plan, reachable from outside the cluster."""
    made = release("three", "kafka")
    made.external = {"replicas": 3, **free_ports(made)}
    made.install(made.external, pods=3)
    return made


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
    said = single.refused({**single.external, "serverVersion": "4.2.1"})
    assert "Kafka 4.2.1 cannot read the data that Kafka 4.3.1 wrote" in said


def test_helm_test_writes_and_reads(single: Release) -> None:
    assert "Kafka keeps what is written to it." in single.test()


def test_a_killed_node_comes_back_with_its_records(single: Release) -> None:
    single.delete_pod(grace=0)
    assert len(read(single, "events", 100)) == 100


def test_uninstalled_and_installed_again_it_has_its_records_and_its_password(single: Release) -> None:
    kept = single.secret("auth")
    single.uninstall()
    assert single.claims() == {"data-single-0"}
    answer = single.apply({**single.external, "clusterId": "MkU3OEVBNTcwNTJENDM2Qg"})
    assert answer.returncode != 0
    assert "clusterId cannot be another one than the data were made with" in answer.stderr
    seconds = single.bring_up(single.external)
    assert single.secret("auth") == kept
    report = found_again("kafka, one node: installed again", map(str, range(100)), read(single, "events", 100), seconds)
    assert (report.lost, report.duplicated) == (0, 0)


@pytest.mark.slow
def test_no_acknowledged_record_is_lost_when_a_broker_is_killed(three: Release) -> None:
    assert make_topic(three, "events") == 3
    with numbering(three, "events") as ledger:
        with ledger.running(at_least=200):
            started = time.monotonic()
            three.delete_pod(1, grace=0)
            wait_until_whole(three, "events")
            seconds = time.monotonic() - started
        check(three, ledger, "kafka, 3 nodes: a node killed", seconds)


@pytest.mark.slow
def test_three_nodes_are_not_made_one(three: Release) -> None:
    said = three.refused({**three.external, "replicas": 1})
    assert "Kafka keeps replicas of its data on 3 nodes and cannot go down to 1" in said


@pytest.mark.slow
def test_nodes_that_are_controllers_do_not_get_others(three: Release) -> None:
    answer = three.apply({**three.external, "controllers": 3})
    assert answer.returncode != 0
    assert "controllers was 0 when the data were made and cannot become 3" in answer.stderr


@pytest.mark.slow
def test_three_nodes_that_are_stopped_are_not_made_one(three: Release) -> None:
    def scale(number: int) -> None:
        sets = client.AppsV1Api(three.api.api_client)
        sets.patch_namespaced_stateful_set_scale("three", three.namespace, {"spec": {"replicas": number}})

    scale(0)
    answer = three.apply({**three.external, "replicas": 1})
    scale(3)
    assert answer.returncode != 0
    assert "Kafka keeps replicas of its data on 3 nodes and cannot go down to 1" in answer.stderr
    three.wait(3)


@pytest.mark.slow
def test_three_nodes_find_their_records_after_a_new_install(three: Release) -> None:
    before = read_all(three, "events")
    three.uninstall()
    assert three.claims() == {"data-three-0", "data-three-1", "data-three-2"}
    answer = three.apply({**three.external, "replicas": 1})
    assert answer.returncode != 0 and "cannot go down to 1" in answer.stderr
    seconds = three.bring_up(three.external)
    after = read_all(three, "events")
    found_again("kafka, 3 nodes: installed again", chain(*before.values()), chain(*after.values()), seconds)
    assert after == before
    killed = [number for number in range(3) if "no clean shutdown file was found" in three.log(number)]
    assert len(killed) <= 1, "only the last one has nobody to hand over to"
    with numbering(three, "events") as ledger, ledger.running():
        pass

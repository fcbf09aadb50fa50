"""Kafka with controllers of their own: what a client with acks=all is told while nodes come, go and change.

The tests of this file follow each other on one release. Minutes, not seconds.
"""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import chain

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource

from catalog.rules.values import overlay
from tests.cluster.charts.kafka_client import QUORUM, free_ports, login, make_topic, partitions_of, voters
from tests.cluster.charts.kafka_ledger import PARTITIONS, check, numbering, read_all, wait_until_whole
from tests.cluster.charts.ledger import Ledger, found_again
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
TOPIC = "orders"
RUNNING = "/tmp/run/server.properties"
SMALL = {
    "auth": {"mechanism": "SCRAM-SHA-512"},
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


@pytest.fixture
def ledger(apart: Release) -> Iterator[Ledger]:
    """Writes to the topic while a test runs."""
    with numbering(apart, TOPIC) as begun:
        yield begun


def seen_by(release: Release, user: str) -> set[str]:
    """The topics that a declared user sees, signed in with what its binding says."""
    own = release.secret(f"binding-{user}")
    who = {"sasl.username": own["username"], "sasl.password": own["password"], "sasl.mechanism": own["sasl-mechanism"]}
    return set(AdminClient(login(release, **who)).list_topics(timeout=20).topics)


def test_declared_topics_and_users_are_there(apart: Release) -> None:
    partitions = partitions_of(AdminClient(login(apart)), TOPIC)
    assert len(partitions) == PARTITIONS
    assert {len(partition.replicas) for partition in partitions.values()} == {3}
    assert seen_by(apart, "shop") == {TOPIC}, "a user sees the topics it has a right to"
    assert "Kafka keeps what is written to it." in apart.test()


def test_each_node_says_what_it_is_and_how_far_it_is_behind(apart: Release) -> None:
    assert set(apart.told("server").values()) == {"broker"}
    roles = apart.told("controller")
    assert sorted(roles.values()) == ["follower", "follower", "leader"]
    assert roles[f"apart-controller-{active_controller(apart)}"] == "leader"
    eventually(lambda: set(apart.told("server", "lag").values()) == {"0"}, "no node is behind", 60)
    assert all(0 <= int(records) < 100 for records in apart.told("controller", "lag").values())


def zones_of_nodes(release: Release) -> dict[int, str]:
    """The zone of the machine on which each node runs, by the node's id."""
    zones = {}
    for pod in release.pods():
        machine = release.api.read_node(pod.spec.node_name)
        number = int(pod.metadata.name.rpartition("-")[2])
        zones[100 + number] = machine.metadata.labels["topology.kubernetes.io/zone"]
    return zones


def zones_of_replicas(release: Release) -> dict[str, list[str]]:
    """The zones in which the replicas of each partition of every topic lie."""
    zones = zones_of_nodes(release)
    topics = AdminClient(login(release)).list_topics(timeout=20).topics.values()
    return {
        f"{topic.topic}-{number}": sorted(zones[node] for node in partition.replicas)
        for topic in topics
        for number, partition in topic.partitions.items()
    }


def test_replicas_lie_in_different_zones(apart: Release) -> None:
    zones = zones_of_nodes(apart)
    told = {node: apart.execute(f"apart-{node - 100}", "grep", "^broker.rack", RUNNING).strip() for node in zones}
    assert told == {node: f"broker.rack={zone}" for node, zone in zones.items()}
    in_three_zones(apart, {f"{TOPIC}-{number}" for number in range(PARTITIONS)})


def in_three_zones(release: Release, named: set[str]) -> None:
    """Asserts that every partition, these among them, has three replicas, each in a zone of its own."""
    found = zones_of_replicas(release)
    assert named <= found.keys()
    assert {name: zones for name, zones in found.items() if len(zones) != 3 or len(set(zones)) != 3} == {}


def test_a_new_version_rolls_through_while_a_client_writes(apart: Release, ledger: Ledger) -> None:
    with ledger.running():
        seconds = apart.bring_up(apart.external, seconds=900)
    check(apart, ledger, "kafka, 3 + 3: rolling upgrade 4.2.1 to 4.3.1", seconds)
    assert all(pod.spec.containers[0].image.endswith("kafka:4.3.1") for pod in apart.pods())


def test_a_node_is_killed_while_a_client_writes(apart: Release, ledger: Ledger) -> None:
    with ledger.running():
        started = time.monotonic()
        apart.delete_pod(1, grace=0)
        wait_until_whole(apart, TOPIC)
        seconds = time.monotonic() - started
    check(apart, ledger, "kafka, 3 + 3: a node killed", seconds)


def active_controller(release: Release) -> int:
    """The id of the controller that decides just now, as a node of the release says."""
    said = release.execute(f"{release.name}-0", "bash", "-c", QUORUM)
    return int(re.search(r"^LeaderId:\s*(\d+)", said, re.MULTILINE)[1])


def test_the_active_controller_is_killed_while_a_client_writes(apart: Release, ledger: Ledger) -> None:
    killed = active_controller(apart)
    with ledger.running():
        started = time.monotonic()
        apart.api.delete_namespaced_pod(f"apart-controller-{killed}", apart.namespace, grace_period_seconds=0)
        assert make_topic(apart, "after-the-controller") == 3, "another controller decides"
        wait_until_whole(apart, TOPIC)
        seconds = time.monotonic() - started
    check(apart, ledger, "kafka, 3 + 3: the active controller killed", seconds)


def test_a_topic_and_a_user_are_added_and_the_earlier_ones_stay(apart: Release, ledger: Ledger) -> None:
    before = {pod.metadata.name: pod.metadata.uid for pod in [*apart.pods(), *apart.pods("controller")]}
    shop = apart.secret("binding-shop")
    refunds = {"name": "refunds", "partitions": 2}
    desk = {"name": "desk", "topics": ["refunds"], "may": ["read"], "groups": ["desk"]}
    apart.external = {
        **apart.external,
        "topics": {"declared": [*SMALL["topics"]["declared"], refunds]},
        "users": [*SMALL["users"], desk],
    }
    with ledger.running():
        seconds = apart.bring_up(apart.external)
        added = partitions_of(AdminClient(login(apart)), "refunds")
        assert [len(partition.replicas) for partition in added.values()] == [3, 3]
        assert (seen_by(apart, "desk"), seen_by(apart, "shop")) == ({"refunds"}, {TOPIC})
    check(apart, ledger, "kafka, 3 + 3: a topic and a user added", seconds)
    assert apart.secret("binding-shop") == shop
    assert kept_for(apart, TOPIC) == "86400000"
    assert {pod.metadata.name: pod.metadata.uid for pod in [*apart.pods(), *apart.pods("controller")]} == before


def kept_for(release: Release, topic: str) -> str:
    """How many milliseconds a topic keeps its records."""
    asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
    admin = AdminClient(login(release))  # it answers for as long as somebody holds it
    return admin.describe_configs([asked])[asked].result(30)["retention.ms"].value


def nodes_of(release: Release) -> set[int]:
    """The nodes that hold a replica of the topic."""
    partitions = partitions_of(AdminClient(login(release)), TOPIC)
    return {node for partition in partitions.values() for node in partition.replicas}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"replicas": 3, "controllers": 0}, "controllers was 3 when the data were made and cannot become 0"),
        ({"replicas": 4, "controllers": 0}, "Nodes that are controllers too come as 1 or 3, not as 4"),
        ({"controller": {"persistence": {"size": "2Gi"}}}, "controller.persistence.size is 1Gi and cannot become 2Gi"),
        ({"controller": {"persistence": {"storageClass": "other"}}}, 'controller.persistence.storageClass was ""'),
        ({"serverVersion": "6.0.0"}, "a version that this chart knows"),
        ({"replicas": 2, "controllers": 5}, "With 5 controllers of their own, replicas is 2 but must be at least 3"),
    ],
)
def test_what_would_lose_records_is_refused_in_its_own_words(apart: Release, values: dict, words: str) -> None:
    assert words in apart.refused(overlay([apart.external, values]))


def test_a_fourth_node_takes_its_share_and_leaves_again_while_a_client_writes(apart: Release, ledger: Ledger) -> None:
    apart.external = {**apart.external, "replicas": 4}
    with ledger.running():
        started = time.monotonic()
        apart.bring_up(apart.external, seconds=600)
        # Four nodes lie in three zones, so only who minds the zones keeps the replicas of twelve partitions apart.
        assert make_topic(apart, "zoned", 12) == 3
        apart.steps("afterOut", 3, 4)
        assert 103 in nodes_of(apart)
        in_three_zones(apart, {f"zoned-{number}" for number in range(12)})
        answer = apart.apply({**apart.external, "replicas": 3})
        assert "Kafka has data on 4 nodes and cannot go down to 3 like this" in answer.stderr
        apart.steps("beforeIn", 4, 3)
        assert nodes_of(apart) == {100, 101, 102}
        in_three_zones(apart, {f"zoned-{number}" for number in range(12)})
        apart.external = {**apart.external, "replicas": 3}
        apart.bring_up({**apart.external, "scaleIn": {"confirmed": True}}, seconds=600)
        apart.steps("afterIn", 4, 3)
        wait_until_whole(apart, TOPIC)
        seconds = time.monotonic() - started
        apart.api.delete_namespaced_persistent_volume_claim("data-apart-3", apart.namespace)
    check(apart, ledger, "kafka, 3 + 3: out to 4 nodes and in to 3", seconds)
    assert len(AdminClient(login(apart)).list_topics(timeout=20).brokers) == 3


def test_the_machine_of_the_active_controller_loses_power_while_a_client_writes(
    apart: Release, ledger: Ledger, power: Callable[[str, str], None]
) -> None:
    node = apart.pods("controller")[active_controller(apart)].spec.node_name
    try:
        with ledger.running():
            power("off", node)
            ledger.wait_for(200)
            power("on", node)
            started = time.monotonic()
            wait_until_whole(apart, TOPIC)
            seconds = time.monotonic() - started
    except subprocess.CalledProcessError as exc:  # the tool's words say more than its code
        raise AssertionError(exc.stderr) from exc
    finally:
        power("on", node)
    check(apart, ledger, "kafka, 3 + 3: the machine of the active controller without power, then back", seconds)


def test_three_controllers_become_five_while_a_client_writes(apart: Release, ledger: Ledger) -> None:
    apart.external = {**apart.external, "controllers": 5}
    with ledger.running():
        started = time.monotonic()
        apart.bring_up(apart.external, seconds=900)
        eventually(lambda: sorted(voters(apart, 0)) == [0, 1, 2, 3, 4], "five controllers vote", 180)
        seconds = time.monotonic() - started
        active = active_controller(apart)
        for number in (active, 3 if active == 4 else 4):
            apart.api.delete_namespaced_pod(f"apart-controller-{number}", apart.namespace, grace_period_seconds=0)
        assert make_topic(apart, "after-two-controllers") == 3, "three of five decide"
        wait_until_whole(apart, TOPIC)
    check(apart, ledger, "kafka, 3 + 3: three controllers to five, then two of them killed", seconds)
    assert "cannot become 3: the quorum" in apart.refused({**apart.external, "controllers": 3})


def test_uninstalled_and_installed_again_it_has_its_records(apart: Release) -> None:
    before = read_all(apart, TOPIC)
    apart.uninstall()
    seconds = apart.bring_up(apart.external, seconds=600)
    after = read_all(apart, TOPIC)
    found_again("kafka, 3 + 5: installed again", chain(*before.values()), chain(*after.values()), seconds)
    assert after == before
    apart.uninstall()

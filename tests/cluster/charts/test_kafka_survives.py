"""What three Kafka nodes survive: a power cut, a lost disk, growing from one node, a new version. Minutes, not seconds.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a node and brings it back: TOOL node off|on NAME.
"""

import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.charts.kafka_client import free_ports, make_topic, read, replicas_in_sync, voters, write
from tests.cluster.charts.kafka_ledger import check, numbering, read_all, wait_until_whole
from tests.cluster.charts.ledger import Ledger
from tests.cluster.charts.release import Release, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture(scope="module")
def three(release: Callable[[str, str], Release]) -> Release:
    """Three nodes of the earlier series in the size of the small plan, with a topic of three replicas."""
    made = release("survivor", "kafka")
    made.external = {"replicas": 3, **free_ports(made)}
    made.install({**made.external, "serverVersion": "4.2.1"}, pods=3)
    assert make_topic(made, "events") == 3
    return made


@pytest.fixture
def ledger(three: Release) -> Iterator[Ledger]:
    """Writes to the topic while a test runs."""
    with numbering(three, "events") as begun:
        yield begun


def lose_disk(release: Release, number: int) -> None:
    """Removes the claim of a node and its pod, and waits until the node is back with a new disk."""
    release.api.delete_namespaced_persistent_volume_claim(f"data-{release.name}-{number}", release.namespace)
    release.delete_pod(number, grace=0)
    release.wait(3)


def test_a_new_version_rolls_through_while_clients_write(three: Release, ledger: Ledger) -> None:
    with ledger.running():
        seconds = three.bring_up(three.external, seconds=900)
    check(three, ledger, "kafka, 3 nodes: rolling upgrade 4.2.1 to 4.3.1", seconds)
    assert all(pod.spec.containers[0].image.endswith("kafka:4.3.1") for pod in three.pods())


@pytest.mark.parametrize("number", [1, 0])
def test_a_node_that_lost_its_disk_joins_again_and_copies_its_replicas(three: Release, number: int) -> None:
    before = voters(three, 2)
    records = read_all(three, "events")
    lose_disk(three, number)
    eventually(lambda: replicas_in_sync(three, "events") == 3, "three replicas in sync", 240)
    eventually(lambda: voters(three, 2).get(number) not in {None, before[number]}, "the node votes again", 240)
    assert voters(three, 2).keys() == {0, 1, 2}
    assert read_all(three, "events") == records


def test_no_acknowledged_record_is_lost_when_a_machine_loses_power(
    three: Release, ledger: Ledger, power: Callable[[str, str], None]
) -> None:
    node = three.pods()[2].spec.node_name
    try:
        with ledger.running():
            power("off", node)
            ledger.wait_for(200)
            power("on", node)
            started = time.monotonic()
            wait_until_whole(three, "events")
            seconds = time.monotonic() - started
    except subprocess.CalledProcessError as exc:  # the tool's words say more than its code
        raise AssertionError(exc.stderr) from exc
    finally:
        power("on", node)
    check(three, ledger, "kafka, 3 nodes: a machine without power, then back", seconds)


def test_one_node_grows_to_three_that_vote(release: Callable[[str, str], Release]) -> None:
    grown = release("grown", "kafka")
    grown.external = {"replicas": 1, **free_ports(grown)}
    grown.install(grown.external)
    assert make_topic(grown, "old") == 1
    write(grown, "old", (f"{number}" for number in range(50)))
    grown.external["replicas"] = 3
    grown.install(grown.external, pods=3)
    eventually(lambda: voters(grown, 0).keys() == {0, 1, 2}, "three voters", 240)
    assert len(read(grown, "old", 50)) == 50
    assert make_topic(grown, "new") == 3
    assert len(write(grown, "new", (f"{number}" for number in range(50)))) == 50

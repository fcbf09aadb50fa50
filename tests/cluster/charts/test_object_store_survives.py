"""What several SeaweedFS servers survive: a new version, killed pods, growing and shrinking, lost names, a power cut.

Minutes, not seconds. The tests follow each other on one release.
"""

import itertools
import re
import subprocess
import time
from collections.abc import Callable

import pytest

from catalog.rules.values import overlay
from tests.cluster.charts.ledger import Ledger, found_again
from tests.cluster.charts.release import Release, eventually, internal
from tests.cluster.charts.s3_client import free_port, numbers, store

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
BUCKETS = ["data", *(f"more-{number}" for number in range(8))]
SMALL = {"cpu": "20m", "memory": "256Mi"}


@pytest.fixture(scope="module")
def objects(release: Callable[[str, str], Release]) -> Release:
    """The standard plan in a small size and in the earlier version, reachable at a port of the nodes."""
    made = release("many", "object-store")
    made.external = {
        "users": [{"name": "app", "buckets": BUCKETS}],
        "buckets": [{"name": name} for name in BUCKETS],
        "resources": SMALL,
        "persistence": {"size": "1Gi"},
        "volume": {"resources": SMALL, "persistence": {"size": "2Gi"}},
        "filer": {"resources": SMALL},
        "master": {"resources": {"cpu": "20m", "memory": "128Mi"}, "persistence": {"size": "1Gi"}},
        **free_port(made),
    }
    made.bring_up({**made.external, "serverVersion": "4.47"}, "standard")
    return made


def addresses(release: Release) -> list[str]:
    """Where the object store is reached: the port at each node."""
    nodes = release.api.list_node(label_selector="type!=kwok").items
    port = release.external["service"]["nodePort"]
    return [f"{internal(node)}:{port}" for node in nodes]


def writer(release: Release, prefix: str = "numbers") -> Callable[[int], None]:
    """Writes a number as an object; asks another node when one does not answer."""
    places, binding, client = itertools.cycle(addresses(release)), release.binding(), None

    def write(number: int) -> None:
        nonlocal client
        client = client or store(next(places), binding)
        try:
            key = f"{prefix}/{number}"
            client.put_object(Bucket="data", Key=key, Body=key.encode())
        except Exception:
            client = None
            raise

    return write


def connected(release: Release, attempts: int = 8):
    """A client that tries again, as the SDKs do."""
    return store(addresses(release)[0], release.binding(), attempts)


def forget(release: Release) -> None:
    """Removes the numbers of the test before."""
    client = connected(release)
    for number in numbers(client, "data"):
        client.delete_object(Bucket="data", Key=f"numbers/{number}")


def kill(release: Release, name: str) -> float:
    """Kills a pod without grace and gives the seconds until all is as asked for again."""
    started = time.monotonic()
    release.api.delete_namespaced_pod(name, release.namespace, grace_period_seconds=0)
    time.sleep(2)
    release.wait_for_all()
    return time.monotonic() - started


def test_nothing_is_lost_while_a_new_version_rolls_through(objects: Release) -> None:
    ledger = Ledger(writer(objects), keyed=True)
    with ledger.running():
        seconds = objects.bring_up(objects.external, "standard")
    report = ledger.report("object-store, 4.47 to 4.48", numbers(connected(objects), "data"), seconds)
    assert report.lost == 0
    for component in ("server", "master", "volume", "filer"):
        images = {pod.spec.containers[0].image.rpartition(":")[2] for pod in objects.pods(component)}
        assert images == {"4.48"}, component


@pytest.mark.parametrize("component", ["server", "volume", "master", "filer"])
def test_nothing_is_lost_when_a_pod_is_killed(objects: Release, component: str) -> None:
    forget(objects)
    ledger = Ledger(writer(objects), keyed=True)
    with ledger.running():
        seconds = kill(objects, objects.pods(component)[0].metadata.name)
    report = ledger.report(f"object-store, a {component} killed", numbers(connected(objects), "data"), seconds)
    assert report.lost == 0


def test_helm_test_writes_and_reads_through_several_servers(objects: Release) -> None:
    assert "The object store keeps what is written to it" in objects.test()


def test_s3_servers_come_and_leave_and_nothing_is_lost(objects: Release) -> None:
    forget(objects)
    ledger = Ledger(writer(objects), keyed=True)
    with ledger.running():
        seconds = objects.bring_up({**objects.external, "replicas": 3}, "standard")
        assert len(objects.pods()) == 3
        ledger.wait_for(50)
        seconds += objects.bring_up(objects.external, "standard")
        eventually(lambda: len(objects.pods()) == 2, "the third server is gone", 180)
    report = ledger.report("object-store, 2 to 3 and to 2 S3 servers", numbers(connected(objects), "data"), seconds)
    assert report.lost == 0


def room(objects: Release) -> int:
    """How many files of objects all volume servers may have together; an empty server is listed by nothing else."""
    said = objects.execute("many-volume-0", "sh", "-c", ". /etc/anywhere/admin.sh; shell volume.list")
    found = re.search(r"volume:\d+/(\d+)", said)
    return int(found[1]) if found else 0


def test_a_volume_server_comes_and_leaves_and_nothing_is_lost(objects: Release) -> None:
    forget(objects)
    four = {**objects.external, "volume": {**objects.external["volume"], "replicas": 4}}
    before = room(objects)
    ledger = Ledger(writer(objects), keyed=True)
    with ledger.running():
        seconds = objects.bring_up(four, "standard")
        eventually(lambda: room(objects) > before, "the masters know of the new server", 240)
        client = connected(objects)
        for bucket in BUCKETS[1:]:
            client.put_object(Bucket=bucket, Key="word", Body=bucket.encode())
        files = ["sh", "-c", "ls /data/*.dat | wc -l"]
        assert int(objects.execute("many-volume-3", *files)) > 0, "the new server holds nothing"
        answer = objects.apply(objects.external, "standard")
        assert answer.returncode != 0
        assert "has data on 4 nodes and cannot go down to 3" in answer.stderr
        said = objects.steps("beforeIn", 4, 3, "volume")
        assert "nothing is left on many-volume-3" in said[-1]
        assert "nothing is left on many-volume-3" in objects.steps("beforeIn", 4, 3, "volume")[-1]
        seconds += objects.bring_up({**objects.external, "scaleIn": {"confirmed": True}}, "standard")
    what = "object-store, 3 to 4 and to 3 volume servers"
    report = ledger.report(what, numbers(connected(objects), "data"), seconds)
    assert report.lost == 0
    for bucket in BUCKETS[1:]:
        assert client.get_object(Bucket=bucket, Key="word")["Body"].read() == bucket.encode()
    claim = objects.api.read_namespaced_persistent_volume_claim("objects-many-volume-3", objects.namespace)
    objects.api.delete_namespaced_persistent_volume_claim(claim.metadata.name, objects.namespace)
    objects.bring_up(objects.external, "standard")


@pytest.mark.parametrize("where", ["outside", "on the volume servers"])
def test_a_lost_volume_of_the_filer_is_made_good_from_the_saved_names(objects: Release, where: str) -> None:
    client = connected(objects)
    client.put_object(Bucket="data", Key="kept", Body=b"kept")
    filer = ["-n", objects.namespace, "exec", "-i", "many-filer-0", "--", "sh"]
    saved = subprocess.run([objects.kubectl, *filer, "/etc/anywhere/save-names.sh"], check=True, capture_output=True)
    keep = ("sh", "/etc/anywhere/keep-names.sh")
    for pod in objects.pods("volume"):
        assert "keeps the names of" in objects.execute(pod.metadata.name, *keep, "save")
    objects.api.delete_namespaced_persistent_volume_claim("names-many-filer-0", objects.namespace)
    kill(objects, "many-filer-0")
    with pytest.raises(Exception, match="NoSuchBucket|NoSuchKey"):
        client.get_object(Bucket="data", Key="kept")
    if where == "outside":
        names = ["/etc/anywhere/load-names.sh"]
        subprocess.run([objects.kubectl, *filer, *names], input=saved.stdout, check=True, capture_output=True)
    else:
        assert "the filer has the names of" in objects.execute("many-volume-0", *keep, "load")

    def found() -> bool:
        try:
            return client.get_object(Bucket="data", Key="kept")["Body"].read() == b"kept"
        except client.exceptions.ClientError:
            return False

    eventually(found, "the object is found again", 60)
    for bucket in BUCKETS[1:]:
        assert client.get_object(Bucket=bucket, Key="word")["Body"].read() == bucket.encode()


@pytest.mark.parametrize("which", ["another", "the filer's"])
def test_nothing_is_lost_when_a_machine_loses_power(
    objects: Release, power: Callable[[str, str], None], which: str
) -> None:
    forget(objects)
    home = objects.pods("filer")[0].spec.node_name
    others = {pod.spec.node_name for pod in objects.pods("volume")} - {home}
    node = home if which == "the filer's" else min(others)
    ledger = Ledger(writer(objects), keyed=True)
    with ledger.running():
        power("off", node)
        try:
            time.sleep(75)
            if which == "another":
                ledger.wait_for(20)
        finally:
            power("on", node)
        started = time.monotonic()
        time.sleep(5)
        objects.wait_for_all(900)
        ledger.wait_for(20, 300)
        seconds = time.monotonic() - started
    found = numbers(connected(objects), "data")
    report = ledger.report(f"object-store, {which} machine without power for 75 s", found, seconds)
    assert report.lost == 0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"volume": {"persistence": {"size": "1Gi"}}}, "volume.persistence.size is 2Gi and cannot become 1Gi"),
        ({"volume": {"persistence": {"storageClass": "other"}}}, "volume.persistence.storageClass was"),
        ({"master": {"persistence": {"storageClass": "other"}}}, "master.persistence.storageClass was"),
        ({"master": {"replicas": 1}}, "master.replicas was 3 when the masters chose their first leader"),
        ({"copies": 1}, "copies was 2 when the data were made and cannot become 1"),
        ({"apart": "zones"}, "apart was servers when the data were made and cannot become zones"),
        ({"serverVersion": "6.1"}, "a version that this chart knows"),
        ({"serverVersion": "4.47"}, "SeaweedFS 4.47 cannot read the data"),
    ],
)
def test_what_would_lose_objects_is_refused_in_its_own_words(objects: Release, values: dict, words: str) -> None:
    assert words in objects.refused(overlay([objects.external, values]), "standard")


def test_the_standard_plan_becomes_the_large_one_while_a_client_writes(objects: Release) -> None:
    forget(objects)
    ledger = Ledger(writer(objects), keyed=True)
    with ledger.running():
        seconds = objects.bring_up(objects.external, "large", 900)
    report = ledger.report("object-store, standard to large", numbers(connected(objects), "data"), seconds)
    assert report.lost == 0
    assert [len(objects.pods(each)) for each in ("server", "volume", "filer", "master")] == [4, 6, 1, 3]


def test_uninstalled_and_installed_again_it_has_its_objects_and_its_keys(objects: Release) -> None:
    connected(objects).put_object(Bucket="data", Key="numbers/1000000", Body=b"numbers/1000000")
    before, claims, found = objects.binding(), objects.claims(), numbers(connected(objects), "data")
    objects.uninstall()
    assert objects.claims() == claims
    seconds = objects.bring_up(objects.external, "large", 900)
    assert objects.binding() == before
    after = numbers(connected(objects), "data")
    assert found_again("object store, replicated: installed again", found, after, seconds, keyed=True).lost == 0
    assert after == found

"""A real Spark Connect client outside the cluster, through a port of its nodes, and what the master says of itself."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from kubernetes import client
from pyspark.sql import Row
from pyspark.sql.connect.session import SparkSession

from tests.cluster.charts.release import SLOW, Release, eventually

# The smallest sizes that work: one worker with one core.
TINY = {
    "workers": {"replicas": 1, "cores": 1, "resources": {"cpu": "400m", "memory": "1Gi"}, "scratch": "1Gi"},
    "connect": {"resources": {"cpu": "400m", "memory": "1Gi"}},
    "master": {"resources": {"cpu": "300m", "memory": "384Mi"}},
    "service": {"type": "NodePort"},
    "networkPolicy": {"clients": "anywhere"},
}
# The image that has what Spark needs to reach Kafka, Cassandra and an object store.
CONNECTORS = {"image": {"tag": "4.1.4-connectors"}, "connectors": {"source": "image"}}
# A job that takes the numbers of topic "events" to table "jobs", or the one that it is told, and to the object store;
# says how many, and their sum.
COPY = """
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
keys = ("bootstrap.servers", "security.protocol", "sasl.mechanism")
login = {"kafka." + key: spark.conf.get("spark.bindings.kafka." + key) for key in keys}
events = spark.read.format("kafka").options(**login, subscribe="events", startingOffsets="earliest").load()
name = sys.argv[1] if len(sys.argv) > 1 else "jobs"
rows = events.selectExpr("CAST(CAST(value AS string) AS int) AS id", "concat('by job ', CAST(value AS string)) AS text")
table = {"keyspace": spark.conf.get("spark.bindings.cassandra.keyspace"), "table": name}
rows.write.format("org.apache.spark.sql.cassandra").options(**table).mode("append").save()
place = f"s3a://{spark.conf.get('spark.bindings.object-store.bucket')}/{name}"
rows.write.mode("overwrite").parquet(place)
print("COPIED", *spark.read.parquet(place).selectExpr("count(*)", "sum(id)").first())
"""

# A Maven repository that has the jars of an image.
MIRROR = """
import http.server

class Jars(http.server.SimpleHTTPRequestHandler):
    def translate_path(self, path):
        return "/opt/spark/jars/" + path.rsplit("/", 1)[1]

http.server.ThreadingHTTPServer(("", 8000), Jars).serve_forever()
"""


def serve_jars(api: client.CoreV1Api, namespace: str) -> str:
    """Starts a Maven repository with the jars of the image that has the connectors; gives its address."""
    safe = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "mirror", "image": "docker.io/apache/spark:4.1.4-connectors", "command": ["python3", "-c", MIRROR],
        "securityContext": safe, "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
    }  # fmt: skip
    pod = {
        "metadata": {"name": "maven", "labels": {"app": "maven"}},
        "spec": {
            "containers": [container], "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 185, "seccompProfile": {"type": "RuntimeDefault"}},
        },
    }  # fmt: skip
    api.create_namespaced_pod(namespace, pod)
    service = {"metadata": {"name": "maven"}, "spec": {"selector": {"app": "maven"}, "ports": [{"port": 8000}]}}
    api.create_namespaced_service(namespace, service)
    return f"http://maven.{namespace}.svc.cluster.local:8000/maven2"


def uri(release: Release, token: str | None = None) -> str:
    """The address of Spark Connect from outside the cluster, with the token of the binding or another one."""
    service = release.api.read_namespaced_service(f"{release.name}-connect", release.namespace)
    port = next(entry.node_port for entry in service.spec.ports if entry.name == "connect")
    given = release.binding()["token"] if token is None else token
    login = f"/;authorization=Bearer%20{given}" if given else ""
    return f"sc://{door(release)}:{port}{login}"


def door(release: Release) -> str:
    """The address of the machine that Spark Connect runs on: a client is not cut off by the loss of another one."""
    return release.machine(next(filter(None, release.places("connect")), ""))


@contextmanager
def connected(release: Release, token: str | None = None) -> Iterator[SparkSession]:
    """A session of Spark Connect."""
    session = SparkSession.builder.remote(uri(release, token)).create()
    try:
        yield session
    finally:
        with suppress(Exception):  # the server may be gone already
            session.stop()


def long_query(session: SparkSession, tasks: int = 12, seconds: float = 2.0) -> list[Row]:
    """The sums of so many tasks, each of which keeps a core busy about so long, and of the shuffle behind them."""
    rows = int(tasks * seconds * 20_000)
    work = "aggregate(sequence(1, 200), 0L, (a, x) -> a + x)"
    each = f"SELECT id % 3 AS rest, {work} AS n FROM range(0, {rows}, 1, {tasks})"
    summed = f"SELECT rest, count(*) AS rows, sum(n) AS total FROM ({each}) GROUP BY rest ORDER BY rest"
    return session.sql(summed).collect()


def warm_up(release: Release) -> None:
    """Lets Java load what a write takes, which the first one waits for."""
    with connected(release) as session:
        session.range(4).repartition(4).write.mode("overwrite").parquet("s3a://data/warm")


class Numbers:
    """Writes numbers one after the other as files of the bound object store; a broken session is opened again."""

    def __init__(self, release: Release, table: str) -> None:
        self.release, self.table, self.session = release, table, None

    def __call__(self, number: int) -> None:
        """Gives when the file with the number has been written; raises what the server said."""
        try:
            if self.session is None:
                self.session = SparkSession.builder.remote(uri(self.release)).create()
            self.session.range(number, number + 1, 1, 1).write.mode("append").parquet(self.table)
        except Exception:
            old, self.session = self.session, None
            if old is not None:
                with suppress(Exception):
                    old.client.close()
            raise

    def read(self) -> list[int]:
        """The numbers in the files."""
        with connected(self.release) as session:
            return [row.id for row in session.read.parquet(self.table).collect()]


def master(release: Release) -> dict:
    """What the master says: status, workers, applications; empty while it does not answer."""
    pods = [pod for pod in release.pods("master") if pod.status.pod_ip]
    if not pods:
        return {}
    try:
        with urllib.request.urlopen(f"http://{pods[0].status.pod_ip}:8080/json/", timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return {}


def alive(release: Release) -> set[str]:
    """The ids of the workers that the master knows to be alive."""
    return {worker["id"] for worker in master(release).get("workers", []) if worker["state"] == "ALIVE"}


def wait_for_workers(release: Release, number: int, seconds: float = SLOW) -> None:
    """Waits until the master knows exactly so many workers."""
    eventually(lambda: len(alive(release)) == number, f"{number} workers are registered", seconds)


def kill(release: Release, component: str, number: int = 0) -> str:
    """Removes a pod of a part at once, without any time to stop; gives its name."""
    pod = release.pods(component)[number].metadata.name
    release.api.delete_namespaced_pod(pod, release.namespace, grace_period_seconds=0)
    return pod


def command_lines(release: Release, component: str) -> str:
    """The command lines of all processes in the first pod of a part."""
    pod = release.pods(component)[0].metadata.name
    return release.execute(pod, "bash", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '", container="spark")

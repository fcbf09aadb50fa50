"""Spark bound to Kafka, Cassandra and an object store: records go from one to the others with the bound credentials.

The image with the connectors is that of tests/cluster/images/spark-connectors.
"""

import json
import urllib.request
from collections.abc import Callable

import pytest
from kubernetes import client

from tests.charts.chart import ROOT
from tests.cluster.charts import cassandra_client
from tests.cluster.charts.kafka_client import free_ports, make_topic, write
from tests.cluster.charts.release import SLOW, Release, eventually
from tests.cluster.charts.s3_client import store
from tests.cluster.charts.spark_client import (
    CONNECTORS,
    COPY,
    TINY,
    command_lines,
    connected,
    serve_jars,
    wait_for_workers,
)
from tests.cluster.charts.test_spark_job_runs import SMALL, finished, log

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
RECORDS = 300
BINDINGS = {"kafka": "events-binding", "cassandra": "views-binding", "objectStore": "lake-binding"}


@pytest.fixture(scope="module")
def events(release: Callable[[str, str], Release]) -> Release:
    """Kafka with a topic of numbers."""
    made = release("events", "kafka")
    made.external = free_ports(made)
    made.bring_up(made.external, seconds=SLOW)
    make_topic(made, "events")
    assert len(write(made, "events", map(str, range(RECORDS)))) == RECORDS
    return made


@pytest.fixture(scope="module")
def views(release: Callable[[str, str], Release]) -> Release:
    """Cassandra with a table for Spark Connect and one for the job."""
    made = release("views", "cassandra")
    made.bring_up({**cassandra_client.CHEAP, "networkPolicy": {"clients": "anywhere"}}, seconds=SLOW)
    with cassandra_client.connected(made) as session:
        for table in ("numbers", "jobs", "fetched_numbers", "fetched_jobs"):
            session.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, text text)", timeout=60)
    return made


@pytest.fixture(scope="module")
def spark(release: Callable[[str, str], Release], events: Release, views: Release, lake: Release) -> Release:
    """Spark bound to all three, with a history."""
    made = release("analytics", "spark")
    history = {"history": {"enabled": True, "resources": {"cpu": "200m", "memory": "600Mi"}}}
    made.bring_up({**TINY, **CONNECTORS, **history, "bindings": BINDINGS}, seconds=SLOW)
    wait_for_workers(made, 1)
    return made


def rows(release: Release, table: str) -> dict[int, str]:
    """What a client of Cassandra finds in a table."""
    with cassandra_client.connected(release) as session:
        return {row.id: row.text for row in session.execute(f"SELECT id, text FROM {table}", timeout=60)}


def test_spark_connect_takes_records_from_kafka_to_cassandra_and_the_object_store(
    spark: Release, views: Release
) -> None:
    taken_to_cassandra_and_the_object_store(spark, views, "numbers")


def taken_to_cassandra_and_the_object_store(spark: Release, views: Release, name: str) -> None:
    """Spark Connect takes the numbers of Kafka to a table and to a folder of one name, and what is there is right."""
    with connected(spark) as session:
        keys = ("bootstrap.servers", "security.protocol", "sasl.mechanism")
        login = {"kafka." + key: session.conf.get("spark.bindings.kafka." + key) for key in keys}
        read = session.read.format("kafka").options(**login, subscribe="events", startingOffsets="earliest").load()
        found = read.selectExpr(
            "CAST(CAST(value AS string) AS int) AS id", "concat('n', CAST(value AS string)) AS text"
        )
        place = {"keyspace": session.conf.get("spark.bindings.cassandra.keyspace"), "table": name}
        found.write.format("org.apache.spark.sql.cassandra").options(**place).mode("append").save()
        bucket = session.conf.get("spark.bindings.object-store.bucket")
        found.write.mode("overwrite").parquet(f"s3a://{bucket}/{name}")
        assert session.read.parquet(f"s3a://{bucket}/{name}").selectExpr("sum(id) AS n").first().n == sum(
            range(RECORDS)
        )
        joined = session.sql(f"SELECT count(*) AS n FROM cassandra.{place['keyspace']}.{name} WHERE text LIKE 'n%'")
        assert joined.first().n == RECORDS
    assert rows(views, name) == {number: f"n{number}" for number in range(RECORDS)}


def test_a_job_takes_them_with_the_same_credentials_and_shows_in_the_history(
    spark: Release, views: Release, lake: Release, release: Callable[[str, str], Release]
) -> None:
    job = release("copy", "spark-job")
    values = {
        **SMALL,
        **CONNECTORS,
        "bindings": BINDINGS,
        "main": {"text": COPY},
        "history": {"folder": "spark-events/analytics"},
    }
    assert job.apply(values).returncode == 0
    assert finished(job).status.succeeded == 1, log(job)
    assert f"COPIED {RECORDS}" in log(job)
    assert rows(views, "jobs") == {number: f"by job {number}" for number in range(RECORDS)}
    address = spark.pods("history")[0].status.pod_ip

    def shown() -> bool:
        with urllib.request.urlopen(f"http://{address}:18080/api/v1/applications", timeout=20) as answer:
            return "copy" in {entry["name"] for entry in json.load(answer)}

    eventually(shown, "the history shows the job", 120)
    s3 = store(f"{lake.pods()[0].status.pod_ip}:8333", lake.binding(), attempts=5)
    logs = s3.list_objects_v2(Bucket="data", Prefix="spark-events/analytics/")["Contents"]
    text = b"".join(s3.get_object(Bucket="data", Key=item["Key"])["Body"].read() for item in logs)
    secrets = [each.binding()[key] for each, key in ((views, "password"), (lake, "secret-access-key"))]
    assert not [secret for secret in secrets if secret.encode() in text]


# Two of what is bound share one of them.
JARS = len({line.split()[2] for line in (ROOT / "spark/files/connectors-4.1.txt").read_text().splitlines()[1:]})


@pytest.fixture(scope="module")
def mirror(api: client.CoreV1Api, namespace: str) -> str:
    """The address of a Maven repository in the namespace: the jars of the image with the connectors."""
    return serve_jars(api, namespace)


def fetched(release: Release, component: str) -> str:
    """What the official image said when it fetched the jars for a part."""
    pod = release.pods(component)[-1].metadata.name
    return release.api.read_namespaced_pod_log(pod, release.namespace, container="connectors")


def test_a_job_of_the_official_image_fetches_the_connectors_for_all_three(
    mirror: str, events: Release, views: Release, lake: Release, release: Callable[[str, str], Release]
) -> None:
    job = release("fetched", "spark-job")
    program = {"main": {"text": COPY}, "arguments": ["fetched_jobs"]}
    assert job.apply({**SMALL, **program, "bindings": BINDINGS, "connectors": {"repository": mirror}}).returncode == 0
    assert finished(job).status.succeeded == 1, log(job)
    assert f"COPIED {RECORDS}" in log(job)
    assert rows(views, "fetched_jobs") == {number: f"by job {number}" for number in range(RECORDS)}
    assert f"{JARS} jars fetched from http://maven." in fetched(job, "driver")


def test_spark_connect_of_the_official_image_fetches_the_connectors_for_all_three(
    mirror: str, events: Release, views: Release, lake: Release, release: Callable[[str, str], Release]
) -> None:
    made = release("official", "spark")
    history = {"history": {"enabled": True, "resources": {"cpu": "200m", "memory": "600Mi"}}}
    made.bring_up({**TINY, **history, "bindings": BINDINGS, "connectors": {"repository": mirror}}, seconds=SLOW)
    wait_for_workers(made, 1)
    taken_to_cassandra_and_the_object_store(made, views, "fetched_numbers")
    assert f"{JARS} jars fetched from http://maven." in fetched(made, "connect")
    assert "36 jars fetched from http://maven." in fetched(made, "history")
    for component in ("master", "worker", "connect", "history"):
        images = {each.spec.containers[0].image for each in made.pods(component)}
        assert images == {"docker.io/apache/spark:4.1.4"}
    made.uninstall()


def test_no_bound_secret_stands_on_a_command_line_or_in_the_configuration(
    spark: Release, events: Release, views: Release, lake: Release
) -> None:
    bound = [events.binding()["password"], views.binding()["password"], lake.binding()["secret-access-key"]]
    told = str(spark.api.read_namespaced_config_map(spark.name, spark.namespace).data)
    for component in ("master", "worker", "connect", "history"):
        said = command_lines(spark, component)
        assert not [secret for secret in bound if secret in said or secret in told]


def test_the_pages_of_spark_connect_do_not_show_them(spark: Release, views: Release, lake: Release) -> None:
    address = spark.pods("connect")[0].status.pod_ip
    with urllib.request.urlopen(f"http://{address}:4040/environment/", timeout=60) as answer:
        page = answer.read().decode()
    assert "spark.hadoop.fs.s3a.secret.key" in page
    assert not [s for s in (views.binding()["password"], lake.binding()["secret-access-key"]) if s in page]

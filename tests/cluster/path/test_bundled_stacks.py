"""The stacks of the catalogue on a real cluster: what one operation makes works together, shown by a job and a cell."""

import base64
import contextlib
import io
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config
from playwright.sync_api import Page
from pyarrow import parquet

from tests.cluster.charts import s3_client
from tests.cluster.charts.cassandra_client import CHEAP
from tests.cluster.charts.kafka_client import SIGNED_IN
from tests.cluster.charts.spark_client import COPY, TINY, serve_jars
from tests.cluster.path.chaos import eventually
from tests.support.browser import chromium, seat
from tests.support.command_line import CommandLine
from tests.support.ingress import gateway

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
Kubectl = Callable[..., str]
SECONDS = 1500  # for nine Java processes to start on a machine with two cores
RECORDS = 300
SPARK = {key: TINY[key] for key in ("workers", "connect", "master")}
OFFICIAL = "docker.io/apache/spark:4.1.4"
PRODUCE = f"""{SIGNED_IN}
seq 0 {RECORDS - 1} | /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server "$HOSTNAME.$DOMAIN:9092" \
  --command-config /tmp/client.properties --command-property acks=all --topic events
"""
CELL = (
    "import os; from pyspark.sql import SparkSession; spark = SparkSession.builder.getOrCreate(); "
    "place = f\"s3a://{os.environ['S3_BUCKET']}/made\"; spark.range(100).write.mode('overwrite').parquet(place); "
    "print('SUM', spark.read.parquet(place).selectExpr('sum(id)').first()[0])"
)


def install(aw: CommandLine, what: str, name: str, values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Give the ended operation of an install with values in a file."""
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(values))
    given = ("install", what, name, "--cluster", "real", "-f", str(file), "--wait", "--timeout", str(SECONDS))
    ended: dict[str, Any] = aw.json(*given, seconds=SECONDS + 50)
    assert ended["state"] == "succeeded", ended["error"]
    return ended


def binding(kubectl: Kubectl, namespace: str, name: str) -> dict[str, str]:
    """Give the entries of a binding Secret."""
    found = json.loads(kubectl("-n", namespace, "get", "secret", f"{name}-binding", "-o", "json"))["data"]
    return {key: base64.b64decode(value).decode() for key, value in found.items()}


def query(kubectl: Kubectl, namespace: str, name: str, statement: str) -> str:
    """Give what Cassandra says to a statement in the keyspace of its binding."""
    login = binding(kubectl, namespace, name)
    rc = f"[authentication]\nusername = {login['username']}\npassword = {login['password']}\n"
    cqlsh = f"cqlsh --cqlshrc=/tmp/rc -k {login['keyspace-name']}"
    ask = f'umask 077; cat >/tmp/rc && {cqlsh} -e "{statement}" "$HOSTNAME"'
    return kubectl("-n", namespace, "exec", "-i", f"{name}-0", "-c", "cassandra", "--", "sh", "-c", ask, stdin=rc)


def ids_in_the_store(login: dict[str, str], port: int) -> list[int]:
    """Give the ids in the files of the job, fetched at a port of this machine and read by something else than Spark."""
    client = s3_client.store(f"127.0.0.1:{port}", login)
    listed = client.list_objects_v2(Bucket=login["bucket"], Prefix="jobs/")["Contents"]
    files = [item["Key"] for item in listed if item["Key"].endswith(".parquet")]
    read = [client.get_object(Bucket=login["bucket"], Key=key)["Body"].read() for key in files]
    return sorted(number for data in read for number in parquet.read_table(io.BytesIO(data))["id"].to_pylist())


@pytest.fixture(scope="module")
def mirror(kubeconfig: str, kubectl: Kubectl) -> Iterator[dict[str, Any]]:
    """Give the values with which Spark fetches its connectors from a Maven repository in the cluster."""
    namespace = f"maven-{secrets.token_hex(3)}"
    kubectl("create", "namespace", namespace)
    yield {
        "connectors": {"repository": serve_jars(client.CoreV1Api(config.new_client_from_config(kubeconfig)), namespace)}
    }
    kubectl("delete", "namespace", namespace, "--wait=false")


def images_of_spark(kubectl: Kubectl, namespace: str) -> set[str]:
    """Give the images of all that runs Spark in a namespace."""
    images = kubectl("-n", namespace, "get", "pods", "-o", "jsonpath={.items[*].spec.containers[*].image}").split()
    return {image for image in images if "/spark:" in image}


def test_a_spark_job_takes_records_from_kafka_to_cassandra_and_the_object_store_of_the_data_stack(
    aw: CommandLine, kubectl: Kubectl, name: str, mirror: dict[str, Any], forward: Callable[..., Any], tmp_path: Path
) -> None:
    values = {
        "kafka": {"topics": {"declared": [{"name": "events", "partitions": 3}]}},
        "cassandra": CHEAP,
        "spark": {**SPARK, **mirror},
    }
    ended = install(aw, "data-stack", name, values, tmp_path)
    assert [(s["name"], s["state"]) for s in ended["steps"]] == [
        (step, "done") for step in ("preflight", "kafka", "cassandra", "object-store", "spark")
    ]
    aw.wait_for(lambda: aw.json("stacks", "show", name)["health"]["verdict"] == "healthy", 120, "all are seen healthy")
    bound = {entry["name"] for entry in aw.json("services", "show", f"{name}-spark")["bound_to"]}
    assert bound == {f"{name}-kafka", f"{name}-cassandra", f"{name}-object-store"}

    kubectl("-n", name, "exec", f"{name}-kafka-0", "--", "bash", "-c", PRODUCE)
    query(kubectl, name, f"{name}-cassandra", "CREATE TABLE jobs (id int PRIMARY KEY, text text)")
    members = {"kafka": "kafka", "cassandra": "cassandra", "objectStore": "object-store"}
    job = {
        "driver": {"resources": {"cpu": "300m"}},
        "executors": {"resources": {"cpu": "300m"}},
        **mirror,
        "main": {"text": COPY},
        "bindings": {path: f"{name}-{member}-binding" for path, member in members.items()},
    }
    file = tmp_path / "job.yaml"
    file.write_text(yaml.safe_dump(job))
    asked = ("install", "spark-job", f"{name}-copy", "--cluster", "real", "--namespace", name, "-f", str(file))
    ended = aw.json(*asked, "--wait", "--timeout", "900", seconds=950)
    assert ended["state"] == "succeeded", ended["error"]
    driver = ("-l", f"app.kubernetes.io/instance={name}-copy,app.kubernetes.io/component=driver", "--tail=-1")

    def copied() -> bool:
        return f"COPIED {RECORDS} {sum(range(RECORDS))}\n" in kubectl("-n", name, "logs", *driver)

    eventually(copied, "the job says what it copied", 600)
    assert images_of_spark(kubectl, name) == {OFFICIAL}
    counted = query(kubectl, name, f"{name}-cassandra", "SELECT count(*) FROM jobs")
    assert str(RECORDS) in counted.split(), counted
    stored = binding(kubectl, name, f"{name}-object-store")
    with forward(name, f"{name}-object-store", 8333) as port:
        assert ids_in_the_store(stored, port) == list(range(RECORDS))
    shown = query(kubectl, name, f"{name}-cassandra", "SELECT text FROM jobs WHERE id = 7")
    assert "by job 7" in {line.strip() for line in shown.splitlines()}

    aw.run("services", "uninstall", f"{name}-copy", "--wait", seconds=300)
    ended = aw.json("stacks", "uninstall", name, "--delete-data", "--confirm", name, "--wait", seconds=700)
    assert [s["name"] for s in ended["steps"]] == ["spark", "object-store", "cassandra", "kafka"]
    assert kubectl("-n", name, "get", "deployments,statefulsets,pvc", "-o", "name") == ""


@pytest.fixture
def pages() -> Iterator[Callable[[str, str], Page]]:
    """Give what opens Chromium for a host at the address of an ingress controller."""
    with contextlib.ExitStack() as stack:

        def to(host: str, address: str) -> Page:
            browser = stack.enter_context(chromium(f"--host-resolver-rules=MAP *.test {address}"))
            page = stack.enter_context(seat(browser, f"http://{host}")).page
            page.set_default_timeout(240_000)
            return page

        yield to


def test_a_cell_of_the_notebook_stack_uses_spark_and_the_object_store(
    aw: CommandLine,
    kubectl: Kubectl,
    name: str,
    mirror: dict[str, Any],
    pages: Callable[[str, str], Page],
    tmp_path: Path,
) -> None:
    jupyter = {
        "resources": {"cpu": "100m", "memory": "768Mi"},
        "ingress": {"enabled": True, "className": "standard", "host": f"{name}.test"},
    }
    install(aw, "notebook-stack", name, {"spark": {**SPARK, **mirror}, "jupyter": jupyter}, tmp_path)
    page = pages(f"{name}.test", gateway(kubectl, name))
    page.goto(f"http://{name}.test/lab?reset")
    page.locator("#password_input").fill(binding(kubectl, name, f"{name}-jupyter")["token"])
    page.locator("#login_submit").click()
    page.locator(".jp-LauncherCard[data-category='Notebook']").first.click()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").first.wait_for()
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    page.keyboard.insert_text(CELL)
    page.keyboard.press("Shift+Enter")
    page.locator(".jp-OutputArea-output", has_text="SUM 4950").wait_for()
    assert images_of_spark(kubectl, name) == {OFFICIAL}
    aw.run("stacks", "uninstall", name, "--delete-data", "--confirm", name, "--wait", seconds=700)
    assert kubectl("-n", name, "get", "pvc", "-o", "name") == ""

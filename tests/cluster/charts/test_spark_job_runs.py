"""Spark jobs on a real cluster, with their programs in the values and in a real object store."""

import contextlib
import json
from collections.abc import Callable

import pytest
from kubernetes import client

from tests.cluster.charts.release import SLOW, Release, eventually
from tests.cluster.charts.s3_client import store
from tests.cluster.charts.spark_client import CONNECTORS

pytestmark = pytest.mark.cluster
SMALL = {"driver": {"resources": {"cpu": "300m"}}, "executors": {"resources": {"cpu": "300m"}}}
BOUND = {
    **CONNECTORS,
    "bindings": {"objectStore": "lake-binding"},
}
REPORT = """
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
bucket = spark.conf.get("spark.bindings.object-store.bucket")
lines = spark.read.option("header", True).csv(f"s3a://{bucket}/in/{sys.argv[1]}.csv")
lines.groupBy("town").count().repartition(2).write.mode("overwrite").json(f"s3a://{bucket}/out")
print("LINES", lines.count(), "EXECUTORS", spark.sparkContext.getConf().get("spark.executor.instances"))
"""


def finished(job: Release, seconds: float = SLOW) -> client.V1Job:
    """The one job of a release, once it has succeeded or failed for good."""
    batch = client.BatchV1Api(job.api.api_client)
    labels = f"app.kubernetes.io/instance={job.name}"

    def over() -> client.V1Job | None:
        (found,) = batch.list_namespaced_job(job.namespace, label_selector=labels).items
        ended = {state.type for state in found.status.conditions or [] if state.status == "True"}
        return found if ended & {"Complete", "Failed"} else None

    return eventually(over, f"the job of {job.name} ends", seconds)


def log(job: Release) -> str:
    """What all drivers of a release have printed."""
    names = [pod.metadata.name for pod in job.pods("driver")]
    return "\n".join(job.api.read_namespaced_pod_log(name, job.namespace, container="driver") for name in names)


@pytest.fixture(scope="module")
def lake(release: Callable[[str, str], Release]) -> Release:
    """An object store with a program and what it reads."""
    made = release("lake", "object-store")
    made.bring_up()
    s3 = store(f"{made.pods()[0].status.pod_ip}:8333", made.binding(), attempts=5)
    s3.put_object(Bucket="data", Key="jobs/report.py", Body=REPORT.encode())
    s3.put_object(Bucket="data", Key="in/today.csv", Body=b"town,sold\nBonn,1\nRiga,2\nBonn,3\n")
    return made


def test_a_program_in_the_values_runs_on_an_executor(release: Callable[[str, str], Release]) -> None:
    job = release("plain", "spark-job")
    assert job.apply(SMALL).returncode == 0
    executors: dict[str, client.V1Pod] = {}

    def ended() -> bool:
        executors.update({pod.metadata.name: pod for pod in job.pods("executor")})
        pods = job.pods("driver")
        return bool(pods) and pods[0].status.phase in {"Succeeded", "Failed"}

    eventually(ended, "the driver ends", SLOW)
    assert finished(job).status.succeeded == 1, log(job)
    assert "The sum is 499999500000" in log(job)
    assert executors
    for pod in executors.values():
        assert pod.spec.automount_service_account_token is False
        assert pod.spec.containers[0].security_context.read_only_root_filesystem is True
        assert pod.spec.containers[0].resources.limits["memory"] == "1Gi"
        assert pod.metadata.owner_references[0].name == job.pods("driver")[0].metadata.name
    eventually(lambda: not job.pods("executor"), "the executors are gone", 120)


@pytest.mark.slow
def test_prometheus_finds_numbers_for_every_alert_and_panel_while_a_job_runs(
    release: Callable[[str, str], Release],
) -> None:
    job = release("counted", "spark-job")
    text = "from pyspark.sql import SparkSession\nimport time\nSparkSession.builder.getOrCreate()\ntime.sleep(1200)\n"
    assert job.apply({**SMALL, "main": {"text": text}}).returncode == 0

    def counted() -> bool:
        with contextlib.suppress(OSError, IndexError, TypeError):
            return not job.without_numbers(job.numbers("driver", 4040, "/metrics/prometheus/"))
        return False

    eventually(counted, "every number is there", SLOW)
    job.uninstall()


@pytest.mark.parametrize(
    ("verb", "what", "answer"),
    [("create", "pods", "yes"), ("get", "secrets", "no"), ("create", "deployments", "no"), ("get", "nodes", "no")],
)
def test_the_driver_may_make_pods_and_nothing_else(
    release: Callable[[str, str], Release], verb: str, what: str, answer: str
) -> None:
    job = release("plain", "spark-job")
    account = f"system:serviceaccount:{job.namespace}:plain"
    said = job.run(job.kubectl, "-n", job.namespace, "auth", "can-i", verb, what, "--as", account)
    assert said.stdout.strip() == answer


def test_a_program_of_the_object_store_reads_and_writes_there(
    lake: Release, release: Callable[[str, str], Release]
) -> None:
    job = release("report", "spark-job")
    program = {"main": {"file": "s3a://data/jobs/report.py"}, "arguments": ["today"]}
    assert job.apply({**SMALL, **BOUND, **program}).returncode == 0
    assert finished(job).status.succeeded == 1, log(job)
    assert "LINES 3 EXECUTORS 1" in log(job)
    s3 = store(f"{lake.pods()[0].status.pod_ip}:8333", lake.binding(), attempts=5)
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="data", Prefix="out/")["Contents"]]
    assert "out/_SUCCESS" in keys
    parts = [s3.get_object(Bucket="data", Key=key)["Body"].read().decode() for key in keys if key.endswith(".json")]
    rows = [json.loads(line) for part in parts for line in part.splitlines()]
    assert {row["town"]: row["count"] for row in rows} == {"Bonn": 2, "Riga": 1}
    assert lake.binding()["secret-access-key"] not in log(job)


def test_helm_test_reads_and_writes_with_what_the_job_is_bound_to(
    lake: Release, release: Callable[[str, str], Release]
) -> None:
    job = release("report", "spark-job")
    answer = job.run(job.helm, "test", job.name, "--namespace", job.namespace, "--logs", "--timeout", "5m")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Spark reads what it has written." in answer.stdout


def test_a_program_that_fails_is_tried_again_and_then_given_up(release: Callable[[str, str], Release]) -> None:
    job = release("broken", "spark-job")
    values = {**SMALL, "main": {"text": "print('once')\nraise SystemExit(3)\n"}, "retries": 1}
    assert job.apply(values).returncode == 0
    done = finished(job)
    assert done.status.failed == 2
    assert log(job).count("once") == 2


def test_another_number_runs_it_once_more(release: Callable[[str, str], Release]) -> None:
    job = release("broken", "spark-job")
    before = finished(job).metadata.name
    assert job.apply({**SMALL, "main": {"text": "print('again')\n"}, "run": 2}).returncode == 0
    eventually(lambda: finished(job).metadata.name != before, "another job", SLOW)
    assert finished(job).status.succeeded == 1
    assert "again" in log(job)

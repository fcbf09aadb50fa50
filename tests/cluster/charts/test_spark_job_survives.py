"""What a Spark job survives: a driver that is killed or evicted, a lost executor, a machine without power. Minutes.

$ANYWHERE_CLUSTER_TOOL is a command that cuts the power of a machine and brings it back: TOOL node off|on NAME.
"""

import contextlib
import json
import time
from collections.abc import Callable

import pytest
from kubernetes import client

from tests.cluster.charts.release import SLOW, Release, eventually
from tests.cluster.charts.test_spark_job_runs import SMALL, finished, log

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
# Thirty tasks of two seconds each, whose results lie on the executors until all are done; says how many, and their sum.
LONG = """
import time
from operator import add

from pyspark.sql import SparkSession


def slowly(numbers):
    time.sleep(2)
    return [(number % 3, (1, number)) for number in numbers]


print("BEGIN", flush=True)
context = SparkSession.builder.getOrCreate().sparkContext
numbers = context.range(0, 30_000, numSlices=30).mapPartitions(slowly)
found = numbers.reduceByKey(lambda one, two: (one[0] + two[0], one[1] + two[1]), 3).collect()
print("SUMS", len(found), sum(count for _, (count, _) in found), sum(total for _, (_, total) in found), flush=True)
"""
RIGHT = "SUMS 3 30000 449985000"


def started(release: Callable[[str, str], Release], name: str, executors: int = 1, **values: object) -> Release:
    """A job of the long program."""
    job = release(name, "spark-job")
    sized = {**SMALL["executors"], "number": executors}
    answer = job.apply({**SMALL, "executors": sized, "main": {"text": LONG}, **values})
    assert answer.returncode == 0, answer.stderr
    return job


def done(job: Release) -> int:
    """How many of its tasks are done, 0 while nobody knows."""
    with contextlib.suppress(OSError, IndexError, ValueError, TypeError):
        applications = json.loads(job.numbers("driver", 4040, "/api/v1/applications"))
        where = f"/api/v1/applications/{applications[0]['id']}/jobs"
        return sum(each["numCompletedTasks"] for each in json.loads(job.numbers("driver", 4040, where)))
    return 0


def in_the_middle(job: Release, tasks: int = 5) -> None:
    """Waits until some tasks are done and most are not."""
    number = eventually(lambda: (found := done(job)) >= tasks and found, "some tasks are done", SLOW)
    assert number < 25, "too late"


def jobs(job: Release) -> list[client.V1Job]:
    """The jobs of a release that are there."""
    batch = client.BatchV1Api(job.api.api_client)
    return batch.list_namespaced_job(job.namespace, label_selector=f"app.kubernetes.io/instance={job.name}").items


def said(job: Release) -> str:
    """What all drivers have printed, nothing while one starts."""
    with contextlib.suppress(client.ApiException):
        return log(job)
    return ""


def kill(job: Release, pod: str) -> None:
    """Removes a pod at once, without any time to stop."""
    job.api.delete_namespaced_pod(pod, job.namespace, grace_period_seconds=0)


def test_a_job_that_is_done_goes_after_its_time_and_the_next_change_runs_it_once_more(
    release: Callable[[str, str], Release],
) -> None:
    job = release("brief", "spark-job")
    values = {**SMALL, "main": {"text": "print('done')\n"}, "keepSeconds": 30}
    assert job.apply(values).returncode == 0
    ended = finished(job)
    assert ended.status.succeeded == 1, log(job)
    assert log(job).strip().endswith("done")
    eventually(lambda: not jobs(job) and not job.pods("driver"), "job and pod are gone", 120)
    assert time.time() - ended.status.completion_time.timestamp() >= 30
    assert job.apply(values).returncode == 0
    assert finished(job).metadata.uid != ended.metadata.uid


def test_a_driver_that_is_killed_is_tried_again_and_ends_well(release: Callable[[str, str], Release]) -> None:
    job = started(release, "driver", retries=1)
    in_the_middle(job)
    old = job.pods("driver")[0].metadata
    kill(job, old.name)
    over = finished(job)
    assert (over.status.succeeded, over.status.failed) == (1, 1), log(job)
    assert [pod.metadata.uid for pod in job.pods("driver")] != [old.uid]
    assert log(job).count(RIGHT) == 1
    eventually(lambda: not job.pods("executor"), "the executors are gone, those of the first driver as well", 120)


def test_a_driver_that_is_evicted_costs_no_retry(release: Callable[[str, str], Release]) -> None:
    job = release("evicted", "spark-job")
    text = "import time\nprint('BEGIN', flush=True)\ntime.sleep(60)\nprint('done')\n"
    assert job.apply({**SMALL, "main": {"text": text}, "retries": 0}).returncode == 0
    eventually(lambda: "BEGIN" in said(job), "the program runs", SLOW)
    old = job.pods("driver")[0].metadata
    body = client.V1Eviction(metadata=client.V1ObjectMeta(name=old.name))
    job.api.create_namespaced_pod_eviction(old.name, job.namespace, body)
    over = finished(job)
    assert (over.status.succeeded, over.status.failed) == (1, None), log(job)
    assert old.uid not in {pod.metadata.uid for pod in job.pods("driver")}
    assert "done" in log(job)


def test_an_executor_is_killed_and_what_it_had_is_done_again(release: Callable[[str, str], Release]) -> None:
    job = started(release, "executor", retries=0)
    in_the_middle(job)
    (old,) = job.pods("executor")
    kill(job, old.metadata.name)
    eventually(lambda: {pod.metadata.uid for pod in job.staying("executor")} - {old.metadata.uid}, "another", SLOW)
    over = finished(job)
    assert (over.status.succeeded, over.status.failed) == (1, None), log(job)
    assert RIGHT in log(job)


def test_a_machine_with_an_executor_loses_power_and_the_job_ends_well(
    release: Callable[[str, str], Release], power: Callable[[str, str], None]
) -> None:
    job = started(release, "power", executors=2, retries=0)
    home = eventually(lambda: job.pods("driver") and job.pods("driver")[0].spec.node_name, "the driver has a place")
    with job.closed(home):
        eventually(lambda: len(job.places("executor") - {None}) == 2, "the executors are on two machines", SLOW)
    in_the_middle(job)
    lost = min(job.places("executor") - {home})
    power("off", lost)
    try:
        over = finished(job)
        assert (over.status.succeeded, over.status.failed) == (1, None), log(job)
        assert RIGHT in log(job)
    finally:
        power("on", lost)
    eventually(lambda: not job.pods("executor"), "the executors are gone", 300)

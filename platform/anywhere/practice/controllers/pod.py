"""The kubelet: takes a pod from bound to ready, to its end, or to what keeps it from there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from anywhere.practice import events, images, pods
from anywhere.practice.clock import seconds, stamp
from anywhere.practice.controllers import blockers, containers
from anywhere.practice.controllers.scheduler import schedule
from anywhere.practice.kinds import Obj
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

SLOW = 20
SLOW_LEAST = 3.0
STOP_SECONDS = 2.0
BLOCKED_SECONDS = 2.0


def reconcile(cluster: Cluster, entry: Entry) -> None:
    """Take a pod one step further."""
    pod = entry.obj()
    if entry.terminating:
        _stop(cluster, entry, pod)
    elif pods.is_over(pod):
        return
    elif not pod["spec"].get("nodeName"):
        schedule(cluster, entry, lambda bound, node: _bind(cluster, bound, node))
    elif not (pod.get("status") or {}).get("containerStatuses"):
        _bind(cluster, pod, pod["spec"]["nodeName"])
    elif pod["status"]["phase"] == "Pending":
        _start(cluster, entry, pod)
    elif containers.is_crashing(pod):
        _crash(cluster, entry, pod)
    elif not pods.is_ready(pod) and containers.awaits_readiness(pod):
        _make_ready(cluster, entry, pod)


def pace(cluster: Cluster) -> float:
    """How many seconds a pod takes from bound to ready."""
    settings = cluster.settings
    return max(settings.ready_seconds, SLOW_LEAST) * SLOW if settings.fail == "slow" else settings.ready_seconds


def _left(cluster: Cluster, entry: Entry, pod: Obj, share: float) -> float:
    began = cluster.controllers.moment(entry.uid, "bound", seconds((pod.get("status") or {}).get("startTime")) or None)
    return began + pace(cluster) * share - cluster.controllers.now()


def _bind(cluster: Cluster, pod: Obj, node: str) -> None:
    now, spec = stamp(), pod["spec"]
    spec["nodeName"] = node
    cluster.controllers.moment(pod["metadata"]["uid"], "bound")
    has_init = bool(spec.get("initContainers"))
    status: Obj = {
        "phase": "Pending",
        "startTime": now,
        "qosClass": (pod.get("status") or {}).get("qosClass"),
        "hostIP": _host(cluster, node),
        "conditions": [],
    }
    pods.set_condition(status, "PodReadyToStartContainers", "False", now)
    pods.set_condition(
        status,
        "Initialized",
        "False" if has_init else "True",
        now,
        *(
            (
                "ContainersNotInitialized",
                "containers with incomplete status: [" + " ".join(c["name"] for c in spec["initContainers"]) + "]",
            )
            if has_init
            else ()
        ),
    )
    containers.not_ready(status, spec, now)
    pods.set_condition(status, "PodScheduled", "True", now)
    reason = "PodInitializing" if has_init else "ContainerCreating"
    status["containerStatuses"] = [containers.waiting(c, reason) for c in spec["containers"]]
    if has_init:
        status["initContainerStatuses"] = [containers.waiting(c, "PodInitializing") for c in spec["initContainers"]]
    pod["status"] = status
    cluster.store.put("pods", pod)


def _host(cluster: Cluster, node: str) -> str:
    entry = cluster.store.get("nodes", "", node)
    rows = ((entry.obj().get("status") or {}).get("addresses") or []) if entry else []
    return next((row["address"] for row in rows if row["type"] == "InternalIP"), "")


def pod_address(uid: str) -> str:
    """An address that stays with a pod."""
    digest = hashlib.sha256(uid.encode()).digest()
    return f"10.244.{digest[0]}.{digest[1] % 250 + 2}"


def _start(cluster: Cluster, entry: Entry, pod: Obj) -> None:
    if (left := _left(cluster, entry, pod, 0.4)) > 0:
        containers.tell_pulling(cluster, pod)
        cluster.controllers.again(entry, left)
        return
    if (left := cluster.controllers.moments.get((entry.uid, "retry"), 0.0) - cluster.controllers.now()) > 0:
        cluster.controllers.again(entry, left)
        return
    if mount := blockers.mount_problem(cluster, pod):
        events.tell(cluster, pod, "Warning", "FailedMount", mount, "kubelet")
        cluster.controllers.again(entry, BLOCKED_SECONDS)
        return
    if broken := blockers.missing_images(cluster, pod):
        _retry(cluster, entry, blockers.fail_pull(cluster, entry, pod, broken))
        return
    if missing := blockers.config_problem(cluster, pod):
        blockers.fail_config(cluster, pod, missing)
        cluster.controllers.again(entry, BLOCKED_SECONDS)
        return
    _run(cluster, entry, pod)


def _run(cluster: Cluster, entry: Entry, pod: Obj) -> None:
    now, status, spec = stamp(), pod["status"], pod["spec"]
    failed = containers.run_init(cluster, pod, now)
    if failed is not None:
        _fail_init(cluster, entry, pod, failed)
        return
    for one in spec["containers"]:
        containers.tell_started(cluster, pod, one)
    status["containerStatuses"] = [containers.running(c, now) for c in spec["containers"]]
    status.update(phase="Running", podIP=pod_address(entry.uid), podIPs=[{"ip": pod_address(entry.uid)}])
    for kind in ("PodReadyToStartContainers", "Initialized"):
        pods.set_condition(status, kind, "True", now)
    containers.not_ready(status, spec, now)
    # The moment "started" counts what a crash or the end of a job waits for.
    cluster.controllers.forget(entry.uid, "started")
    cluster.controllers.moment(entry.uid, "started")
    if pace(cluster) == 0 and not containers.will_crash(cluster, pod) and spec["restartPolicy"] == "Always":
        containers.make_ready(status, now)
    cluster.store.put("pods", pod)


def _fail_init(cluster: Cluster, entry: Entry, pod: Obj, failed: int) -> None:
    containers.end_init(pod, failed, stamp())
    if pod["spec"]["restartPolicy"] == "Never":
        pod["status"]["phase"] = "Failed"
    cluster.store.put("pods", pod)
    _retry(cluster, entry, containers.back_off(pod["status"]["initContainerStatuses"][failed]["restartCount"]))


def _retry(cluster: Cluster, entry: Entry, wait: float) -> None:
    cluster.controllers.moments[entry.uid, "retry"] = cluster.controllers.now() + wait
    cluster.controllers.again(entry, wait)


def _make_ready(cluster: Cluster, entry: Entry, pod: Obj) -> None:
    began = cluster.controllers.moment(
        entry.uid, "started", seconds(next(iter(pod["status"]["containerStatuses"]))["state"]["running"]["startedAt"])
    )
    left = began + pace(cluster) * 0.6 - cluster.controllers.now()
    if left > 0:
        cluster.controllers.again(entry, left)
        return
    now = stamp()
    if containers.will_crash(cluster, pod):
        containers.crash(pod, 1, now)
        cluster.controllers.forget(entry.uid, "crash")
        cluster.controllers.moment(entry.uid, "crash")
    elif pod["spec"]["restartPolicy"] == "Always":
        containers.make_ready(pod["status"], now)
    else:
        _end(cluster, entry, pod, now)
    cluster.store.put("pods", pod)


def _end(cluster: Cluster, entry: Entry, pod: Obj, now: str) -> None:
    codes = [images.exit_code(c) for c in pod["spec"]["containers"]]
    worst = max(codes)
    if worst and pod["spec"]["restartPolicy"] == "OnFailure":
        containers.crash(pod, worst, now)
        cluster.controllers.forget(entry.uid, "crash")
        cluster.controllers.moment(entry.uid, "crash")
        return
    status = pod["status"]
    status["phase"] = "Failed" if worst else "Succeeded"
    for row, code in zip(status["containerStatuses"], codes, strict=True):
        containers.terminate(row, code, now)
    containers.completed(status, now)


def _crash(cluster: Cluster, entry: Entry, pod: Obj) -> None:
    if pod["spec"]["restartPolicy"] == "Never":
        pod["status"]["phase"] = "Failed"
        cluster.store.put("pods", pod)
        return
    row = pod["status"]["containerStatuses"][0]
    manager = cluster.controllers
    wait = containers.back_off(row["restartCount"])
    began = manager.moment(entry.uid, "crash", seconds(containers.ended_at(row)) or None)
    if not containers.is_waiting(row):
        containers.wait_for_restart(pod, wait)
        cluster.store.put("pods", pod)
        for one in pod["spec"]["containers"]:
            events.tell(
                cluster,
                pod,
                "Warning",
                "BackOff",
                f"Back-off restarting failed container {one['name']} in pod "
                f"{entry.name}_{entry.namespace}({entry.uid})",
                "kubelet",
                f"spec.containers{{{one['name']}}}",
            )
        manager.again(entry, wait)
        return
    if (left := began + wait - manager.now()) > 0:
        manager.again(entry, left)
        return
    containers.restart(pod, stamp())
    for one in pod["spec"]["containers"]:
        containers.tell_started(cluster, pod, one)
    manager.forget(entry.uid, "started")
    manager.moment(entry.uid, "started")
    cluster.store.put("pods", pod)


def _stop(cluster: Cluster, entry: Entry, pod: Obj) -> None:
    grace = pod["metadata"].get("deletionGracePeriodSeconds", 30)
    manager = cluster.controllers
    if pod["spec"].get("nodeName") and not pods.is_over(pod):
        new = (entry.uid, "stopping") not in manager.moments
        began = manager.moment(entry.uid, "stopping")
        if new:
            for one in pod["spec"]["containers"]:
                events.tell(
                    cluster,
                    pod,
                    "Normal",
                    "Killing",
                    f"Stopping container {one['name']}",
                    "kubelet",
                    f"spec.containers{{{one['name']}}}",
                )
        left = began + min(grace, STOP_SECONDS, cluster.settings.ready_seconds / 3) - manager.now()
        if left > 0:
            manager.again(entry, left)
            return
    if not pod["metadata"].get("finalizers"):
        cluster.remove(cluster.resource("pods"), entry.namespace, entry.name)

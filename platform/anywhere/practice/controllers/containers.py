"""The containers of a simulated pod: their states, and what keeps them from running."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from anywhere.practice import events, images, pods
from anywhere.practice.kinds import Obj

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

BACK_OFF = "CrashLoopBackOff"
_LONGEST = 300


def _base(container: Obj) -> Obj:
    digest = hashlib.sha256(images.full_name(container["image"]).encode()).hexdigest()
    return {
        "name": container["name"],
        "image": images.full_name(container["image"]),
        "imageID": f"{images.full_name(container['image']).rsplit(':', 1)[0]}@sha256:{digest}",
        "restartCount": 0,
    }


def waiting(container: Obj, reason: str, message: str = "") -> Obj:
    """The status of a container that waits."""
    state = {"reason": reason, **({"message": message} if message else {})}
    return _base(container) | {
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "started": False,
        "state": {"waiting": state},
        "lastState": {},
    }


def running(container: Obj, now: str) -> Obj:
    """The status of a container that runs and is not ready yet."""
    token = hashlib.sha256(f"{container['name']}{now}".encode()).hexdigest()
    return _base(container) | {
        "containerID": f"containerd://{token}",
        "ready": False,
        "started": True,
        "state": {"running": {"startedAt": now}},
        "lastState": {},
    }


def not_ready(status: Obj, spec: Obj, now: str) -> None:
    """Write that the containers are not ready."""
    names = " ".join(c["name"] for c in spec["containers"])
    for kind in ("Ready", "ContainersReady"):
        pods.set_condition(
            status, kind, "False", now, "ContainersNotReady", f"containers with unready status: [{names}]"
        )


def make_ready(status: Obj, now: str) -> None:
    """Write that all containers are ready."""
    for row in status["containerStatuses"]:
        row["ready"] = True
    for kind in ("Ready", "ContainersReady"):
        pods.set_condition(status, kind, "True", now)


def completed(status: Obj, now: str) -> None:
    """Write that the pod ran to its end."""
    for kind in ("Ready", "ContainersReady"):
        pods.set_condition(
            status, kind, "False", now, "PodCompleted" if status["phase"] == "Succeeded" else "PodFailed"
        )


def terminate(row: Obj, code: int, now: str) -> None:
    """Write that a container ended."""
    began = (row["state"].get("running") or {}).get("startedAt", now)
    row.update(
        ready=False,
        started=False,
        state={
            "terminated": {
                "exitCode": code,
                "reason": "Error" if code else "Completed",
                "startedAt": began,
                "finishedAt": now,
                "containerID": row.get("containerID", ""),
            }
        },
    )


def crash(pod: Obj, code: int, now: str) -> None:
    """Write that the containers ended with an error."""
    for row in pod["status"]["containerStatuses"]:
        terminate(row, code, now)
    not_ready(pod["status"], pod["spec"], now)


def is_waiting(row: Obj) -> bool:
    """Whether a container waits to be started again."""
    return (row["state"].get("waiting") or {}).get("reason") == BACK_OFF


def is_crashing(pod: Obj) -> bool:
    """Whether a running pod's containers ended and shall be started again by us."""
    rows = pod["status"].get("containerStatuses") or []
    return (
        bool(rows)
        and all("terminated" in r["state"] or is_waiting(r) for r in rows)
        and all(
            r["state"].get("terminated", {}).get("containerID") or r.get("lastState", {}).get("terminated")
            for r in rows
        )
    )


def awaits_readiness(pod: Obj) -> bool:
    """Whether all containers run."""
    return all("running" in row["state"] for row in pod["status"].get("containerStatuses") or [])


def ended_at(row: Obj) -> str:
    """When a container last ended."""
    ended = row["state"].get("terminated") or (row.get("lastState") or {}).get("terminated") or {}
    return ended.get("finishedAt", "")


def back_off(restarts: int) -> float:
    """Seconds to wait before a start, after so many of them."""
    return float(min(10 * 2 ** min(restarts, 6), _LONGEST))


def wait_for_restart(pod: Obj, seconds: float) -> None:
    """Write that the containers wait for their next start."""
    meta = pod["metadata"]
    for row in pod["status"]["containerStatuses"]:
        row["lastState"] = row["state"]
        text = (
            f"back-off {int(seconds)}s restarting failed container={row['name']} "
            f"pod={meta['name']}_{meta['namespace']}({meta['uid']})"
        )
        row["state"] = {"waiting": {"reason": BACK_OFF, "message": text}}


def restart(pod: Obj, now: str) -> None:
    """Write that the containers were started again."""
    for row in pod["status"]["containerStatuses"]:
        row.update(restartCount=row["restartCount"] + 1, started=True, state={"running": {"startedAt": now}})


def will_crash(cluster: Cluster, pod: Obj) -> bool:
    """Whether a pod's containers are to end with an error after their start."""
    return cluster.settings.fail == "crash_loop" or any(images.crashes(c["image"]) for c in pod["spec"]["containers"])


def everyone(pod: Obj) -> list[Obj]:
    """All containers of a pod, in the order in which they are started."""
    return [*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]]


def path_of(pod: Obj, one: Obj) -> str:
    """How events name a container."""
    kind = "initContainers" if one in (pod["spec"].get("initContainers") or []) else "containers"
    return f"spec.{kind}{{{one['name']}}}"


def tell_pulling(cluster: Cluster, pod: Obj) -> None:
    """Tell that the images are pulled."""
    for one in everyone(pod):
        events.tell(cluster, pod, "Normal", "Pulling", f'Pulling image "{one["image"]}"', "kubelet", path_of(pod, one))


def tell_started(cluster: Cluster, pod: Obj, one: Obj) -> None:
    """Tell that a container was started."""
    path, image = path_of(pod, one), one["image"]
    rows = pod["status"].get("containerStatuses") or []
    if any(row["name"] == one["name"] and row["restartCount"] for row in rows):
        pulled = f'Container image "{image}" already present on machine and can be accessed by the pod'
    else:
        took = f"{int(cluster.settings.ready_seconds * 400) + 1}ms"
        size = 20_000_000 + len(image) * 1_048_573
        pulled = f'Successfully pulled image "{image}" in {took} ({took} including waiting). Image size: {size} bytes.'
    events.tell(cluster, pod, "Normal", "Pulled", pulled, "kubelet", path)
    events.tell(cluster, pod, "Normal", "Created", "Container created", "kubelet", path)
    events.tell(cluster, pod, "Normal", "Started", "Container started", "kubelet", path)


def run_init(cluster: Cluster, pod: Obj, now: str) -> int | None:
    """Run the init containers; returns the place of the one that failed, or None."""
    for at, one in enumerate(pod["spec"].get("initContainers") or []):
        tell_started(cluster, pod, one)
        row = running(one, now)
        if one.get("restartPolicy") == "Always":
            row["ready"] = True
        elif code := images.exit_code(one):
            terminate(row, code, now)
            pod["status"]["initContainerStatuses"][at] = row
            return at
        else:
            terminate(row, 0, now)
            row["ready"] = True
        pod["status"]["initContainerStatuses"][at] = row
    return None


def end_init(pod: Obj, failed: int, now: str) -> None:
    """Write that an init container failed and waits for its next start."""
    row, meta = pod["status"]["initContainerStatuses"][failed], pod["metadata"]
    row["restartCount"] = row["restartCount"] + 1
    row["lastState"] = row["state"]
    row["state"] = {
        "waiting": {
            "reason": BACK_OFF,
            "message": f"back-off 10s restarting failed container={row['name']} "
            f"pod={meta['name']}_{meta['namespace']}({meta['uid']})",
        }
    }
    not_ready(pod["status"], pod["spec"], now)

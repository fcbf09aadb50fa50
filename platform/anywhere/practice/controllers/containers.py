"""The containers of a simulated pod: their states, and what keeps them from running."""
from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from anywhere.practice import events, images, pods

from anywhere.practice.kinds import Obj
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

BACK_OFF = "CrashLoopBackOff"
_LONGEST = 300


def _base(container: Obj) -> Obj:
    digest = hashlib.sha256(images.full_name(container["image"]).encode()).hexdigest()
    return {"name": container["name"], "image": images.full_name(container["image"]),
            "imageID": f"{images.full_name(container['image']).rsplit(':', 1)[0]}@sha256:{digest}", "restartCount": 0}


def waiting(container: Obj, reason: str, message: str = "") -> Obj:
    """The status of a container that waits."""
    state = {"reason": reason, **({"message": message} if message else {})}
    return _base(container) | {"image": container["image"], "imageID": "", "ready": False, "started": False,
                               "state": {"waiting": state}, "lastState": {}}


def running(container: Obj, now: str) -> Obj:
    """The status of a container that runs and is not ready yet."""
    token = hashlib.sha256(f"{container['name']}{now}".encode()).hexdigest()
    return _base(container) | {"containerID": f"containerd://{token}", "ready": False, "started": True,
                               "state": {"running": {"startedAt": now}}, "lastState": {}}


def not_ready(status: Obj, spec: Obj, now: str) -> None:
    """Write that the containers are not ready."""
    names = " ".join(c["name"] for c in spec["containers"])
    for kind in ("Ready", "ContainersReady"):
        pods.set_condition(status, kind, "False", now, "ContainersNotReady",
                           f"containers with unready status: [{names}]")


def make_ready(status: Obj, now: str) -> None:
    """Write that all containers are ready."""
    for row in status["containerStatuses"]:
        row["ready"] = True
    for kind in ("Ready", "ContainersReady"):
        pods.set_condition(status, kind, "True", now)


def completed(status: Obj, now: str) -> None:
    """Write that the pod ran to its end."""
    for kind in ("Ready", "ContainersReady"):
        pods.set_condition(status, kind, "False", now, "PodCompleted" if status["phase"] == "Succeeded" else "PodFailed")


def terminate(row: Obj, code: int, now: str) -> None:
    """Write that a container ended."""
    began = (row["state"].get("running") or {}).get("startedAt", now)
    row.update(ready=False, started=False, state={"terminated": {
        "exitCode": code, "reason": "Error" if code else "Completed", "startedAt": began, "finishedAt": now,
        "containerID": row.get("containerID", "")}})


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
    return bool(rows) and all("terminated" in r["state"] or is_waiting(r) for r in rows) and all(
        r["state"].get("terminated", {}).get("containerID") or r.get("lastState", {}).get("terminated") for r in rows)


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
        text = (f"back-off {int(seconds)}s restarting failed container={row['name']} "
                f"pod={meta['name']}_{meta['namespace']}({meta['uid']})")
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


def _path(pod: Obj, one: Obj) -> str:
    kind = "initContainers" if one in (pod["spec"].get("initContainers") or []) else "containers"
    return f"spec.{kind}{{{one['name']}}}"


def tell_pulling(cluster: Cluster, pod: Obj) -> None:
    """Tell that the images are pulled."""
    for one in everyone(pod):
        events.tell(cluster, pod, "Normal", "Pulling", f'Pulling image "{one["image"]}"', "kubelet", _path(pod, one))


def tell_started(cluster: Cluster, pod: Obj, one: Obj) -> None:
    """Tell that a container was started."""
    path = _path(pod, one)
    events.tell(cluster, pod, "Normal", "Pulled", f'Container image "{one["image"]}" already present on machine',
                "kubelet", path)
    events.tell(cluster, pod, "Normal", "Created", f"Created container: {one['name']}", "kubelet", path)
    events.tell(cluster, pod, "Normal", "Started", f"Started container {one['name']}", "kubelet", path)


def missing_images(cluster: Cluster, pod: Obj) -> list[Obj]:
    """The containers whose images cannot be pulled."""
    if cluster.settings.fail == "image_pull":
        return everyone(pod)
    return [c for c in everyone(pod) if images.is_missing(c["image"])]


def fail_pull(cluster: Cluster, entry: Entry, pod: Obj, broken: list[Obj]) -> float:
    """Write a failed pull, or after one the wait for the next; returns the seconds until then."""
    names = {c["name"]: c for c in broken}
    rows = [r for group in ("initContainerStatuses", "containerStatuses") for r in pod["status"].get(group) or []
            if r["name"] in names]
    failed = any((r["state"].get("waiting") or {}).get("reason") == "ErrImagePull" for r in rows)
    for row in rows:
        one = names[row["name"]]
        error, image, path = images.pull_error(one["image"]), one["image"], _path(pod, one)
        cause = error.split(": ", 1)[1]
        if failed:
            text = f'Back-off pulling image "{image}": ErrImagePull: {cause}'
            row["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": text}}
            events.tell(cluster, pod, "Normal", "BackOff", f'Back-off pulling image "{image}"', "kubelet", path)
            events.tell(cluster, pod, "Warning", "Failed", "Error: ImagePullBackOff", "kubelet", path)
        else:
            row["state"] = {"waiting": {"reason": "ErrImagePull", "message": cause}}
            events.tell(cluster, pod, "Normal", "Pulling", f'Pulling image "{image}"', "kubelet", path)
            events.tell(cluster, pod, "Warning", "Failed", error, "kubelet", path)
            events.tell(cluster, pod, "Warning", "Failed", "Error: ErrImagePull", "kubelet", path)
    cluster.store.put("pods", pod)
    manager = cluster.controllers
    tries = int(manager.moment(entry.uid, "attempt", 0.0))
    if failed:
        manager.moments[entry.uid, "attempt"] = tries + 1.0
    return back_off(tries) if failed else min(1.0, cluster.settings.ready_seconds / 3)


def mount_problem(cluster: Cluster, pod: Obj) -> str:
    """Why a volume cannot be mounted, empty when all can."""
    space = pod["metadata"]["namespace"]
    for volume in pod["spec"].get("volumes") or []:
        for field, key, name_field, word in (("secret", "secrets", "secretName", "secret"),
                                             ("configMap", "configmaps", "name", "configmap")):
            source = volume.get(field)
            if source and not source.get("optional") and not cluster.store.get(key, space, source.get(name_field, "")):
                return (f'MountVolume.SetUp failed for volume "{volume["name"]}" : {word} '
                        f'"{source.get(name_field)}" not found')
    return ""


def _references(container: Obj) -> list[tuple[str, Obj | None]]:
    rows: list[tuple[str, Obj | None]] = []
    for env in container.get("env") or []:
        source = env.get("valueFrom") or {}
        rows += [("secrets", source.get("secretKeyRef")), ("configmaps", source.get("configMapKeyRef"))]
    for source in container.get("envFrom") or []:
        rows += [("secrets", source.get("secretRef")), ("configmaps", source.get("configMapRef"))]
    return rows


def _values(entry: Entry) -> Obj:
    obj = entry.obj()
    return {**(obj.get("data") or {}), **(obj.get("binaryData") or {})}


def config_problem(cluster: Cluster, pod: Obj) -> dict[str, str]:
    """The containers whose environment names something that is not there, with the kubelet's words."""
    found: dict[str, str] = {}
    space = pod["metadata"]["namespace"]
    for one in everyone(pod):
        for key, source in _references(one):
            if not source or source.get("optional"):
                continue
            entry = cluster.store.get(key, space, source.get("name", ""))
            if entry is None:
                found[one["name"]] = f'{key[:-1]} "{source.get("name")}" not found'
            elif "key" in source and source["key"] not in _values(entry):
                kind = "Secret" if key == "secrets" else "ConfigMap"
                found[one["name"]] = f"couldn't find key {source['key']} in {kind} {space}/{source['name']}"
    return found


def fail_config(cluster: Cluster, pod: Obj, missing: dict[str, str]) -> None:
    """Write that containers cannot be made for what is missing."""
    changed = False
    for group in ("initContainerStatuses", "containerStatuses"):
        for row in pod["status"].get(group) or []:
            if row["name"] in missing:
                state = {"waiting": {"reason": "CreateContainerConfigError", "message": missing[row["name"]]}}
                changed = changed or row["state"] != state
                row["state"] = state
    for one in everyone(pod):
        if one["name"] in missing:
            events.tell(cluster, pod, "Warning", "Failed", f"Error: {missing[one['name']]}", "kubelet", _path(pod, one))
    if changed:
        cluster.store.put("pods", pod)


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
    row["state"] = {"waiting": {"reason": BACK_OFF, "message": f"back-off 10s restarting failed container={row['name']} "
                                f"pod={meta['name']}_{meta['namespace']}({meta['uid']})"}}
    not_ready(pod["status"], pod["spec"], now)

"""What keeps the containers of a pod from running: images, volumes, missing settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice import events, images
from anywhere.practice.controllers.containers import back_off, everyone, path_of
from anywhere.practice.kinds import Obj
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster


def missing_images(cluster: Cluster, pod: Obj) -> list[Obj]:
    """The containers whose images cannot be pulled."""
    if cluster.settings.fail == "image_pull":
        return everyone(pod)
    return [c for c in everyone(pod) if images.is_missing(c["image"])]


def fail_pull(cluster: Cluster, entry: Entry, pod: Obj, broken: list[Obj]) -> float:
    """Write a failed pull, or after one the wait for the next; returns the seconds until then."""
    names = {c["name"]: c for c in broken}
    rows = [
        r
        for group in ("initContainerStatuses", "containerStatuses")
        for r in pod["status"].get(group) or []
        if r["name"] in names
    ]
    failed = any((r["state"].get("waiting") or {}).get("reason") == "ErrImagePull" for r in rows)
    for row in rows:
        one = names[row["name"]]
        error, image, path = images.pull_error(one["image"]), one["image"], path_of(pod, one)
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
        for field, key, name_field, word in (
            ("secret", "secrets", "secretName", "secret"),
            ("configMap", "configmaps", "name", "configmap"),
        ):
            source = volume.get(field)
            if source and not source.get("optional") and not cluster.store.get(key, space, source.get(name_field, "")):
                return (
                    f'MountVolume.SetUp failed for volume "{volume["name"]}" : {word} '
                    f'"{source.get(name_field)}" not found'
                )
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
            events.tell(
                cluster, pod, "Warning", "Failed", f"Error: {missing[one['name']]}", "kubelet", path_of(pod, one)
            )
    if changed:
        cluster.store.put("pods", pod)

"""Which rules of a Pod Security level the rendered pods break.

Source: the Pod Security Standards of Kubernetes (levels baseline and restricted), v1.30.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.rules.demands import containers, pod_template

_BASELINE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
_RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image",
}  # fmt: skip


def violations(objects: Sequence[Mapping[str, Any]], level: str) -> list[str]:
    """Give a short sentence for each broken rule; empty when the level (baseline or restricted) is kept."""
    found: list[str] = []
    for obj in objects:
        template = pod_template(obj)
        if template is not None:
            name = obj["metadata"]["name"]
            found += [f"{name}: {what}" for what in _pod(template, level)]
    for obj, template, container in containers(objects):
        name = f"{obj['metadata']['name']}/{container.get('name')}"
        found += [f"{name}: {what}" for what in _container(template, container, level)]
    return found


def _pod(template: Mapping[str, Any], level: str) -> list[str]:
    found = [key for key in ("hostNetwork", "hostPID", "hostIPC") if template.get(key)]
    for volume in template.get("volumes") or []:
        kinds = set(volume) - {"name"}
        if "hostPath" in kinds:
            found.append("hostPath volume")
        elif level == "restricted" and kinds - _RESTRICTED_VOLUMES:
            found.append(f"volume of type {sorted(kinds)[0]}")
    return found


def _container(template: Mapping[str, Any], container: Mapping[str, Any], level: str) -> list[str]:
    pod, own = template.get("securityContext") or {}, container.get("securityContext") or {}
    capabilities = own.get("capabilities") or {}
    added = set(capabilities.get("add") or [])
    found = ["privileged"] if own.get("privileged") else []
    if added - _BASELINE_CAPABILITIES:
        found.append(f"adds capabilities {', '.join(sorted(added - _BASELINE_CAPABILITIES))}")
    if any(port.get("hostPort") for port in container.get("ports") or []):
        found.append("host port")
    seccomp = ((own.get("seccompProfile") or pod.get("seccompProfile") or {}).get("type")) or ""
    if seccomp == "Unconfined":
        found.append("seccomp is unconfined")
    if level != "restricted":
        return found
    if own.get("allowPrivilegeEscalation") is not False:
        found.append("allowPrivilegeEscalation is not false")
    if "ALL" not in (capabilities.get("drop") or []):
        found.append("does not drop all capabilities")
    if own.get("runAsNonRoot", pod.get("runAsNonRoot")) is not True:
        found.append("runAsNonRoot is not true")
    if own.get("runAsUser", pod.get("runAsUser")) == 0:
        found.append("runs as root")
    if not seccomp:
        found.append("no seccomp profile")
    return found

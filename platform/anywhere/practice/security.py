"""Pod Security as the namespace labels ask for it, in the admission's words."""

from __future__ import annotations

from collections.abc import Iterator

from anywhere.practice.kinds import Obj

LABEL = "pod-security.kubernetes.io/enforce"
_CAPABILITIES = {
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
}
_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
    "name",
}


def violations(spec: Obj, level: str) -> str:
    """Why a pod breaks the level (`baseline`, `restricted`), empty when it does not."""
    found = list(_baseline(spec)) if level in ("baseline", "restricted") else []
    if level == "restricted":
        found += _restricted(spec)
    return ", ".join(found)


def _containers(spec: Obj) -> list[Obj]:
    return [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]


def _names(containers: list[Obj]) -> str:
    names = ", ".join(f'"{c["name"]}"' for c in containers)
    return f"container{'s' if len(containers) > 1 else ''} {names}"


def _baseline(spec: Obj) -> Iterator[str]:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"host namespaces ({field}=true)"
    paths = [v["name"] for v in spec.get("volumes") or [] if "hostPath" in v]
    if paths:
        quoted = ", ".join(f'"{path}"' for path in paths)
        yield f"hostPath volumes (volume{'s' if len(paths) > 1 else ''} {quoted})"
    everyone = _containers(spec)
    if bad := [c for c in everyone if (c.get("securityContext") or {}).get("privileged")]:
        yield f"privileged ({_names(bad)} must not set securityContext.privileged=true)"
    if bad := [c for c in everyone if any(p.get("hostPort") for p in c.get("ports") or [])]:
        yield f"hostPort ({_names(bad)} uses hostPorts)"
    if bad := [c for c in everyone if set(_caps(c).get("add") or ()) - _CAPABILITIES]:
        yield f"non-default capabilities ({_names(bad)} must not include more in securityContext.capabilities.add)"


def _caps(container: Obj) -> Obj:
    return (container.get("securityContext") or {}).get("capabilities") or {}


def _own(spec: Obj, container: Obj, field: str) -> object:
    own = (container.get("securityContext") or {}).get(field)
    return own if own is not None else (spec.get("securityContext") or {}).get(field)


def _restricted(spec: Obj) -> Iterator[str]:
    everyone = _containers(spec)
    if bad := [c for c in everyone if (c.get("securityContext") or {}).get("allowPrivilegeEscalation") is not False]:
        yield (
            f"allowPrivilegeEscalation != false ({_names(bad)} must set securityContext.allowPrivilegeEscalation=false)"
        )
    if bad := [c for c in everyone if "ALL" not in (_caps(c).get("drop") or ())]:
        yield f'unrestricted capabilities ({_names(bad)} must set securityContext.capabilities.drop=["ALL"])'
    if kinds := [str(v["name"]) for v in spec.get("volumes") or [] if set(v) - _VOLUMES and "hostPath" not in v]:
        yield f"restricted volume types (volumes {', '.join(kinds)})"
    if bad := [c for c in everyone if _own(spec, c, "runAsNonRoot") is not True]:
        yield f"runAsNonRoot != true (pod or {_names(bad)} must set securityContext.runAsNonRoot=true)"
    if bad := [c for c in everyone if _own(spec, c, "runAsUser") == 0]:
        yield f"runAsUser=0 (pod or {_names(bad)} must not set runAsUser=0)"
    if bad := [
        c
        for c in everyone
        if (_own(spec, c, "seccompProfile") or {}).get("type")  # type: ignore[attr-defined]
        not in ("RuntimeDefault", "Localhost")
    ]:
        yield (
            f'seccompProfile (pod or {_names(bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" '
            'or "Localhost")'
        )

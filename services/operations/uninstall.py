"""Uninstall: the release goes, its volumes stay unless the person typed the name to delete them too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from anywhere.clusters.connection import access_of
from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import Forbidden, NotFound
from anywhere.gateways.kubernetes import Object, Ref
from anywhere.operations.registry import handler
from anywhere.operations.run import Run
from services.models import Service, ServiceState, Stack, StackState, Verdict
from services.operations import observe, recovery
from services.rules import demands

GONE_SECONDS = 180


@handler(
    "uninstall",
    steps=(("remove", "Remove"), ("gone", "Wait until it is gone"), ("data", "Volumes")),
    deadline_seconds=20 * 60,
    verifies=True,
)
def uninstall(run: Run) -> None:
    """Remove the release; keep and name its volumes, or delete them when the input says so."""
    service = Service.objects.select_related("cluster", "version").get(pk=str(run.operation.subject_id))
    run.secrets |= {str(s) for s in (service.secrets or {}).values() if s}
    delete_data = bool(run.input.get("delete_data"))
    with recovery.waking(run, service.cluster), run.connect(access_of(service.cluster)) as gateways:
        newest = recovery.ready_for_helm(run, gateways, service.name, service.namespace)
        run.confirm()
        with run.step("remove"):
            if newest is None:
                _remember_what_another_saw(run, service)
            else:
                _remember(run, gateways, service)
                gateways.helm.uninstall(service.name, service.namespace)
        with run.step("gone"):
            _wait(run, gateways, _workloads(run, service), "gone")
        with run.step("data"):
            kept = _data(run, gateways, service, delete_data)
    with run.fenced():
        Service.objects.filter(pk=service.pk).update(
            state=ServiceState.UNINSTALLED, data_kept=kept, verdict=Verdict.UNKNOWN, reason="Uninstalled",
            objects_seen={}, binding={},
        )  # fmt: skip
        if delete_data:
            Service.objects.filter(pk=service.pk).update(secrets_blob=None)
        _end_stack_without_members(service)
    run.result = {"data_kept": kept, "data_deleted": delete_data}


def _end_stack_without_members(service: Service) -> None:
    others = Service.objects.filter(stack=service.stack_id).exclude(state=ServiceState.UNINSTALLED)
    if service.stack_id and not others.exists():
        Stack.objects.filter(pk=service.stack_id).update(state=StackState.UNINSTALLED)


def _remember(run: Run, gateways: Gateways, service: Service) -> None:
    """Note the volumes and workloads before they can no longer be told from others."""
    if "claims" in run.remembers:
        return
    try:
        manifest = gateways.helm.manifest(service.name, service.namespace)
    except NotFound:
        manifest = []
    seen = observe.look(gateways.kubernetes, manifest, service.namespace, events=False)
    own = {o["metadata"]["name"] for o in manifest if o.get("kind") == "PersistentVolumeClaim"}
    claims = [_describe(c) for c in seen.claims if c["metadata"]["name"] not in own or _is_kept(c)]
    claims += [_describe(c) for c in _leftovers(gateways, service, manifest) if _describe(c) not in claims]
    workloads = [
        [o["apiVersion"], o["kind"], o["metadata"]["name"]] for o in manifest if o["kind"] in demands.WORKLOADS
    ]
    kept = [
        [o["apiVersion"], o["kind"], o["metadata"]["name"]]
        for o in manifest
        if _is_kept(o) and o.get("kind") != "PersistentVolumeClaim"
    ]
    run.remember(claims=claims, workloads=workloads, kept=kept)


def _remember_what_another_saw(run: Run, service: Service) -> None:
    """Note what an earlier uninstall saw of a release that is gone now, or else what was seen of it last."""
    if "claims" in run.remembers:
        return
    before = recovery.operations_of(run).filter(kind="uninstall", memory__has_key="claims").order_by("-created_at")
    memory = before.values_list("memory", flat=True).first()
    if memory is None:
        seen = (service.objects_seen or {}).get("claims") or []
        memory = {"claims": [{key: c.get(key) or None for key in ("name", "size", "storage_class")} for c in seen]}
    run.remember(**{key: memory[key] for key in ("claims", "workloads", "kept") if key in memory})


def _is_kept(obj: Object) -> bool:
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    return annotations.get("helm.sh/resource-policy") == "keep"


def _leftovers(gateways: Gateways, service: Service, manifest: list[Object]) -> list[Object]:
    """Give the claims of the release's StatefulSets that no pod mounts at the moment."""
    prefixes = tuple(
        f"{template['metadata']['name']}-{obj['metadata']['name']}-"
        for obj in manifest
        if obj.get("kind") == "StatefulSet"
        for template in (obj.get("spec") or {}).get("volumeClaimTemplates") or []
    )
    if not prefixes:
        return []
    try:
        claims = gateways.kubernetes.list("v1/persistentvolumeclaims", service.namespace)
    except Forbidden:
        return []
    return [c for c in claims if any(_is_numbered(c["metadata"]["name"], prefix) for prefix in prefixes)]


def _is_numbered(name: str, prefix: str) -> bool:
    """Give whether only a pod's number follows: the volumes of "db-2" begin like those of "db"."""
    return name.startswith(prefix) and name.removeprefix(prefix).isdigit()


def _describe(claim: Object) -> dict[str, Any]:
    spec, status = claim.get("spec") or {}, claim.get("status") or {}
    return {
        "name": claim["metadata"]["name"],
        "size": (status.get("capacity") or {}).get("storage")
        or ((spec.get("resources") or {}).get("requests") or {}).get("storage"),
        "storage_class": spec.get("storageClassName"),
    }


def _workloads(run: Run, service: Service) -> list[Ref]:
    return [Ref(version, kind, name, service.namespace) for version, kind, name in run.remembers.get("workloads", [])]


def _wait(run: Run, gateways: Gateways, refs: Sequence[Ref], step: str) -> None:
    """Return when the objects are gone, or after a while, with the cluster going on with it."""
    waited = 0.0
    while waited < GONE_SECONDS:
        left = [f"{ref.kind} {ref.name}" for ref in refs if gateways.kubernetes.find(ref) is not None]
        if not left:
            return
        run.detail(step, ", ".join(left[:3]))
        run.sleep(0.5)
        waited += 0.5
    run.log("Some objects are still being deleted; the cluster goes on with it.", level="warning", step=step)


def _data(run: Run, gateways: Gateways, service: Service, delete: bool) -> list[dict[str, Any]]:
    claims = run.remembers.get("claims", [])
    if not delete:
        names = ", ".join(c["name"] for c in claims)
        run.log(f"Kept in {service.namespace}: {names}." if claims else "There are no volumes to keep.", step="data")
        return list(claims)
    volumes = [Ref("v1", "PersistentVolumeClaim", claim["name"], service.namespace) for claim in claims]
    for volume in volumes:
        gateways.kubernetes.delete(volume)
        run.log(f"Deleted the volume {volume.name}.", step="data")
    for version, kind, name in run.remembers.get("kept", []):
        gateways.kubernetes.delete(Ref(version, kind, name, service.namespace))
    _wait(run, gateways, volumes, "data")  # a claim that lingers would be found by the next install of the name
    return []

"""Growing the volumes of a StatefulSet: claims are patched, the set is made anew around its running pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anywhere.gateways.connect import Gateways
from anywhere.gateways.errors import Forbidden, GatewayError, Invalid, NotFound
from anywhere.gateways.kubernetes import Ref
from anywhere.operations.errors import OperationFailed
from anywhere.operations.run import Run
from services.operations.desired import Desired
from services.rules import changes
from services.rules.changes import Growth


def grow(run: Run, gateways: Gateways, wanted: Desired) -> None:
    """Grow what has to grow before Helm applies the rest. Repeatable: sizes reached already are left alone."""
    objects = gateways.helm.template(wanted.request())
    live = {}
    for obj in objects:
        if obj.get("kind") == "StatefulSet":
            found = gateways.kubernetes.find(Ref.of(obj, wanted.namespace))
            if found:
                live[changes.key_of(obj, wanted.namespace)] = found
    growing, refused = changes.growths(live, objects, wanted.namespace)
    if refused:
        raise _refused(" ".join(refused))
    for one in growing:
        _check_class(gateways, one)
        for template, size in one.sizes.items():
            for number in range(one.replicas):
                _grow_claim(run, gateways, one, f"{template}-{one.statefulset}-{number}", size)
        gateways.kubernetes.delete(
            Ref("apps/v1", "StatefulSet", one.statefulset, one.namespace), propagation="Orphan"
        )  # fmt: skip
        run.log(f"Volumes of {one.statefulset} are growing; its pods run on.", step="apply")


def _refused(detail: str) -> OperationFailed:
    return OperationFailed(
        detail,
        code="guard.no-decrease",
        title="A volume cannot shrink",
        kept="Nothing was changed.",
        next=[{"action": "change", "title": "Change values", "detail": "Keep the size or choose a larger one."}],
    )


def _claim(gateways: Gateways, namespace: str, name: str) -> Mapping[str, Any] | None:
    return gateways.kubernetes.find(Ref("v1", "PersistentVolumeClaim", name, namespace))


def _check_class(gateways: Gateways, one: Growth) -> None:
    template = next(iter(one.sizes))
    claim = _claim(gateways, one.namespace, f"{template}-{one.statefulset}-0")
    name = ((claim or {}).get("spec") or {}).get("storageClassName")
    if not name:
        return
    try:
        storage_class = gateways.kubernetes.find(Ref("storage.k8s.io/v1", "StorageClass", name))
    except (Forbidden, NotFound):
        return
    if storage_class is not None and not storage_class.get("allowVolumeExpansion"):
        raise OperationFailed(
            f"The storage class {name} does not let volumes grow.",
            code="storage.not_expandable",
            title="The volume cannot grow",
            whose="cluster",
            kept="Nothing was changed.",
            next=[{"action": "change", "title": "Change values", "detail": "Keep the size as it is."}],
        )


def _grow_claim(run: Run, gateways: Gateways, one: Growth, name: str, size: float) -> None:
    claim = _claim(gateways, one.namespace, name)
    if claim is None or changes.claim_size(claim) >= size:
        return
    patch = {"spec": {"resources": {"requests": {"storage": str(int(size))}}}}
    try:
        gateways.kubernetes.patch(Ref("v1", "PersistentVolumeClaim", name, one.namespace), patch)
    except (Invalid, Forbidden) as exc:
        raise _cannot(exc) from exc
    run.log(f"Asked for a larger volume {name}.", step="apply")


def _cannot(exc: GatewayError) -> OperationFailed:
    return OperationFailed(
        exc.detail,
        code="storage.not_expandable",
        title="The volume cannot grow",
        whose="cluster",
        kept="The volume keeps its size; the service runs on.",
        next=[{"action": "change", "title": "Change values", "detail": "Keep the size as it is."}],
    )

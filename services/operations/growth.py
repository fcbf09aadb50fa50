"""Growing the volumes of a StatefulSet: claims are patched, the set is made anew around its running pods.

Between the end of the old set and the new one its pods have nobody to look after them, so these two calls are carried
out whatever is asked meanwhile; what else changes is left to Helm.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from anywhere.gateways.connect import ClusterAccess, Gateways, open_cluster
from anywhere.gateways.errors import Forbidden, GatewayError, Invalid, NotFound
from anywhere.gateways.kubernetes import Object, Ref
from anywhere.operations.errors import OperationFailed, TryAgainLater
from anywhere.operations.run import Run
from services.rules import changes
from services.rules.changes import Growth

HELM_MANAGER = "helm"  # what Helm calls itself: so that it owns what is made here, and may take it away again
GONE_SECONDS = 30.0
LOOK_SECONDS = 0.2


def grow(run: Run, gateways: Gateways, access: ClusterAccess, objects: Sequence[Object], namespace: str) -> None:
    """Grow what has to grow before Helm applies the rest. Repeatable: sizes reached already are left alone."""
    sets = {changes.key_of(obj, namespace): obj for obj in objects if obj.get("kind") == "StatefulSet"}
    live = {}
    for key, obj in sets.items():
        if found := gateways.kubernetes.find(Ref.of(obj, namespace)):
            live[key] = found
    growing, refused = changes.growths(live, objects, namespace)
    if refused:
        raise _refused(" ".join(refused))
    for one in growing:
        _check_class(gateways, one)
    for one in growing:
        run.left = "Some volumes had begun to grow; what runs was not changed otherwise."
        for template, size in one.sizes.items():
            for number in range(one.replicas):
                _grow_claim(run, gateways, one, f"{template}-{one.statefulset}-{number}", size)
        key = ("StatefulSet", one.namespace, one.statefulset)
        with open_cluster(access) as certain:
            _make_anew(certain, live[key], changes.made_anew(live[key], sets[key]))
        run.log(f"Volumes of {one.statefulset} are growing; its pods run on.", step="apply")
    run.raise_if_cancelled()


def _make_anew(gateways: Gateways, old: Object, new: Object) -> None:
    """Return when the new set has taken the place of the old one, whose pods run on and become the new one's."""
    ref, uid = Ref.of(old), old["metadata"]["uid"]
    gateways.kubernetes.delete(ref, propagation="Orphan", uid=uid)
    ends = time.monotonic() + GONE_SECONDS
    while (there := gateways.kubernetes.find(ref)) is not None and there["metadata"]["uid"] == uid:
        if time.monotonic() > ends:
            raise TryAgainLater(f"The former StatefulSet {ref.name} is still going away.", 5)
        time.sleep(LOOK_SECONDS)
    if there is None:
        gateways.kubernetes.apply(new, field_manager=HELM_MANAGER, force=True)


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

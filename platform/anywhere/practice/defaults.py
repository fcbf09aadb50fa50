"""The fields the API fills in when they are left out."""

from __future__ import annotations

import base64
from collections.abc import Callable

from anywhere.practice.kinds import Obj


def _set(target: Obj, **values: object) -> None:
    for key, value in values.items():
        if target.get(key) is None:
            target[key] = value


def _probe(probe: Obj) -> None:
    _set(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    if "httpGet" in probe:
        _set(probe["httpGet"], path="/", scheme="HTTP")


def _container(one: Obj) -> None:
    image = one.get("image", "")
    tag = image.rsplit("/", 1)[-1]
    latest = tag.endswith(":latest") or (":" not in tag and "@" not in tag)
    _set(
        one,
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        resources={},
        imagePullPolicy="Always" if latest else "IfNotPresent",
    )
    for port in one.get("ports") or []:
        _set(port, protocol="TCP")
    for env in one.get("env") or []:
        if ref := (env.get("valueFrom") or {}).get("fieldRef"):
            _set(ref, apiVersion="v1")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if one.get(name):
            _probe(one[name])
    resources = one["resources"]
    for name, limit in (resources.get("limits") or {}).items():
        resources.setdefault("requests", {}).setdefault(name, limit)


def _volume(one: Obj) -> None:
    for kind in ("secret", "configMap", "projected", "downwardAPI"):
        if isinstance(one.get(kind), dict):
            _set(one[kind], defaultMode=420)


def pod_spec(spec: Obj) -> None:
    """Fill in a pod's spec."""
    _set(
        spec,
        restartPolicy="Always",
        dnsPolicy="ClusterFirst",
        terminationGracePeriodSeconds=30,
        schedulerName="default-scheduler",
        securityContext={},
    )
    for name in ("containers", "initContainers", "ephemeralContainers"):
        for one in spec.get(name) or []:
            _container(one)
    for one in spec.get("volumes") or []:
        _volume(one)
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]


def _template(spec: Obj) -> None:
    template = spec.setdefault("template", {})
    template.setdefault("metadata", {})
    pod_spec(template.setdefault("spec", {}))


def _pod(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    pod_spec(spec)
    _set(
        spec,
        serviceAccountName="default",
        serviceAccount="default",
        priority=0,
        enableServiceLinks=True,
        preemptionPolicy="PreemptLowerPriority",
    )
    obj["spec"].setdefault("tolerations", []).extend(
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for key in ("not-ready", "unreachable")
        if not any(t.get("key") == f"node.kubernetes.io/{key}" for t in obj["spec"]["tolerations"])
    )
    obj.setdefault("status", {"phase": "Pending", "qosClass": quality(spec)})


def quality(spec: Obj) -> str:
    """The quality-of-service class of a pod."""
    resources = [c.get("resources") or {} for c in spec.get("containers") or []]
    if not any(r.get("requests") or r.get("limits") for r in resources):
        return "BestEffort"
    same = all(
        set(r.get("limits") or {}) >= {"cpu", "memory"} and r.get("requests") == r.get("limits") for r in resources
    )
    return "Guaranteed" if same else "Burstable"


def _deployment(obj: Obj) -> None:
    spec = obj["spec"]
    _set(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600, strategy={})
    _set(spec["strategy"], type="RollingUpdate")
    if spec["strategy"]["type"] == "RollingUpdate":
        _set(spec["strategy"], rollingUpdate={})
        _set(spec["strategy"]["rollingUpdate"], maxSurge="25%", maxUnavailable="25%")
    _template(spec)


def claim_spec(spec: Obj) -> None:
    """Fill in a claim's spec."""
    _set(spec, volumeMode="Filesystem", accessModes=["ReadWriteOnce"])


def _stateful_set(obj: Obj) -> None:
    spec = obj["spec"]
    _set(
        spec,
        replicas=1,
        revisionHistoryLimit=10,
        podManagementPolicy="OrderedReady",
        updateStrategy={},
        persistentVolumeClaimRetentionPolicy={"whenDeleted": "Retain", "whenScaled": "Retain"},
    )
    _set(spec["updateStrategy"], type="RollingUpdate")
    if spec["updateStrategy"]["type"] == "RollingUpdate":
        _set(spec["updateStrategy"], rollingUpdate={"partition": 0})
    for claim in spec.get("volumeClaimTemplates") or []:
        _set(claim, apiVersion="v1", kind="PersistentVolumeClaim", status={"phase": "Pending"})
        claim_spec(claim.setdefault("spec", {}))
    _template(spec)


def _daemon_set(obj: Obj) -> None:
    spec = obj["spec"]
    _set(spec, revisionHistoryLimit=10, updateStrategy={"type": "RollingUpdate"})
    if spec["updateStrategy"].get("type", "RollingUpdate") == "RollingUpdate":
        _set(spec["updateStrategy"], type="RollingUpdate", rollingUpdate={"maxSurge": 0, "maxUnavailable": 1})
    _template(spec)


def _replica_set(obj: Obj) -> None:
    _set(obj["spec"], replicas=1)
    _template(obj["spec"])


def job_spec(spec: Obj) -> None:
    """Fill in a job's spec."""
    _set(
        spec,
        parallelism=1,
        backoffLimit=6,
        completionMode="NonIndexed",
        suspend=False,
        podReplacementPolicy="TerminatingOrFailed",
    )
    if spec["parallelism"] == 1:
        _set(spec, completions=1)
    _template(spec)


def _job(obj: Obj) -> None:
    spec, uid = obj["spec"], obj["metadata"].get("uid", "")
    job_spec(spec)
    if not spec.get("manualSelector") and uid:
        labels = {
            "batch.kubernetes.io/controller-uid": uid,
            "batch.kubernetes.io/job-name": obj["metadata"]["name"],
            "controller-uid": uid,
            "job-name": obj["metadata"]["name"],
        }
        _set(spec, selector={"matchLabels": {"batch.kubernetes.io/controller-uid": uid}})
        meta = spec["template"]["metadata"]
        meta["labels"] = {**(meta.get("labels") or {}), **labels}


def _cron_job(obj: Obj) -> None:
    _set(obj["spec"], concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    job = obj["spec"].setdefault("jobTemplate", {})
    _template(job.setdefault("spec", {}))


def _service(obj: Obj) -> None:
    spec = obj["spec"]
    _set(spec, type="ClusterIP", sessionAffinity="None")
    for port in spec.get("ports") or []:
        _set(port, protocol="TCP", targetPort=port.get("port"))
    if spec["type"] != "ExternalName":
        _set(spec, internalTrafficPolicy="Cluster", ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _set(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _set(spec, allocateLoadBalancerNodePorts=True)
    obj.setdefault("status", {"loadBalancer": {}})


def _secret(obj: Obj) -> None:
    _set(obj, type="Opaque")
    for key, value in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(str(value).encode()).decode()


def _claim(obj: Obj) -> None:
    claim_spec(obj.setdefault("spec", {}))
    obj.setdefault("status", {"phase": "Pending"})


def _hpa(obj: Obj) -> None:
    _set(
        obj["spec"],
        minReplicas=1,
        metrics=[
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
            }
        ],
    )


def _namespace(obj: Obj) -> None:
    _set(obj, spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})
    meta = obj["metadata"]
    meta["labels"] = {**(meta.get("labels") or {}), "kubernetes.io/metadata.name": meta["name"]}


def _storage_class(obj: Obj) -> None:
    _set(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _persistent_volume(obj: Obj) -> None:
    _set(obj["spec"], persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    obj.setdefault("status", {"phase": "Available"})


def _crd(obj: Obj) -> None:
    names = obj["spec"].get("names", {})
    _set(names, singular=names.get("kind", "").lower(), listKind=f"{names.get('kind', '')}List")
    _set(obj["spec"], conversion={"strategy": "None"})


_TABLE: dict[str, Callable[[Obj], None]] = {
    "pods": _pod,
    "deployments.apps": _deployment,
    "statefulsets.apps": _stateful_set,
    "daemonsets.apps": _daemon_set,
    "replicasets.apps": _replica_set,
    "jobs.batch": _job,
    "cronjobs.batch": _cron_job,
    "services": _service,
    "secrets": _secret,
    "persistentvolumeclaims": _claim,
    "horizontalpodautoscalers.autoscaling": _hpa,
    "namespaces": _namespace,
    "storageclasses.storage.k8s.io": _storage_class,
    "persistentvolumes": _persistent_volume,
    "customresourcedefinitions.apiextensions.k8s.io": _crd,
}


def fill(key: str, obj: Obj) -> None:
    """Fill in, in place, what an object of this table leaves out."""
    if filler := _TABLE.get(key):
        filler(obj)

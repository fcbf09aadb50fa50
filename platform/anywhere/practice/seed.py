"""Ready-made Helm releases in bulk, for runs at scale."""

from __future__ import annotations

import base64
import gzip
import json
import math
import uuid
from typing import TYPE_CHECKING

from anywhere.practice import pods
from anywhere.practice.clock import stamp
from anywhere.practice.controllers import containers
from anywhere.practice.controllers.pod import pod_address
from anywhere.practice.controllers.templates import dumps_copy, template_hash
from anywhere.practice.defaults import fill
from anywhere.practice.kinds import BY_KEY, Obj
from anywhere.practice.resources import create, suffix
from anywhere.practice.status import bad_request

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

MOST = 20_000
_PER_NODE = 100
_IMAGE = "docker.io/library/nginx:1.29"
_SPEED = 1


def seed(cluster: Cluster, releases: int = 100, revisions: int = 1, pods: int = 2, namespaces: int = 0) -> Obj:
    """Fill a cluster with releases of one Deployment each, as if they had run for a while; says what was made."""
    if not 0 < releases <= MOST or not 0 < revisions <= 20 or not 0 <= pods <= 10:
        raise bad_request(f"releases is 1 to {MOST}, revisions 1 to 20, pods 0 to 10")
    spaces = namespaces or math.ceil(releases / 50)
    cluster.controllers.quiet = True
    try:
        with cluster.store.disk.together():
            nodes = _nodes(cluster, math.ceil(releases * pods / _PER_NODE))
            for number in range(spaces):
                name = f"seed-{number:03d}"
                if cluster.store.get("namespaces", "", name) is None:
                    create(cluster, BY_KEY["namespaces"], "", {"metadata": {"name": name}})
                if cluster.store.get("serviceaccounts", name, "default") is None:
                    create(cluster, BY_KEY["serviceaccounts"], name, {"metadata": {"name": "default"}})
            for number in range(releases):
                _release(cluster, number, f"seed-{number % spaces:03d}", revisions, pods, nodes)
    finally:
        cluster.controllers.quiet = False
    return {"releases": releases, "namespaces": spaces, "pods": releases * pods, "nodes": len(nodes)}


def _nodes(cluster: Cluster, count: int) -> list[str]:
    names = []
    for number in range(count):
        name = f"seed-{number:03d}"
        names.append(name)
        if cluster.store.get("nodes", "", name) is None:
            resources = {"cpu": "16", "memory": "64Gi", "pods": "110"}
            create(
                cluster,
                BY_KEY["nodes"],
                "",
                {
                    "metadata": {
                        "name": name,
                        "labels": {"kubernetes.io/hostname": name, "practice.anywhere/seed": "true"},
                    },
                    "spec": {"taints": [{"key": "practice.anywhere/seed", "effect": "NoSchedule"}]},
                    "status": {
                        "capacity": resources,
                        "allocatable": resources,
                        "conditions": [
                            {
                                "type": "Ready",
                                "status": "True",
                                "reason": "KubeletReady",
                                "lastTransitionTime": stamp(),
                                "message": "kubelet is posting ready status",
                            }
                        ],
                    },
                },
            )
    return names


def _put(cluster: Cluster, key: str, namespace: str, obj: Obj) -> Obj:
    resource = BY_KEY[key]
    obj.update(apiVersion=resource.group_version, kind=resource.kind)
    obj["metadata"].update(namespace=namespace, uid=str(uuid.uuid4()), creationTimestamp=stamp())
    fill(key, obj)
    cluster.store.put(key, obj)
    return obj


def _release(cluster: Cluster, number: int, space: str, revisions: int, count: int, nodes: list[str]) -> None:
    name = f"release-{number:05d}"
    labels = {
        "app.kubernetes.io/name": "seed",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/managed-by": "Helm",
    }
    chosen = {k: labels[k] for k in ("app.kubernetes.io/name", "app.kubernetes.io/instance")}
    template: Obj = {
        "metadata": {"labels": dict(chosen)},
        "spec": {
            "containers": [
                {
                    "name": "seed",
                    "image": _IMAGE,
                    "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
                    "ports": [{"name": "http", "containerPort": 80}],
                }
            ]
        },
    }
    deployment: Obj = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {"replicas": count, "selector": {"matchLabels": chosen}, "template": template},
    }
    manifest = "---\n# Source: seed/templates/deployment.yaml\n" + json.dumps(deployment) + "\n"
    for revision in range(1, revisions + 1):
        _secret(cluster, name, space, manifest, revision, revision == revisions)
    _workload(
        cluster,
        name,
        space,
        dumps_copy(deployment),
        count,
        [nodes[(number * count + at) // _PER_NODE] for at in range(count)],
    )


def _secret(cluster: Cluster, name: str, space: str, manifest: str, revision: int, live: bool) -> None:
    now, status = stamp(), "deployed" if live else "superseded"
    document = {
        "name": name,
        "namespace": space,
        "version": revision,
        "config": {},
        "manifest": manifest,
        "hooks": [],
        "info": {
            "first_deployed": now,
            "last_deployed": now,
            "deleted": "",
            "status": status,
            "description": "Install complete" if revision == 1 else "Upgrade complete",
            "notes": "",
        },
        "chart": {
            "metadata": {
                "name": "seed",
                "version": "1.0.0",
                "appVersion": "1.29",
                "apiVersion": "v2",
                "type": "application",
                "description": "One Deployment",
            },
            "lock": None,
            "templates": [],
            "values": {"replicas": 2},
            "schema": None,
            "files": [],
        },
        "apply_method": "ssa",
    }
    packed = base64.b64encode(gzip.compress(json.dumps(document).encode(), _SPEED, mtime=0))
    _put(
        cluster,
        "secrets",
        space,
        {
            "metadata": {
                "name": f"sh.helm.release.v1.{name}.v{revision}",
                "labels": {
                    "name": name,
                    "owner": "helm",
                    "status": status,
                    "version": str(revision),
                    "modifiedAt": "1700000000",
                },
            },
            "type": "helm.sh/release.v1",
            "data": {"release": base64.b64encode(packed).decode()},
        },
    )


def _workload(cluster: Cluster, name: str, space: str, deployment: Obj, count: int, nodes: list[str]) -> None:
    now = stamp()
    deployment["metadata"].update(
        generation=1,
        annotations={
            "deployment.kubernetes.io/revision": "1",
            "meta.helm.sh/release-name": name,
            "meta.helm.sh/release-namespace": space,
        },
    )
    numbers = {"replicas": count, "readyReplicas": count, "availableReplicas": count, "observedGeneration": 1}
    fill("deployments.apps", deployment)
    mark = template_hash(deployment["spec"]["template"])
    deployment["status"] = {
        **numbers,
        "updatedReplicas": count,
        "conditions": [
            {
                "type": "Available",
                "status": "True",
                "reason": "MinimumReplicasAvailable",
                "lastTransitionTime": now,
                "lastUpdateTime": now,
                "message": "Deployment has minimum availability.",
            },
            {
                "type": "Progressing",
                "status": "True",
                "reason": "NewReplicaSetAvailable",
                "lastTransitionTime": now,
                "lastUpdateTime": now,
                "message": f'ReplicaSet "{name}-{mark}" has successfully progressed.',
            },
        ],
    }
    owner = _put(cluster, "deployments.apps", space, deployment)
    template = dumps_copy(owner["spec"]["template"])
    template["metadata"]["labels"]["pod-template-hash"] = mark
    labels = template["metadata"]["labels"]
    replica_set = _put(
        cluster,
        "replicasets.apps",
        space,
        {
            "metadata": {
                "name": f"{name}-{mark}",
                "labels": dict(labels),
                "generation": 1,
                "annotations": {"deployment.kubernetes.io/revision": "1"},
                "ownerReferences": [pods.owner_reference("apps/v1", "Deployment", owner)],
            },
            "spec": {"replicas": count, "selector": {"matchLabels": dict(labels)}, "template": template},
            "status": {**numbers, "fullyLabeledReplicas": count},
        },
    )
    for node in nodes:
        pod = {
            "metadata": {
                "name": f"{name}-{mark}-{suffix()}",
                "generateName": f"{name}-{mark}-",
                "labels": dict(labels),
                "ownerReferences": [pods.owner_reference("apps/v1", "ReplicaSet", replica_set)],
            },
            "spec": {**dumps_copy(template["spec"]), "nodeName": node},
        }
        _running(pod, node, now)
        made = _put(cluster, "pods", space, pod)
        cluster.controllers.moment(made["metadata"]["uid"], "bound", 1.0)


def _running(pod: Obj, node: str, now: str) -> None:
    address = pod_address(pod["metadata"]["name"])
    status: Obj = {
        "phase": "Running",
        "startTime": now,
        "qosClass": "Burstable",
        "hostIP": f"10.91.0.{len(node)}",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": now}
            for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
        ],
    }
    status["containerStatuses"] = [containers.running(c, now) | {"ready": True} for c in pod["spec"]["containers"]]
    pod["status"] = status

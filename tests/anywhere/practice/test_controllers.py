"""What happens in a practice cluster without anybody's hand."""

from __future__ import annotations

from typing import Any

import pytest

from .session import Session, eventually, workload

APPS = "/apis/apps/v1/namespaces/default"
CORE = "/api/v1/namespaces/default"
MERGE = "application/merge-patch+json"


def waiting(practice: Session) -> dict[str, str]:
    """Why the containers of the first pod wait."""
    rows = (practice.pods() or [{}])[0].get("status", {}).get("containerStatuses") or [{"state": {}}]
    return rows[0]["state"].get("waiting", {})


def ready(practice: Session, path: str, count: int) -> dict[str, Any]:
    """A workload once so many of its pods are ready and all are of its newest revision."""

    def done() -> Any:
        found = practice.get(path)
        status = found.get("status", {})
        return (
            status.get("readyReplicas", 0) == status.get("replicas", 0) == status.get("updatedReplicas", 0) == count
            and status["observedGeneration"] == found["metadata"]["generation"]
            and found
        )

    return eventually(done)


def test_a_deployment_rolls_pod_by_pod(practice: Session) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    practice.make(f"{APPS}/deployments", workload("web", 3, strategy=rolling))
    first = ready(practice, f"{APPS}/deployments/web", 3)
    assert [c["reason"] for c in first["status"]["conditions"]] == [
        "MinimumReplicasAvailable",
        "NewReplicaSetAvailable",
    ]
    patch = {"spec": {"template": {"metadata": {"annotations": {"restarted": "now"}}}}}
    practice.call("PATCH", f"{APPS}/deployments/web", patch, MERGE)
    second = ready(practice, f"{APPS}/deployments/web", 3)
    assert second["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    sets = practice.get(f"{APPS}/replicasets")["items"]
    assert sorted(s["spec"]["replicas"] for s in sets) == [0, 3]
    assert any("Scaled up replica set web-" in m and "from 0 to 1" in m for m in practice.events("ScalingReplicaSet"))
    practice.call(
        "PATCH", f"{APPS}/deployments/web", {"spec": {"template": {"metadata": {"annotations": None}}}}, MERGE
    )
    third = ready(practice, f"{APPS}/deployments/web", 3)
    assert third["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    assert len(practice.get(f"{APPS}/replicasets")["items"]) == 2


def test_pods_pass_through_every_state(practice: Session) -> None:
    practice.configure(ready_seconds=1.5)
    practice.make(
        f"{CORE}/pods", {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "m", "image": "nginx"}]}}
    )
    eventually(lambda: waiting(practice).get("reason") == "ContainerCreating")
    running = eventually(lambda: practice.pods()[0]["status"]["phase"] == "Running" and practice.pods()[0])
    assert {c["type"]: c["status"] for c in running["status"]["conditions"]}["Ready"] == "False"
    eventually(lambda: practice.pods()[0]["status"]["containerStatuses"][0]["ready"])
    told = {e["reason"] for e in practice.get(f"{CORE}/events")["items"]}
    assert told == {"Scheduled", "Pulling", "Pulled", "Created", "Started"}
    assert (
        "ready" in practice.call("GET", f"{CORE}/pods/a/log").body
        or "start worker" in practice.call("GET", f"{CORE}/pods/a/log?tailLines=1").body
    )


def test_a_stateful_set_makes_its_pods_in_order_and_keeps_claims(practice: Session) -> None:
    claim = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    practice.make(
        f"{APPS}/statefulsets", workload("db", 3, "StatefulSet", serviceName="db", volumeClaimTemplates=[claim])
    )
    ready(practice, f"{APPS}/statefulsets/db", 3)
    pods = sorted(practice.pods(), key=lambda p: int(p["metadata"]["resourceVersion"]))
    assert [p["metadata"]["name"] for p in pods] == ["db-0", "db-1", "db-2"]
    path = f"{APPS}/statefulsets/db"
    practice.call("PATCH", f"{path}/scale", {"spec": {"replicas": 1}}, MERGE)
    eventually(lambda: [p["metadata"]["name"] for p in practice.pods()] == ["db-0"])
    claims = practice.get(f"{CORE}/persistentvolumeclaims")["items"]
    assert [c["metadata"]["name"] for c in claims] == ["data-db-0", "data-db-1", "data-db-2"]
    refused = practice.call("PATCH", path, {"spec": {"serviceName": "other"}}, MERGE)
    assert refused.code == 422
    assert "updates to statefulset spec for fields other than 'replicas'" in refused.body["message"]


def test_a_recreated_stateful_set_takes_its_pods_back(practice: Session) -> None:
    body = workload("db", 2, "StatefulSet", serviceName="db")
    practice.make(f"{APPS}/statefulsets", body)
    ready(practice, f"{APPS}/statefulsets/db", 2)
    before = {p["metadata"]["uid"] for p in practice.pods()}
    practice.call("DELETE", f"{APPS}/statefulsets/db", {"propagationPolicy": "Orphan"})
    practice.make(f"{APPS}/statefulsets", body)
    ready(practice, f"{APPS}/statefulsets/db", 2)
    assert {p["metadata"]["uid"] for p in practice.pods()} == before


def test_a_daemon_set_runs_on_every_node(practice: Session) -> None:
    body = workload("agent", kind="DaemonSet")
    body["spec"].pop("replicas")
    practice.make(f"{APPS}/daemonsets", body)
    eventually(lambda: practice.get(f"{APPS}/daemonsets/agent").get("status", {}).get("numberReady") == 3)
    assert {p["spec"]["nodeName"] for p in practice.pods()} == {"practice-1", "practice-2", "practice-3"}


@pytest.mark.parametrize(("command", "kind"), [("exit 0", "Complete"), ("exit 3", "Failed")])
def test_a_job_ends_as_its_command_does(practice: Session, command: str, kind: str) -> None:
    template = {
        "spec": {
            "restartPolicy": "Never",
            "containers": [{"name": "m", "image": "busybox", "command": ["sh", "-c", command]}],
        }
    }
    practice.make(
        "/apis/batch/v1/namespaces/default/jobs",
        {"metadata": {"name": "once"}, "spec": {"backoffLimit": 1, "template": template}},
    )

    def ended() -> bool:
        status = practice.get("/apis/batch/v1/namespaces/default/jobs/once").get("status", {})
        return kind in [c["type"] for c in status.get("conditions", []) if c["status"] == "True"]

    eventually(ended)


def test_a_pod_that_asks_too_much_is_not_scheduled(practice: Session) -> None:
    body = workload("big")
    body["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"memory": "64Gi"}}
    practice.make(f"{APPS}/deployments", body)
    said = eventually(lambda: practice.events("FailedScheduling"))[0]
    assert said.startswith("0/3 nodes are available: 3 Insufficient memory. ")
    condition = next(c for c in practice.pods()[0]["status"]["conditions"] if c["type"] == "PodScheduled")
    assert (condition["status"], condition["reason"], condition["message"]) == ("False", "Unschedulable", said)
    patch = {
        "spec": {
            "template": {
                "spec": {
                    "containers": [{"name": "main", "image": "nginx", "resources": {"requests": {"memory": "1Gi"}}}]
                }
            }
        }
    }
    practice.call("PATCH", f"{APPS}/deployments/big", patch, MERGE)
    ready(practice, f"{APPS}/deployments/big", 1)


def test_an_unknown_storage_class_leaves_the_claim_pending(practice: Session) -> None:
    practice.make(
        f"{CORE}/persistentvolumeclaims",
        {
            "metadata": {"name": "data"},
            "spec": {"storageClassName": "nope", "resources": {"requests": {"storage": "1Gi"}}},
        },
    )
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    practice.make(
        f"{CORE}/pods",
        {"metadata": {"name": "a"}, "spec": {"volumes": volumes, "containers": [{"name": "m", "image": "nginx"}]}},
    )
    assert eventually(lambda: practice.events("ProvisioningFailed")) == ['storageclass.storage.k8s.io "nope" not found']
    said = eventually(lambda: practice.events("FailedScheduling"))[0]
    assert said == "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
    practice.make(
        "/apis/storage.k8s.io/v1/storageclasses",
        {"metadata": {"name": "nope"}, "provisioner": "practice.anywhere/volumes"},
    )
    practice.call("PATCH", f"{CORE}/persistentvolumeclaims/data", {"metadata": {"labels": {"a": "b"}}}, MERGE)
    eventually(lambda: practice.pods()[0]["status"]["phase"] == "Running")


def test_a_claim_grows_where_its_class_allows_it(practice: Session) -> None:
    path = f"{CORE}/persistentvolumeclaims"
    for name, kind in (("grows", "fast"), ("stays", "fixed")):
        practice.make(
            path,
            {
                "metadata": {"name": name},
                "spec": {"storageClassName": kind, "resources": {"requests": {"storage": "1Gi"}}},
            },
        )
        eventually(lambda: practice.get(f"{path}/{name}")["status"]["phase"] == "Bound")  # noqa: B023
    bigger = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    assert practice.call("PATCH", f"{path}/grows", bigger, MERGE).code == 200
    eventually(lambda: practice.get(f"{path}/grows")["status"]["capacity"] == {"storage": "2Gi"})
    refused = practice.call("PATCH", f"{path}/stays", bigger, MERGE)
    assert refused.code == 403
    assert "the storageclass that provisions the pvc must support resize" in refused.body["message"]
    assert (
        practice.call("PATCH", f"{path}/grows", {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}, MERGE).code
        == 422
    )


def test_a_claim_in_use_stays_until_its_pod_goes(practice: Session) -> None:
    practice.make(
        f"{CORE}/persistentvolumeclaims",
        {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}},
    )
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
    practice.make(
        f"{CORE}/pods",
        {"metadata": {"name": "a"}, "spec": {"volumes": volumes, "containers": [{"name": "m", "image": "nginx"}]}},
    )
    eventually(lambda: practice.pods()[0]["status"].get("phase") == "Running")
    practice.call("DELETE", f"{CORE}/persistentvolumeclaims/data")
    assert "deletionTimestamp" in practice.get(f"{CORE}/persistentvolumeclaims/data")["metadata"]
    practice.call("DELETE", f"{CORE}/pods/a")
    eventually(lambda: practice.call("GET", f"{CORE}/persistentvolumeclaims/data").code == 404)
    eventually(lambda: practice.get("/api/v1/persistentvolumes")["items"] == [])


def test_a_service_has_an_address_and_the_ready_pods(practice: Session) -> None:
    practice.make(f"{APPS}/deployments", workload("web", 2))
    practice.make(
        f"{CORE}/services",
        {
            "metadata": {"name": "web"},
            "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]},
        },
    )
    service = eventually(lambda: (found := practice.get(f"{CORE}/services/web"))["status"]["loadBalancer"] and found)
    assert service["spec"]["clusterIP"].startswith("10.96.") and service["spec"]["ports"][0]["nodePort"] >= 30000
    eventually(lambda: [len(s.get("addresses", [])) for s in practice.get(f"{CORE}/endpoints/web")["subsets"]] == [2])
    practice.make(
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
        {"metadata": {"name": "web"}, "spec": {"rules": [{"host": "a.test"}]}},
    )
    found = eventually(
        lambda: (
            practice.get("/apis/networking.k8s.io/v1/namespaces/default/ingresses/web")
            .get("status", {})
            .get("loadBalancer")
        )
    )
    assert found["ingress"][0]["ip"].startswith("203.0.113.")


def test_pod_security_is_enforced_where_the_namespace_says_so(practice: Session) -> None:
    practice.make(
        "/api/v1/namespaces",
        {"metadata": {"name": "strict", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
    )
    eventually(lambda: practice.call("GET", "/api/v1/namespaces/strict/serviceaccounts/default").code == 200)
    refused = practice.call(
        "POST",
        "/api/v1/namespaces/strict/pods",
        {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "m", "image": "nginx"}]}},
    )
    assert refused.code == 403
    assert 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false' in refused.body["message"]


def test_a_missing_secret_is_told(practice: Session) -> None:
    body = workload("web")
    body["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "login"}}]
    practice.make(f"{APPS}/deployments", body)
    eventually(
        lambda: waiting(practice) == {"reason": "CreateContainerConfigError", "message": 'secret "login" not found'}
    )
    practice.make(f"{CORE}/secrets", {"metadata": {"name": "login"}, "stringData": {"a": "b"}})
    ready(practice, f"{APPS}/deployments/web", 1)


@pytest.mark.parametrize(("fail", "reason"), [("image_pull", "ImagePullBackOff"), ("crash_loop", "CrashLoopBackOff")])
def test_a_cluster_told_to_fail_does(practice: Session, fail: str, reason: str) -> None:
    practice.configure(fail=fail)
    practice.make(f"{APPS}/deployments", workload("web"))
    eventually(lambda: waiting(practice).get("reason") == reason)
    assert practice.events("BackOff")


def test_a_cluster_without_quota_left_makes_no_pods(practice: Session) -> None:
    practice.configure(fail="quota")
    practice.make(f"{APPS}/statefulsets", workload("db", 1, "StatefulSet", serviceName="db"))
    said = eventually(lambda: practice.events("FailedCreate"))[0]
    assert said.startswith('create Pod db-0 in StatefulSet db failed error: pods "db-0" is forbidden: exceeded quota: ')
    assert practice.pods() == []


def test_a_crashing_container_tells_its_code_and_last_lines(practice: Session) -> None:
    practice.make(f"{APPS}/deployments", workload("web", image="docker.io/library/postgres:crash"))
    eventually(lambda: waiting(practice).get("reason") == "CrashLoopBackOff")
    pod = practice.pods()[0]
    assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 1
    said = practice.call("GET", f"{CORE}/pods/{pod['metadata']['name']}/log?previous=true").body
    assert "exiting with code 1" in said


def test_a_rollout_that_stands_still_is_told_after_its_deadline(practice: Session) -> None:
    practice.make(f"{APPS}/deployments", workload("web", image="nginx:missing", progressDeadlineSeconds=2))

    def reasons() -> set[str]:
        status = practice.get(f"{APPS}/deployments/web").get("status", {})
        return {c.get("reason", "") for c in status.get("conditions", [])}

    eventually(lambda: "ProgressDeadlineExceeded" in reasons())


def test_a_broken_pod_holds_its_stateful_set_until_it_is_removed(practice: Session) -> None:
    path = f"{APPS}/statefulsets/db"
    practice.make(f"{APPS}/statefulsets", workload("db", 2, "StatefulSet", serviceName="db"))
    ready(practice, path, 2)

    def use(image: str) -> None:
        containers = [{"name": "main", "image": image}]
        practice.call("PATCH", path, {"spec": {"template": {"spec": {"containers": containers}}}}, MERGE)

    use("nginx:missing")
    eventually(lambda: any(p["status"]["phase"] == "Pending" for p in practice.pods()))
    use("nginx:1.30")
    generation = practice.get(path)["metadata"]["generation"]
    eventually(lambda: practice.get(path)["status"]["observedGeneration"] == generation)
    assert practice.get(f"{CORE}/pods/db-1")["spec"]["containers"][0]["image"] == "nginx:missing"
    practice.call("DELETE", f"{CORE}/pods/db-1", {"gracePeriodSeconds": 0})
    found = ready(practice, path, 2)
    assert found["status"]["currentRevision"] == found["status"]["updateRevision"]


def test_a_pod_below_the_partition_comes_back_as_it_was(practice: Session) -> None:
    path = f"{APPS}/statefulsets/db"
    practice.make(f"{APPS}/statefulsets", workload("db", 2, "StatefulSet", serviceName="db"))
    ready(practice, path, 2)
    containers = [{"name": "main", "image": "nginx:1.30"}]
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    change = {"updateStrategy": strategy, "template": {"spec": {"containers": containers}}}
    practice.call("PATCH", path, {"spec": change}, MERGE)
    images = {"db-0": "docker.io/library/nginx:1.29", "db-1": "nginx:1.30"}

    def shown() -> bool:
        pods = [p for p in practice.pods() if p["status"]["phase"] == "Running"]
        return {p["metadata"]["name"]: p["spec"]["containers"][0]["image"] for p in pods} == images

    eventually(shown)
    before = practice.get(f"{CORE}/pods/db-0")["metadata"]["uid"]
    practice.call("DELETE", f"{CORE}/pods/db-0")
    eventually(lambda: before not in [p["metadata"]["uid"] for p in practice.pods()])
    eventually(shown)


def test_an_autoscaler_holds_its_bounds_and_a_budget_counts(practice: Session) -> None:
    practice.make(f"{APPS}/deployments", workload("web", 1))
    practice.make(
        "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
        {
            "metadata": {"name": "web"},
            "spec": {
                "minReplicas": 3,
                "maxReplicas": 5,
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            },
        },
    )
    practice.make(
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
        {"metadata": {"name": "web"}, "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}},
    )
    ready(practice, f"{APPS}/deployments/web", 3)
    budget = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web"
    eventually(lambda: practice.get(budget)["status"]["disruptionsAllowed"] == 1)
    pods = [p["metadata"]["name"] for p in practice.pods()]
    practice.call("PATCH", budget, {"spec": {"minAvailable": 3}}, MERGE)
    eventually(lambda: practice.get(budget)["status"]["disruptionsAllowed"] == 0)
    refused = practice.call("POST", f"{CORE}/pods/{pods[0]}/eviction", {})
    assert (refused.code, refused.body["details"]["causes"][0]["reason"]) == (429, "DisruptionBudget")
    practice.call("PATCH", budget, {"spec": {"minAvailable": 1}}, MERGE)
    eventually(lambda: practice.get(budget)["status"]["disruptionsAllowed"] == 2)
    assert practice.call("POST", f"{CORE}/pods/{pods[0]}/eviction", {}).code == 201


def test_a_scheduled_job_is_made_when_it_is_due(practice: Session) -> None:
    jobs = "/apis/batch/v1/namespaces/default"
    template = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "b"}]}}}}
    made = practice.make(
        f"{jobs}/cronjobs", {"metadata": {"name": "tick"}, "spec": {"schedule": "* * * * *", "jobTemplate": template}}
    )
    assert made["spec"]["concurrencyPolicy"] == "Allow"
    past = {"status": {"lastScheduleTime": "2026-01-01T00:00:00Z"}}
    assert practice.call("PATCH", f"{jobs}/cronjobs/tick/status", past, MERGE).code == 200
    eventually(lambda: [j.get("status", {}).get("succeeded") for j in practice.get(f"{jobs}/jobs")["items"]] == [1])

"""The real helm against a practice cluster."""

from __future__ import annotations

import json
from pathlib import Path

from anywhere.practice import client

from .session import Helm, Session, eventually

STATEFUL = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  serviceName: {{ .Release.Name }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
        - name: main
          image: docker.io/library/postgres:18
          env: [{name: LEVEL, value: {{ .Values.level | quote }}}]
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}-login}
stringData: {password: {{ .Values.password }}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-prepare
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: "before-hook-creation"}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: busybox, command: [sh, -c, "exit {{ .Values.hookCode }}"]}]
"""


def stateful_chart(folder: Path) -> str:
    """A chart with a StatefulSet, a Secret and a hook."""
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: stateful\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text("replicas: 2\nlevel: low\npassword: abc\nhookCode: 0\n")
    (folder / "templates" / "all.yaml").write_text(STATEFUL)
    return str(folder)


def status_of(run_helm: Helm, name: str) -> str:
    """The status helm shows of a release."""
    return json.loads(run_helm("status", name, "-o", "json"))["info"]["status"]


def test_a_chart_installs_changes_rolls_back_is_tested_and_goes(
    run_helm: Helm, charts: Path, practice: Session
) -> None:
    chart = str(charts / "demo")
    run_helm("install", "one", chart, "--wait", "--timeout", "30s", "--create-namespace", "-n", "apps")
    assert all(p["status"]["phase"] == "Running" for p in practice.pods("apps"))
    run_helm(
        "upgrade", "one", chart, "--set", "replicaCount=3,image.tag=1.29", "--wait", "--timeout", "30s", "-n", "apps"
    )
    living = [p for p in practice.pods("apps") if "deletionTimestamp" not in p["metadata"]]
    assert {p["spec"]["containers"][0]["image"] for p in living} == {"nginx:1.29"}
    assert len(living) == 3
    assert "Phase:          Succeeded" in run_helm("test", "one", "-n", "apps")
    run_helm("rollback", "one", "1", "--wait", "--timeout", "30s", "-n", "apps")
    deployment = practice.get("/apis/apps/v1/namespaces/apps/deployments/one-demo")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:1.16.0"
    history = json.loads(run_helm("history", "one", "-n", "apps", "-o", "json"))
    assert [row["status"] for row in history] == ["superseded", "superseded", "deployed"]
    run_helm("uninstall", "one", "--wait", "--timeout", "30s", "-n", "apps")
    assert practice.get("/apis/apps/v1/namespaces/apps/deployments")["items"] == []
    assert eventually(lambda: [p["metadata"]["name"] for p in practice.pods("apps")] == ["one-demo-test-connection"])


def test_a_stateful_chart_keeps_its_claims(run_helm: Helm, practice: Session, tmp_path: Path) -> None:
    chart = stateful_chart(tmp_path / "stateful")
    run_helm("install", "db", chart, "--wait", "--timeout", "30s")
    before = {p["metadata"]["name"]: p["metadata"]["uid"] for p in practice.pods()}
    assert {"db-0", "db-1"} < set(before)
    run_helm("upgrade", "db", chart, "--set", "level=high", "--wait", "--timeout", "30s")
    after = {p["metadata"]["name"]: p for p in practice.pods()}
    assert after["db-0"]["metadata"]["uid"] != before["db-0"]
    assert after["db-1"]["spec"]["containers"][0]["env"] == [{"name": "LEVEL", "value": "high"}]
    run_helm("uninstall", "db", "--wait", "--timeout", "30s")
    claims = practice.get("/api/v1/namespaces/default/persistentvolumeclaims")["items"]
    assert [(c["metadata"]["name"], c["status"]["phase"]) for c in claims] == [
        ("data-db-0", "Bound"),
        ("data-db-1", "Bound"),
    ]
    run_helm("install", "db", chart, "--wait", "--timeout", "30s")
    again = practice.get("/api/v1/namespaces/default/persistentvolumeclaims")["items"]
    assert [c["metadata"]["uid"] for c in again] == [c["metadata"]["uid"] for c in claims]


def test_a_failing_hook_fails_the_release(run_helm: Helm, practice: Session, tmp_path: Path) -> None:
    chart = stateful_chart(tmp_path / "stateful")
    said = run_helm("install", "db", chart, "--set", "hookCode=3", "--timeout", "20s", ok=False)
    assert "pre-install" in said
    assert status_of(run_helm, "db") == "failed"
    assert practice.get("/apis/apps/v1/namespaces/default/statefulsets")["items"] == []


def test_an_image_that_is_nowhere_is_told_in_the_runtimes_words(
    run_helm: Helm, charts: Path, practice: Session
) -> None:
    run_helm(
        "install", "one", str(charts / "demo"), "--set", "image.tag=missing", "--wait", "--timeout", "3s", ok=False
    )
    assert status_of(run_helm, "one") == "failed"
    waiting = practice.pods()[0]["status"]["containerStatuses"][0]["state"]["waiting"]
    assert waiting["reason"] in ("ErrImagePull", "ImagePullBackOff")
    pulls = [text for text in practice.events("Failed") if 'Failed to pull image "nginx:missing"' in text]
    assert any("not found" in text for text in pulls)
    run_helm("upgrade", "one", str(charts / "demo"), "--reset-values", "--wait", "--timeout", "20s")
    assert status_of(run_helm, "one") == "deployed"


def test_a_quota_is_told_on_the_replica_set(run_helm: Helm, charts: Path, practice: Session) -> None:
    practice.make(
        "/api/v1/namespaces/default/resourcequotas",
        {"metadata": {"name": "small"}, "spec": {"hard": {"requests.memory": "64Mi"}}},
    )
    run_helm(
        "install",
        "one",
        str(charts / "demo"),
        "--set",
        "resources.requests.memory=1Gi",
        "--wait",
        "--timeout",
        "2s",
        ok=False,
    )
    said = practice.events("FailedCreate")[0]
    assert "exceeded quota: small, requested: requests.memory=1Gi, used: requests.memory=0, limited: " in said
    deployment = practice.get("/apis/apps/v1/namespaces/default/deployments/one-demo")
    assert {c["type"]: c["reason"] for c in deployment["status"]["conditions"]}["ReplicaFailure"] == "FailedCreate"


def test_fields_that_leave_the_chart_leave_the_object(run_helm: Helm, charts: Path, practice: Session) -> None:
    chart, path = str(charts / "demo"), "/apis/apps/v1/namespaces/default/deployments/one-demo"
    run_helm("install", "one", chart, "--set", "podAnnotations.team=a,resources.limits.memory=64Mi")
    run_helm("upgrade", "one", chart, "--reset-values")
    template = practice.get(path)["spec"]["template"]
    assert "team" not in (template["metadata"].get("annotations") or {})
    assert "memory" not in (template["spec"]["containers"][0]["resources"].get("limits") or {})


def test_a_scaled_deployment_conflicts_with_the_next_apply(run_helm: Helm, charts: Path, practice: Session) -> None:
    chart, path = str(charts / "demo"), "/apis/apps/v1/namespaces/default/deployments/one-demo"
    run_helm("install", "one", chart)
    scaled = practice.call(
        "PATCH", f"{path}/scale?fieldManager=somebody", {"spec": {"replicas": 2}}, "application/merge-patch+json"
    )
    assert (scaled.code, scaled.body["spec"]["replicas"]) == (200, 2)
    said = run_helm("upgrade", "one", chart, "--set", "replicaCount=3", ok=False)
    assert 'conflict with "somebody"' in said and ".spec.replicas" in said
    run_helm("upgrade", "one", chart, "--set", "replicaCount=3", "--force-conflicts", "--wait", "--timeout", "20s")
    assert practice.get(path)["spec"]["replicas"] == 3


def test_a_thousand_seeded_releases_are_listed(run_helm: Helm, practice: Session) -> None:
    made = client.seed(practice.home, practice.id, 1000)
    assert (made["releases"], made["pods"]) == (1000, 2000)
    listed = json.loads(run_helm("list", "-A", "-m", "0", "-o", "json"))
    assert len(listed) == 1000
    assert {row["status"] for row in listed} == {"deployed"}
    first = practice.get("/api/v1/pods?limit=500")
    assert len(first["items"]) == 500 and first["metadata"]["remainingItemCount"] >= 1500
    counted = client.requests(practice.home, practice.id)
    assert counted["clients"]["Helm"]["requests"] > 0 and counted["clients"]["Helm"]["sent_bytes"] > 0
    deployment = practice.get("/apis/apps/v1/namespaces/seed-000/deployments/release-00000")
    assert deployment["status"]["readyReplicas"] == 2

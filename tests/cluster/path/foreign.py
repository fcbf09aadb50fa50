"""Charts as other people write them: what `helm create` makes, and what people add to it. None knows the portal."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from tests.charts.chart import find_helm

NGINX = {"repository": "docker.io/nginxinc/nginx-unprivileged", "tag": "1.26.3", "pullPolicy": "IfNotPresent"}
SHELL = "docker.io/library/busybox:1.38.0"

HOOK = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-EVENT
  annotations:
    "helm.sh/hook": EVENT
    "helm.sh/hook-weight": "-5"
    "helm.sh/hook-delete-policy": before-hook-creation,hook-succeeded
spec:
  backoffLimit: 2
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: prepare, image: IMAGE, command: [sh, -c, "echo EVENT; sleep 1"]}
"""
MARKER = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-prepared
  annotations:
    "helm.sh/hook": pre-install
    "helm.sh/hook-delete-policy": before-hook-creation
data: {revision: "{{ .Release.Revision }}"}
"""
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.NAME.example.com}
spec:
  group: NAME.example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
"""
CRON_JOB = """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: "{{ .Release.Name }}-nightly"}
spec:
  schedule: "17 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{name: tidy, image: IMAGE, command: ["true"]}]
"""
STATEFUL_SET = """\
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}-queue"}
spec:
  clusterIP: None
  selector: {queue: "{{ .Release.Name }}"}
  ports: [{name: a, port: 7777}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: "{{ .Release.Name }}-queue"}
spec:
  serviceName: {{ .Release.Name }}-queue
  replicas: 2
  podManagementPolicy: Parallel
  selector: {matchLabels: {queue: "{{ .Release.Name }}"}}
  template:
    metadata: {labels: {queue: "{{ .Release.Name }}"}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: queue
          image: IMAGE
          command: [sh, -c, "touch /data/there; exec sleep 100000"]
          readinessProbe: {exec: {command: [test, -f, /data/there]}, periodSeconds: 1}
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 64Mi}}}
"""
ONCE = """\
apiVersion: batch/v1
kind: Job
metadata: {name: "{{ .Release.Name }}-seed"}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: seed, image: IMAGE, command: [sh, -c, "echo seeded"]}]
"""


def _helm(*arguments: str, folder: Path) -> None:
    done = subprocess.run([find_helm(), *arguments], cwd=folder, capture_output=True, text=True, timeout=60)  # noqa: PLW1510
    assert done.returncode == 0, done.stderr


def _create(folder: Path, name: str, **values: object) -> Path:
    """Give the folder of a chart as `helm create` makes it, with other defaults."""
    folder.mkdir(parents=True, exist_ok=True)
    _helm("create", name, folder=folder)
    file = folder / name / "values.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **values}, sort_keys=False))
    return folder / name


def _add(chart: Path, files: dict[str, str], name: str) -> None:
    for path, text in files.items():
        (chart / path).parent.mkdir(parents=True, exist_ok=True)
        (chart / path).write_text(text.replace("IMAGE", SHELL).replace("NAME", name))


def _depend(chart: Path, sub: str, values: dict[str, object]) -> None:
    """Put a chart made by `helm create` under another one, behind a condition."""
    _create(chart / "charts", sub, image=NGINX, service={"type": "ClusterIP", "port": 8080})
    metadata = yaml.safe_load((chart / "Chart.yaml").read_text())
    metadata.setdefault("dependencies", []).append({"name": sub, "version": "0.1.0", "condition": f"{sub}.enabled"})
    (chart / "Chart.yaml").write_text(yaml.safe_dump(metadata))
    file = chart / "values.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), sub: values}, sort_keys=False))


def _package(chart: Path) -> Path:
    _helm("package", str(chart), folder=chart.parent)
    return next(chart.parent.glob(f"{chart.name}-*.tgz"))


def shop(folder: Path, name: str) -> Path:
    """Give the archive of a web shop: two copies, hooks, an own kind, a nightly job, a part that is switched off."""
    chart = _create(folder, name, replicaCount=2, image=NGINX, service={"type": "ClusterIP", "port": 8080})
    files = {
        "templates/prepare.yaml": HOOK.replace("EVENT", "pre-install"),
        "templates/prepared.yaml": MARKER,
        "crds/gadgets.yaml": CRD,
        "templates/nightly.yaml": CRON_JOB,
    }
    _add(chart, files, name)
    _depend(chart, "extras", {"enabled": False})
    return _package(chart)


def queue(folder: Path, name: str) -> Path:
    """Give the archive of a queue: volumes, a job that runs once, hooks before and after, a part switched on."""
    chart = _create(folder, name, image=NGINX, service={"type": "NodePort", "port": 8080},
                    autoscaling={"enabled": False}, nameOverride="front")  # fmt: skip
    files = {
        "templates/queue.yaml": STATEFUL_SET,
        "templates/seed.yaml": ONCE,
        "templates/after.yaml": HOOK.replace("EVENT", "post-install"),
        "templates/before-change.yaml": HOOK.replace("EVENT", "pre-upgrade"),
        "templates/before-end.yaml": HOOK.replace("EVENT", "pre-delete"),
    }
    _add(chart, files, name)
    _depend(chart, "console", {"enabled": True, "replicaCount": 1})
    return _package(chart)

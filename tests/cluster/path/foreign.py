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


RING = """\
{{- $live := lookup "apps/v1" "StatefulSet" .Release.Namespace .Release.Name }}
{{- if and $live (lt (int .Values.replicas) (int $live.spec.replicas)) (not .Values.scaleIn.confirmed) }}
{{- fail "Nobody has moved the data off the nodes that would leave." }}
{{- end }}
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}-nodes"}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {ring: "{{ .Release.Name }}"}
  ports: [{name: marks, port: 7777}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: "{{ .Release.Name }}"}
spec:
  serviceName: {{ .Release.Name }}-nodes
  replicas: {{ .Values.replicas }}
  podManagementPolicy: Parallel
  selector: {matchLabels: {ring: "{{ .Release.Name }}"}}
  template:
    metadata: {labels: {ring: "{{ .Release.Name }}"}, annotations: {release: "{{ .Values.serverVersion }}"}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: node
          image: IMAGE
          command:
            - sh
            - -c
            - touch /data/there; exec nc -ll -p 7777 -e sh -c 'read -r line; echo "$line" >>/data/marks; echo taken'
          resources: {requests: {cpu: 5m, memory: 8Mi}}
          readinessProbe: {exec: {command: [test, -f, /data/there]}, periodSeconds: 1}
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 16Mi}}}
"""
RING_PACKAGE = """\
apiVersion: anywhere/v1
title: Ring
summary: Nodes that hand their data to the first one before they leave.
category: storage
keywords: [ring]
license: MIT
creates: [1 StatefulSet]
links: [{title: Website, url: "https://example.com"}]
maintainer: Others
plans: [{name: small, title: Small, summary: Small nodes., values: plans/small.yaml, recommended: true}]
requires: {kubernetes: ">=1.29.0-0"}
endpoints: []
credentials: []
snippets: []
fullname: "{release}"
guards: []
volumes: []
nodes:
  - component: node
    title: Node
    workload: "{fullname}"
    container: node
    role: {command: [sh, -c, 'case "$HOSTNAME" in *-0) echo first ;; *) echo other ;; esac']}
    lag: {command: [sh, -c, 'case "$HOSTNAME" in *-0) echo 0 ;; *) echo 7 ;; esac'], unit: records}
scaling:
  - component: node
    title: Nodes
    path: replicas
    minimum: 1
    maximum: 4
    in: guided
    out: guided
    oneAtATime: true
    confirm: scaleIn.confirmed
    deleteClaims: true
    beforeIn:
      - title: Move the data off {pod}
        pods: leaving
        command:
          - sh
          - -c
          - |
            tell() { until echo "$1" | nc -w 5 {release}-0.{release}-nodes 7777 | grep -q taken; do sleep 1; done; }
            tell "begin {pod}"
            if [ -e /data/refuse ]; then
              echo "looking for room"
              echo "there is no room for the data of {pod}" >&2
              exit 3
            fi
            for second in 1 2 3 4 5 6; do echo "moved $second of 6 parts"; sleep 1; done
            tell "moved {pod} {replicas}"
        timeoutSeconds: 120
    afterIn:
      - title: Forget who left
        pods: one
        command: [sh, -c, "echo 'forgot {leaving}' >> /data/marks"]
    afterOut:
      - title: Spread the data
        pods: one
        command: [sh, -c, "echo 'spread {replicas}' >> /data/marks"]
      - title: Greet {pod}
        pods: joining
        command:
          - sh
          - -c
          - until echo "greeted {pod}" | nc -w 5 {release}-0.{release}-nodes 7777 | grep -q taken; do sleep 1; done
upgrades:
  - path: serverVersion
    from: "1.x"
    to: "3.x"
    how: refused
    reason: 3 does not read the files of 1.
    way: Go to 2 first.
  - path: serverVersion
    from: "1.x"
    to: "2.x"
    how: rolling
    after: [{title: "Convert {pod}", pods: each, command: [sh, -c, "echo converted >> /data/marks"]}]
procedures:
  - name: repair
    title: Repair
    summary: Compares all copies.
    danger: The service is slower meanwhile.
    steps:
      - title: Repair {pod}
        pods: each
        command: [sh, -c, "echo 'repaired {replicas}' >> /data/marks; echo all well"]
  - name: backup
    title: Back up
    summary: Copies everything.
    steps: [{title: Copy, pods: one, command: [sh, -c, "echo the store is full; exit 1"]}]
costs:
  - {unit: cpu, path: cpu, times: replicas}
"""


def ring(folder: Path, name: str) -> Path:
    """Give the archive of a service whose nodes come and go by commands of its own."""
    chart = folder / name
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 0.1.0\nappVersion: '1.0'\n")
    values = {"replicas": 1, "serverVersion": "1.0", "cpu": "5m", "scaleIn": {"confirmed": False}}
    (chart / "values.yaml").write_text(yaml.safe_dump(values))
    (chart / "package.yaml").write_text(RING_PACKAGE)
    _add(chart, {"templates/ring.yaml": RING, "plans/small.yaml": "replicas: 1\n"}, name)
    return _package(chart)

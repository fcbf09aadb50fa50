"""Small charts for tests, packaged the way the portal keeps them."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      containers:
        - name: main
          image: {{ .Values.image }}
          resources:
            requests: {memory: {{ .Values.memory }}}
"""
STATEFUL_SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .Release.Name }}
spec:
  serviceName: {{ .Release.Name }}
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      containers:
        - name: main
          image: {{ .Values.image }}
          volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: {{ .Values.storageClass }}
        resources: {requests: {storage: 1Gi}}
"""
VALUES = "replicas: 1\nimage: docker.io/library/nginx:1.29\nmemory: 64Mi\nstorageClass: standard\n"


def write_chart(folder: Path, name: str, templates: dict[str, str] | None = None, values: str = VALUES) -> Path:
    """Give the path of a packaged chart; without templates it has one Deployment."""
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\nappVersion: '1.0'\n",
        "values.yaml": values,
    } | {f"templates/{key}": text for key, text in (templates or {"deployment.yaml": DEPLOYMENT}).items()}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-1.0.0.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for file, text in files.items():
            entry = tarfile.TarInfo(f"{name}/{file}")
            data = text.encode()
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path

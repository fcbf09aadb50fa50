"""Archives for tests, good and hostile ones."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable

CHART = 'apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: "2.1"\ndescription: A web server.\n'
VALUES = """\
# How many pods
replicaCount: 2
image: {repository: nginx, tag: "1.27"}
auth: {password: ""}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}-web"}
spec:
  replicas: {{ .Values.replicaCount }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: nginx, resources: {requests: {cpu: 100m, memory: 64Mi}}}
"""


def entry(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """Give one entry of a tar archive."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def tar(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """Give a .tgz of these entries."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as writer:
        for info, data in entries:
            writer.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def chart(files: dict[str, str | bytes] | None = None, name: str = "web", metadata: str = CHART) -> bytes:
    """Give the archive of a small chart, with files added or (by None) left out."""
    found: dict[str, str | bytes | None] = {
        "Chart.yaml": metadata,
        "values.yaml": VALUES,
        "templates/deployment.yaml": DEPLOYMENT,
    }
    found |= files or {}
    return tar(
        entry(f"{name}/{path}", data.encode() if isinstance(data, str) else data)
        for path, data in found.items()
        if data is not None
    )

"""A stack of our own charts and a tiny one: `shop` takes its database and its cache from the Secrets it is bound to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

from anywhere.launcher.places import ROOT
from tests.support.portal import Portal

IMAGE = "docker.io/library/postgres:18.6"
# Writes to both with what it was given; ready once both have answered.
SHOP = """\
set -eu
d=/bindings/database c=/bindings/cache
export PGPASSWORD="$(cat $d/password)"
until psql -h "$(cat $d/host)" -p "$(cat $d/port)" -U "$(cat $d/username)" -d "$(cat $d/database)" \\
  -c "create table if not exists shop(said text)" -c "insert into shop values ('bound')"; do sleep 1; done
exec 3<>"/dev/tcp/$(cat $c/host)/$(cat $c/port)"
printf 'AUTH %s %s\\r\\nSET shop bound\\r\\nGET shop\\r\\n' "$(cat $c/username)" "$(cat $c/password)" >&3
for _ in 1 2 3 4; do read -r line <&3; echo "$line"; done | grep bound
touch /tmp/bound
exec sleep infinity
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  selector: {matchLabels: {app: "{{ .Release.Name }}"}}
  template:
    metadata: {labels: {app: "{{ .Release.Name }}"}}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 0
      securityContext: {runAsNonRoot: true, runAsUser: 999, fsGroup: 999, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: shop
          image: "{{ .Values.image }}"
          command: [bash, -c, {{ .Files.Get "shop.sh" | quote }}]
          readinessProbe: {exec: {command: [test, -e, /tmp/bound]}, periodSeconds: 1}
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          volumeMounts:
            - {name: database, mountPath: /bindings/database, readOnly: true}
            - {name: cache, mountPath: /bindings/cache, readOnly: true}
      volumes:
        - {name: database, secret: {secretName: "{{ required "Bind a database." .Values.bindings.database }}"}}
        - {name: cache, secret: {secretName: "{{ required "Bind a cache." .Values.bindings.cache }}"}}
"""
SCHEMA = """\
{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false, "properties": {
  "image": {"type": "string"},
  "bindings": {"type": "object", "properties": {"database": {"type": "string"}, "cache": {"type": "string"}}}}}
"""
PACKAGE = """\
apiVersion: anywhere/v1
title: Shop
summary: A shop that needs a database and a cache.
category: web
keywords: [shop]
license: MIT
links: []
maintainer: Tests
plans: [{name: small, title: Small, summary: One pod., values: plans/small.yaml, recommended: true}]
requires: {kubernetes: ">=1.29.0-0"}
creates: [1 Deployment]
fullname: "{release}"
"""
STACK = {
    "apiVersion": "anywhere/v1", "kind": "Stack", "name": "shop-stack", "version": "1.0.0", "title": "Shop stack",
    "summary": "A shop with its database and its cache.", "category": "web", "keywords": ["shop"],
    "readme": "# Shop\n\nA shop that has all it needs.",
    "plans": [{"name": "small", "title": "Small", "summary": "One of each.", "recommended": True}],
    "members": [
        {"name": "shop", "package": "shop", "title": "Shop", "bindings": [
            {"path": "bindings.database", "member": "db"}, {"path": "bindings.cache", "member": "cache"},
        ]},
        {"name": "db", "package": "postgresql", "title": "Database"},
        {"name": "cache", "package": "valkey", "title": "Cache"},
    ],
}  # fmt: skip


def write(root: Path) -> Path:
    """Give the folder with the chart `shop` and the stack `shop-stack`."""
    files = {
        "shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: '1'\ndescription: A shop.\n",
        "shop/values.yaml": f"image: {IMAGE}\nbindings: {{database: '', cache: ''}}\n",
        "shop/values.schema.json": SCHEMA,
        "shop/package.yaml": PACKAGE,
        # Rendered for what it asks for, a package has to stand by itself.
        "shop/plans/small.yaml": "bindings: {database: database, cache: cache}\n",
        "shop/shop.sh": SHOP,
        "shop/templates/deployment.yaml": DEPLOYMENT,
        "stacks/shop-stack.yaml": yaml.safe_dump(STACK, sort_keys=False),
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def publish(portal: Portal, root: Path) -> None:
    """Publish both in a running portal, as its administrator would by `manage.py ensure_ready --only-charts`."""
    process = portal.find(r"granian|gunicorn|celery")[0]
    given = (Path("/proc") / str(process) / "environ").read_bytes().split(b"\0")
    environment = dict(entry.decode().split("=", 1) for entry in given if b"=" in entry)
    command = [sys.executable, str(ROOT / "manage.py"), "ensure_ready", "--only-charts", "--charts", str(write(root))]
    done = subprocess.run(  # noqa: PLW1510
        command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0 and "not_offered" not in done.stderr, done.stdout + done.stderr

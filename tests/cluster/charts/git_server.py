"""A git server in a pod: the real git over HTTP, an open repository, one that asks for a login, and an archive."""

import base64
import json

from kubernetes import client

from tests.cluster.charts.release import eventually

NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "id": "one", "metadata": {}, "source": "6 * 7", "execution_count": None, "outputs": []}
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
SERVER = """
import base64, os, subprocess, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

os.makedirs("/tmp/home", exist_ok=True)
os.environ["HOME"] = "/tmp/home"
run = lambda *words, **more: subprocess.run(words, check=True, **more)
run("git", "init", "-q", "-b", "main", "/tmp/made")
run("cp", "/files/hello.ipynb", "/tmp/made/hello.ipynb")
who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
run("git", "-C", "/tmp/made", "add", ".")
run("git", "-C", "/tmp/made", *who, "commit", "-q", "-m", "First")
run("git", "-C", "/tmp/made", "tag", "v1")
open("/tmp/made/later.txt", "w").write("later")
run("git", "-C", "/tmp/made", "add", ".")
run("git", "-C", "/tmp/made", *who, "commit", "-q", "-m", "Second")
for name in ("open", "private"):
    run("git", "clone", "-q", "--bare", "/tmp/made", f"/tmp/served/{name}.git")
run("tar", "-czf", "/tmp/served/notebooks.tar.gz", "-C", "/tmp", "made/hello.ipynb")
open("/tmp/made/large", "wb").write(os.urandom(3_000_000))
run("tar", "-czf", "/tmp/served/large.tar.gz", "-C", "/tmp", "made/large")
LOGIN = "Basic " + base64.b64encode(b"ada:let-me-in").decode()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/private.git") and self.headers.get("Authorization") != LOGIN:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        if self.path in ("/notebooks.tar.gz", "/large.tar.gz"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(open("/tmp/served" + self.path, "rb").read())
            return
        path, _, query = self.path.partition("?")
        said = {"GIT_PROJECT_ROOT": "/tmp/served", "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
                "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        words, said = ["git", "http-backend"], {**os.environ, **said}
        answer = subprocess.run(words, env=said, input=body, stdout=subprocess.PIPE)
        head, _, rest = answer.stdout.partition(b"\\r\\n\\r\\n")
        lines = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(lines.pop("Status", "200").split()[0]))
        for name, value in lines.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(rest)

    do_POST = do_GET


ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""


def start(api: client.CoreV1Api, namespace: str) -> str:
    """Starts it and gives its address inside the cluster; the Secret git-login opens the private repository."""
    api.create_namespaced_secret(namespace, secret("git-login", {"username": "ada", "password": "let-me-in"}))
    files = {"server.py": SERVER, "hello.ipynb": json.dumps(NOTEBOOK)}
    api.create_namespaced_config_map(namespace, {"metadata": {"name": "git"}, "data": files})
    container = {
        "name": "git",
        "image": "quay.io/jupyter/minimal-notebook:2026-10-05",
        "command": ["python", "/files/server.py"],
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 2},
        "resources": {"requests": {"cpu": "10m", "memory": "96Mi"}, "limits": {"memory": "96Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "files", "mountPath": "/files"}],
    }
    spec = {
        "containers": [container],
        "volumes": [{"name": "files", "configMap": {"name": "git"}}],
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 1,
    }
    api.create_namespaced_pod(namespace, {"metadata": {"name": "git", "labels": {"app": "git"}}, "spec": spec})
    ports = [{"port": 8080}]
    api.create_namespaced_service(
        namespace, {"metadata": {"name": "git"}, "spec": {"selector": {"app": "git"}, "ports": ports}}
    )

    def ready() -> bool:
        states = api.read_namespaced_pod("git", namespace).status.container_statuses or []
        return bool(states) and all(state.ready for state in states)

    eventually(ready, "the git server is ready", 400)
    return f"http://git.{namespace}.svc.cluster.local:8080"


def secret(name: str, entries: dict[str, str], kind: str = "Opaque") -> dict:
    """A Secret as the API takes it."""
    data = {key: base64.b64encode(value.encode()).decode() for key, value in entries.items()}
    return {"metadata": {"name": name}, "type": kind, "data": data}

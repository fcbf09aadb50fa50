"""From click to running on a real cluster, by the command line, each service used by its real client."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
import redis

from tests.support.command_line import CommandLine

pytestmark = pytest.mark.cluster
Kubectl = Callable[..., str]


def rows(port: int, credentials: dict[str, str], *statements: str) -> list[Any]:
    """Give the rows of the last statement."""
    database = psycopg2.connect(
        host="127.0.0.1", port=port, user=credentials["username"], password=credentials["password"],
        dbname=credentials["database"], connect_timeout=10,
    )  # fmt: skip
    try:
        with database, database.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        database.close()


def test_postgresql_from_install_to_reinstall(aw: CommandLine, kubectl: Kubectl, forward: Any, name: str) -> None:
    operation = aw.json("install", "postgresql", name, "--cluster", "real", "--plan", "small", "--wait")
    assert operation["state"] == "succeeded"
    assert [s["state"] for s in operation["steps"]] == ["done"] * 5
    aw.wait_for(lambda: aw.health(name)["verdict"] == "healthy", 30, "the watcher sees it healthy")

    answer = aw.json("services", "connect", name)
    endpoint, credentials = answer["endpoints"][0], answer["credentials"]
    assert (endpoint["port"], endpoint["scope"]) == (5432, "inside")
    assert all(credentials["password"] not in snippet["text"] for snippet in answer["snippets"])
    with forward(name, endpoint["host"].split(".")[0], 5432) as port:
        assert rows(port, credentials, "create table t(a int)", "insert into t values (7)", "table t") == [(7,)]

    _changes_as_its_plan_said(aw, kubectl, name)
    _refuses_another_major(aw, kubectl, name, "17.12")
    _grows(aw, kubectl, name)

    ended = aw.json("services", "uninstall", name, "--wait")
    assert [c["name"] for c in ended["result"]["data_kept"]] == [f"data-{name}-0"]
    assert kubectl("-n", name, "get", "statefulsets,services", "-o", "name") == ""
    aw.wait_for(lambda: kubectl("-n", name, "get", "pods", "-o", "name") == "", 60, "the pod ends")
    assert f"data-{name}-0" in kubectl("-n", name, "get", "pvc", "-o", "name")

    aw.json("install", "postgresql", name, "--cluster", "real", "--plan", "small", "--wait")
    again = aw.json("services", "connect", name)["credentials"]
    assert again["password"] == credentials["password"]
    with forward(name, name, 5432) as port:
        assert rows(port, again, "table t") == [(7,)]

    aw.run("services", "uninstall", name, "--delete-data", code=4)
    aw.run("services", "uninstall", name, "--delete-data", "--confirm", name, "--wait")
    assert kubectl("-n", name, "get", "pvc", "-o", "name") == ""


def _pod(kubectl: Kubectl, name: str) -> dict[str, Any]:
    pod: dict[str, Any] = json.loads(kubectl("-n", name, "get", "pod", f"{name}-0", "-o", "json"))
    return pod


def _changes_as_its_plan_said(aw: CommandLine, kubectl: Kubectl, name: str) -> None:
    before = _pod(kubectl, name)["metadata"]["uid"]
    show = ("-n", name, "exec", f"{name}-0", "--", "psql", "-U", "postgres", "-tAc", "show max_connections")
    at_first = kubectl(*show)
    change = ("--set", "settings.maxConnections=55")
    plan = aw.json("services", "change", name, *change, "--dry-run")
    touched = {c["object"]["kind"]: c for c in plan["changes"]}
    assert "Restarts 1 pod" in touched["StatefulSet"]["effect"]
    assert not plan["refusals"]
    assert "-" in touched["ConfigMap"]["diff"] and "55" in touched["ConfigMap"]["diff"]
    assert _pod(kubectl, name)["metadata"]["uid"] == before, "a plan touches nothing"

    aw.json("services", "change", name, *change, "--wait")
    rolled = _pod(kubectl, name)["metadata"]["uid"]
    assert rolled != before
    assert kubectl(*show).strip() == "55"
    aw.json("services", "rollback", name, "--wait")
    assert kubectl(*show) == at_first
    history = aw.json("services", "history", name)
    assert [(r["revision"], r["status"]) for r in history] == [(3, "current"), (2, "superseded"), (1, "superseded")]


def _refuses_another_major(aw: CommandLine, kubectl: Kubectl, name: str, version: str) -> None:
    before = _pod(kubectl, name)["metadata"]["uid"], aw.json("services", "show", name)["operation"]["id"]
    error = aw.json("services", "change", name, "--set", f"serverVersion={version}", code=4)["error"]
    assert error["code"] == "service.change_refused"
    assert "major" in error["detail"]
    assert (_pod(kubectl, name)["metadata"]["uid"], aw.json("services", "show", name)["operation"]["id"]) == before


def _grows(aw: CommandLine, kubectl: Kubectl, name: str) -> None:
    aw.json("services", "change", name, "--set", "persistence.size=6Gi", "--wait")
    claim = json.loads(kubectl("-n", name, "get", "pvc", f"data-{name}-0", "-o", "json"))
    assert claim["spec"]["resources"]["requests"]["storage"] == str(6 * 2**30)
    template = json.loads(kubectl("-n", name, "get", "statefulset", name, "-o", "json"))["spec"]["volumeClaimTemplates"]
    assert template[0]["spec"]["resources"]["requests"]["storage"] == "6Gi"


def test_17_does_not_become_18(aw: CommandLine, kubectl: Kubectl, name: str) -> None:
    older = ("--plan", "small", "--set", "serverVersion=17.12")
    aw.json("install", "postgresql", name, "--cluster", "real", *older, "--wait")
    running = ("-n", name, "exec", f"{name}-0", "--", "psql", "-U", "postgres", "-tAc", "show server_version")
    assert kubectl(*running).startswith("17.")
    _refuses_another_major(aw, kubectl, name, "18.6")
    assert kubectl(*running).startswith("17.")


def test_valkey_answers_its_client_with_the_shown_credentials(aw: CommandLine, forward: Any, name: str) -> None:
    aw.json("install", "valkey", name, "--cluster", "real", "--plan", "small", "--wait")
    credentials = aw.json("services", "connect", name)["credentials"]
    with forward(name, name, 6379) as port:
        client = redis.Redis(port=port, username=credentials["username"], password=credentials["password"])
        assert client.set("k", "v") and client.get("k") == b"v"
        with pytest.raises(redis.exceptions.AuthenticationError):
            redis.Redis(port=port, username=credentials["username"], password="wrong").ping()


def test_secrets_are_nowhere_but_in_the_cluster(aw: CommandLine, portal: Any, kubectl: Kubectl, name: str) -> None:
    canary = "canary-Zq8fX3w9"
    values = f"auth: {{password: {canary}}}"
    aw.run("install", "postgresql", name, "--cluster", "real", "-f", "-", "--wait", stdin=values)
    secret = json.loads(kubectl("-n", name, "get", "secret", f"{name}-binding", "-o", "json"))
    assert base64.b64decode(secret["data"]["password"]).decode() == canary
    plan = json.dumps(aw.json("services", "change", name, "--set", "settings.maxConnections=60", "--dry-run"))
    shown = json.dumps(aw.json("services", "show", name)) + json.dumps(aw.json("operations", "list"))
    logs = "".join(file.read_text(errors="replace") for file in (portal.home / "logs").glob("*.log"))
    assert canary not in plan + shown + logs
    with portal.client() as client:
        assert client.get("/api/v1/organizations/").status_code == 200
        audit = client.get("/api/v1/organizations/home/audit/").text
        service = aw.json("services", "show", name)["id"]
        pages = [client.get(f"/api/v1/services/{service}/{page}/").text for page in ("values", "history", "events")]
    assert canary not in audit + "".join(pages)
    assert not any(canary.encode() in file.read_bytes() for file in (portal.home / "run").rglob("*") if file.is_file())

"""The administrator's door: make, configure, fill, count and delete practice clusters."""

from __future__ import annotations

import base64

from anywhere.practice.cluster import Cluster, World
from anywhere.practice.kinds import Obj
from anywhere.practice.seed import seed
from anywhere.practice.status import ApiError, bad_request


def kubeconfig(server: str, authority: str, token: str) -> Obj:
    """A kubeconfig with one context for this server and token."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "practice",
        "preferences": {},
        "clusters": [
            {
                "name": "practice",
                "cluster": {
                    "server": server,
                    "certificate-authority-data": base64.b64encode(authority.encode()).decode(),
                },
            }
        ],
        "users": [{"name": "practice-admin", "user": {"token": token}}],
        "contexts": [{"name": "practice", "context": {"cluster": "practice", "user": "practice-admin"}}],
    }


def administer(world: World, cluster: Cluster | None, method: str, parts: list[str], values: Obj, url: str) -> Obj:
    """Do what the administrator asks and answer; raises ApiError."""
    if not isinstance(values, dict):
        raise bad_request("the body is an object")
    if not parts or not parts[0]:
        if method == "GET":
            return {"items": [_facts(one) for one in world.clusters.values()]}
        if method == "POST":
            made, token = world.create(values.get("settings"))
            server = f"{url}/clusters/{made.id}"
            return {**_facts(made), "server": server, "kubeconfig": kubeconfig(server, made.authority, token)}
        raise ApiError(405, "MethodNotAllowed", "clusters are listed (GET) or made (POST)")
    if cluster is None:
        raise ApiError(404, "NotFound", "there is no such practice cluster")
    if len(parts) == 1:
        if method == "DELETE":
            world.delete(cluster.id)
            return {"deleted": cluster.id}
        if method == "GET":
            return _facts(cluster)
    return _private(cluster, method, "/".join(parts[2:]), values)


def _facts(cluster: Cluster) -> Obj:
    return {"id": cluster.id, "created": cluster.store.facts.get("created"), "settings": cluster.settings.document()}


def _private(cluster: Cluster, method: str, what: str, values: Obj) -> Obj:
    if what == "" and method == "GET":
        return cluster.settings.document()
    if what == "" and method in ("PUT", "PATCH"):
        return cluster.configure(values).document()
    if what == "seed" and method == "POST":
        return seed(
            cluster, **{k: int(v) for k, v in values.items() if k in ("releases", "revisions", "pods", "namespaces")}
        )
    if what == "requests" and method == "GET":
        return cluster.counting.document()
    if what == "requests" and method == "DELETE":
        cluster.counting.clear()
        return cluster.counting.document()
    raise ApiError(404, "NotFound", "there is settings (GET, PUT), seed (POST) and requests (GET, DELETE)")

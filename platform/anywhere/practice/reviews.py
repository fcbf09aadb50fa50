"""The answers of the API's questions: who am I, may I, and tokens on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice.access import User
from anywhere.practice.clock import stamp
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.status import invalid
from anywhere.practice.store import Entry

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

REVIEWS = {
    "tokenreviews",
    "selfsubjectreviews",
    "selfsubjectaccessreviews",
    "selfsubjectrulesreviews",
    "subjectaccessreviews",
}


def _info(user: User) -> Obj:
    return {"username": user.name, "groups": list(user.groups), **({"uid": user.uid} if user.uid else {})}


def review(cluster: Cluster, resource: Resource, user: User, body: Obj) -> Obj:
    """The body with its status filled in."""
    spec = body.get("spec") or {}
    answer = {
        **body,
        "kind": resource.kind,
        "apiVersion": resource.group_version,
        "metadata": {**(body.get("metadata") or {}), "creationTimestamp": None},
    }
    if resource.plural == "tokenreviews":
        found = cluster.access.user(spec.get("token", ""))
        answer["status"] = {"authenticated": True, "user": _info(found)} if found else {"authenticated": False}
    elif resource.plural == "selfsubjectreviews":
        answer["status"] = {"userInfo": _info(user)}
    elif resource.plural == "selfsubjectrulesreviews":
        rules = cluster.access.rules(user, spec.get("namespace", ""))
        answer["status"] = {
            "resourceRules": [r for r in rules if "resources" in r],
            "incomplete": False,
            "nonResourceRules": [r for r in rules if "nonResourceURLs" in r],
        }
    else:
        if resource.plural == "subjectaccessreviews":
            user = User(spec.get("user", ""), tuple(spec.get("groups") or ()))
        answer["status"] = {"allowed": _allowed(cluster, user, spec)}
    return answer


def _allowed(cluster: Cluster, user: User, spec: Obj) -> bool:
    wanted = spec.get("resourceAttributes")
    if wanted is None:
        return any("*" in (rule.get("nonResourceURLs") or []) for rule in cluster.access.rules(user, ""))
    name, sub = wanted.get("resource", ""), wanted.get("subresource", "")
    return cluster.access.allows(
        user,
        wanted.get("verb", ""),
        wanted.get("group", ""),
        f"{name}/{sub}" if sub else name,
        wanted.get("namespace", ""),
        wanted.get("name", ""),
    )


def token_request(cluster: Cluster, resource: Resource, entry: Entry, body: Obj) -> Obj:
    """A new token for a service account."""
    spec = body.get("spec") or {}
    seconds = spec.get("expirationSeconds") or 3600
    if seconds < 600:
        request = Resource("authentication.k8s.io", "v1", "tokenrequests", "TokenRequest", True)
        raise invalid(
            request,
            "",
            [
                (
                    "spec.expirationSeconds",
                    "FieldValueInvalid",
                    f"Invalid value: {seconds}: may not specify a duration less than 10 minutes",
                )
            ],
        )
    audiences = spec.get("audiences") or ["https://kubernetes.default.svc.cluster.local"]
    token, ends = cluster.access.issue(entry.namespace, entry.name, entry.uid, seconds, audiences)
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": entry.name, "namespace": entry.namespace, "creationTimestamp": stamp()},
        "spec": {"audiences": audiences, "expirationSeconds": seconds},
        "status": {"token": token, "expirationTimestamp": stamp(ends)},
    }

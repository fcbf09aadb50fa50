"""Parts of objects with a path of their own: status, scale, log, token, eviction, exec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice import deletion, patch, readings, resources, reviews
from anywhere.practice.access import User
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.messages import Answer, Request, Target, as_json, manner, object_of
from anywhere.practice.resources import Write
from anywhere.practice.selectors import selector_matches
from anywhere.practice.status import ApiError, no_such_path

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_STREAMED = {"attach", "portforward", "proxy"}


def patched(cluster: Cluster, request: Request, target: Target, how: Write) -> Answer:
    """The answer to a patch of an object or one of its parts."""
    resource, space, name, sub = target.resource, target.namespace or "", target.name, target.sub
    if request.content_type == "application/apply-patch+yaml":
        obj, new = resources.apply_patch(cluster, resource, space, name, object_of(request), how, sub)
        return as_json(obj, 201 if new else 200)
    return as_json(resources.change(cluster, resource, space, name, request.content_type, request.document(), how, sub))


def subresource(cluster: Cluster, request: Request, user: User, target: Target) -> Answer:
    """The answer to a request for a part of an object: its status, scale, log, token or eviction."""
    resource, space, name, sub = target.resource, target.namespace or "", target.name, target.sub
    entry = resources.fetch(cluster, resource, space, name)
    if sub in _STREAMED:
        raise ApiError(501, "NotImplemented", f"a practice cluster runs no containers, so {sub} leads nowhere")
    if sub not in resource.subresources:
        raise no_such_path()
    if sub in ("log", "exec"):
        return _from_container(cluster, request, target, entry.obj())
    if sub == "token":
        return as_json(reviews.token_request(cluster, resource, entry, object_of(request)), 201)
    if sub == "eviction":
        return _evict(cluster, resource, target)
    if sub == "scale":
        return _scale(cluster, request, user, target)
    how = manner(request, user)
    if request.method == "GET":
        return Answer(entry.raw)
    if request.method == "PATCH":
        return patched(cluster, request, target, how)
    return as_json(resources.update(cluster, resource, entry, object_of(request), sub if sub == "status" else "", how))


def _from_container(cluster: Cluster, request: Request, target: Target, pod: Obj) -> Answer:
    if target.sub == "exec":
        return Answer(command=readings.command_of(pod, request.query, request.headers))
    text = readings.log_text(pod, request.query)
    if request.query.get("follow") == "true":
        stream = readings.follow(cluster, target.namespace or "", target.name, text)
        return Answer(content_type="text/plain", stream=stream)
    return Answer(text.encode(), content_type="text/plain")


def _scale(cluster: Cluster, request: Request, user: User, target: Target) -> Answer:
    resource, how = target.resource, manner(request, user)
    entry = resources.fetch(cluster, resource, target.namespace or "", target.name)
    obj = entry.obj()
    if request.method == "GET":
        return as_json(resources.scale_of(resource, obj))
    scale = resources.scale_of(resource, obj)
    body = request.document()
    if request.method == "PATCH":
        body = patch.json_patch(scale, body) if isinstance(body, list) else patch.merge_patch(scale, body)
    obj["spec"]["replicas"] = (body.get("spec") or {}).get("replicas", 0)
    if version := (body.get("metadata") or {}).get("resourceVersion"):
        obj["metadata"]["resourceVersion"] = version
    return as_json(resources.scale_of(resource, resources.update(cluster, resource, entry, obj, "", how)))


def _evict(cluster: Cluster, resource: Resource, target: Target) -> Answer:
    entry = resources.fetch(cluster, resource, target.namespace or "", target.name)
    for one in cluster.store.each("poddisruptionbudgets.policy", entry.namespace):
        budget = one.obj()
        if selector_matches(budget["spec"].get("selector"), entry.labels) and not (budget.get("status") or {}).get(
            "disruptionsAllowed"
        ):
            raise ApiError(
                429,
                "TooManyRequests",
                "Cannot evict pod as it would violate the pod's disruption budget.",
                {
                    "causes": [
                        {
                            "reason": "DisruptionBudget",
                            "message": f"The disruption budget {one.name} needs more healthy pods",
                        }
                    ]
                },
            )
    deletion.delete(cluster, resource, entry, {})
    return as_json({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)

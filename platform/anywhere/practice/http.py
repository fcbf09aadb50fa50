"""One request to one practice cluster: who asks, for what, and the answer's bytes."""
from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from anywhere.practice import deletion, discovery, patch, protobuf, readings, resources, reviews, watch
from anywhere.practice.access import User
from anywhere.practice.kinds import Obj, Resource
from anywhere.practice.resources import Write
from anywhere.practice.selectors import entry_test, selector_matches
from anywhere.practice.status import ApiError, bad_request, no_such_path, not_found, unauthorized
from anywhere.practice.store import dumps

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}
_STREAMED = {"exec", "attach", "portforward", "proxy"}


@dataclass
class Request:
    """What was sent."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    prefix: str = ""
    user: User | None = None
    what: str = ""

    def document(self) -> Any:
        """The body as data; raises 400 or 415."""
        kind = self.content_type
        try:
            if "protobuf" in kind or self.body.startswith(protobuf.MAGIC):
                return protobuf.read(self.body)
            if "yaml" in kind and not self.body.lstrip().startswith((b"{", b"[")):
                return yaml.load(self.body, _Loader)
            return json.loads(self.body)
        except (ValueError, yaml.YAMLError, RecursionError) as exc:
            raise bad_request("the object provided is unrecognized (must be of type json, yaml or protobuf)") from exc

    @property
    def content_type(self) -> str:
        """The media type without parameters."""
        return self.headers.get("Content-Type", "application/json").split(";")[0].strip()


@dataclass
class Answer:
    """What is sent back: bytes, or a stream of them."""

    body: bytes = b""
    code: int = 200
    content_type: str = "application/json"
    stream: AsyncIterator[bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """Where in the API a request points."""

    resource: Resource
    namespace: str | None
    name: str = ""
    sub: str = ""


def answer(cluster: Cluster, request: Request) -> Answer:
    """The answer to a request; raises ApiError for refusals."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    user = cluster.access.user(token) if token else None
    if request.path == "version":
        return _json(discovery.VERSION)
    if request.path in ("healthz", "livez", "readyz"):
        return Answer(b"ok", content_type="text/plain")
    if user is None:
        raise unauthorized()
    request.user = user
    found = _told(cluster, request)
    if found is not None:
        return found
    target = locate(cluster, request.path)
    if target is None:
        raise no_such_path()
    return _act(cluster, request, user, target)


def _json(obj: Any, code: int = 200, content_type: str = "application/json") -> Answer:
    return Answer(dumps(obj), code, content_type)


def _told(cluster: Cluster, request: Request) -> Answer | None:
    parts = request.path.split("/")
    registry = cluster.registry
    request.what = f"{request.method.lower()} discovery"
    if parts[0] == "openapi":
        if request.path == "openapi/v3":
            return _json(discovery.openapi_index(registry, request.prefix))
        if parts[1:2] == ["v3"]:
            return _json(discovery.openapi(registry, "/".join(parts[2:])))
        raise no_such_path()
    asked = request.headers.get("Accept", "")
    if request.path in ("api", "apis"):
        if "APIGroupDiscoveryList" in asked and "v=v2;" in asked.replace(" ", ""):
            return _json(discovery.aggregated(registry, parts[0] == "api"), content_type=discovery.AGGREGATED)
        return _json(discovery.core_versions() if parts[0] == "api" else discovery.groups(registry))
    if parts[0] == "api" and len(parts) == 2:
        return _json(discovery.resources(registry, "", parts[1]))
    if parts[0] == "apis" and len(parts) == 2:
        return _json(discovery.group(registry, parts[1]))
    if parts[0] == "apis" and len(parts) == 3:
        return _json(discovery.resources(registry, parts[1], parts[2]))
    return None


def locate(cluster: Cluster, path: str) -> Target | None:
    """The resource a path names, or None."""
    parts = path.split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace: str | None = None
    if rest[0] == "namespaces" and len(rest) > 2 and not (group == "" and rest[2] in ("status", "finalize")):
        namespace, rest = rest[1], rest[2:]
    resource = cluster.registry.find(group, version, rest[0])
    if resource is None or len(rest) > 3:
        return None
    name, sub = (rest[1] if len(rest) > 1 else ""), (rest[2] if len(rest) > 2 else "")
    if resource.namespaced and namespace is None and name:
        return None
    if not resource.namespaced:
        namespace = None
    return Target(resource, namespace, name, sub)


def _act(cluster: Cluster, request: Request, user: User, target: Target) -> Answer:
    resource, name, sub = target.resource, target.name, target.sub
    watching = request.query.get("watch") in ("true", "1")
    if request.method in ("GET", "HEAD"):
        verb = "get" if name else "watch" if watching else "list"
    elif request.method == "DELETE":
        verb = "delete" if name else "deletecollection"
    else:
        verb = _VERBS.get(request.method, "")
    request.what = f"{verb} {resource.plural}{'/' + sub if sub else ''}"
    if not verb or (verb not in resource.verbs and not sub):
        raise ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    cluster.access.check(user, verb, resource, target.namespace or "", name, sub)
    if resource.group == "metrics.k8s.io":
        return _metrics(cluster, request, target)
    if resource.plural in reviews.REVIEWS:
        return _json(reviews.review(cluster, resource, user, request.document()), 201)
    if sub:
        return _sub(cluster, request, user, target)
    if verb == "get":
        return _get(cluster, request, target)
    if verb in ("list", "watch"):
        return _many(cluster, request, target, watching)
    return _write(cluster, request, user, target, verb)


def _metrics(cluster: Cluster, request: Request, target: Target) -> Answer:
    found = readings.metrics(cluster, target.resource.plural, target.namespace, target.name,
                             request.query.get("labelSelector", ""))
    if found is None:
        raise not_found(target.resource, target.name)
    return _json(found)


def _get(cluster: Cluster, request: Request, target: Target) -> Answer:
    entry = resources.fetch(cluster, target.resource, target.namespace or "", target.name)
    asked = request.headers.get("Accept", "")
    if watch.PARTIAL in asked and watch.PARTIAL_LIST not in asked:
        return Answer(entry.partial())
    return Answer(entry.raw)


def _many(cluster: Cluster, request: Request, target: Target, watching: bool) -> Answer:
    given = request.query
    namespace = target.namespace if target.resource.namespaced else ""
    query = watch.Query(
        target.resource, namespace, given.get("labelSelector", ""), given.get("fieldSelector", ""),
        watch.PARTIAL in request.headers.get("Accept", ""), _number(given, "limit"), given.get("continue", ""),
        given.get("resourceVersion", ""), _number(given, "timeoutSeconds"),
        given.get("allowWatchBookmarks") == "true", given.get("sendInitialEvents") == "true")
    if watching:
        query.test()
        return Answer(stream=watch.stream(cluster, query))
    return Answer(watch.listing(cluster, query))


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    return int(text) if text.isdigit() else 0


def _how(request: Request, user: User) -> Write:
    query = request.query
    manager = query.get("fieldManager") or ("" if "apply" in request.content_type else
                                            request.headers.get("User-Agent", "unknown").split("/")[0][:128])
    return Write(user, manager, "All" in query.get("dryRun", ""), query.get("force") == "true")


def _write(cluster: Cluster, request: Request, user: User, target: Target, verb: str) -> Answer:
    resource, space, name = target.resource, target.namespace or "", target.name
    how = _how(request, user)
    if verb == "create":
        return _json(resources.create(cluster, resource, space, _object(request), how), 201)
    if verb == "update":
        entry = resources.fetch(cluster, resource, space, name)
        return _json(resources.update(cluster, resource, entry, _object(request), "", how))
    if verb == "patch":
        return _patch(cluster, request, target, how)
    options = request.document() if request.body else {}
    options = options if isinstance(options, dict) else {}
    options |= {k: v for k, v in request.query.items() if k in ("propagationPolicy",)}
    if "gracePeriodSeconds" in request.query:
        options["gracePeriodSeconds"] = _number(request.query, "gracePeriodSeconds")
    if verb == "delete":
        entry = resources.fetch(cluster, resource, space, name)
        return _json(deletion.delete(cluster, resource, entry, options, how.dry_run))
    test = entry_test(request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))
    gone = [e for e in cluster.store.each(resource.key, space) if test is None or test(e)]
    items = [e.obj() for e in gone]
    for entry in gone:
        deletion.delete(cluster, resource, entry, dict(options), how.dry_run)
    return _json({"kind": resource.kind + "List", "apiVersion": resource.group_version,
                  "metadata": {"resourceVersion": str(cluster.store.version)}, "items": items})


def _object(request: Request) -> Obj:
    body = request.document()
    if not isinstance(body, dict):
        raise bad_request("the object provided is unrecognized (must be an object)")
    return body


def _patch(cluster: Cluster, request: Request, target: Target, how: Write) -> Answer:
    resource, space, name, sub = target.resource, target.namespace or "", target.name, target.sub
    if request.content_type == "application/apply-patch+yaml":
        obj, new = resources.apply_patch(cluster, resource, space, name, _object(request), how, sub)
        return _json(obj, 201 if new else 200)
    return _json(resources.change(cluster, resource, space, name, request.content_type, request.document(), how, sub))


def _sub(cluster: Cluster, request: Request, user: User, target: Target) -> Answer:
    resource, space, name, sub = target.resource, target.namespace or "", target.name, target.sub
    entry = resources.fetch(cluster, resource, space, name)
    if sub in _STREAMED:
        raise ApiError(501, "NotImplemented", f"a practice cluster runs no containers, so {sub} leads nowhere")
    if sub not in resource.subresources:
        raise no_such_path()
    if sub == "log":
        text = readings.log_text(entry.obj(), request.query)
        if request.query.get("follow") == "true":
            return Answer(content_type="text/plain", stream=readings.follow(cluster, space, name, text))
        return Answer(text.encode(), content_type="text/plain")
    if sub == "token":
        return _json(reviews.token_request(cluster, resource, entry, _object(request)), 201)
    if sub == "eviction":
        return _evict(cluster, resource, target)
    if sub == "scale":
        return _scale(cluster, request, user, target)
    how = _how(request, user)
    if request.method == "GET":
        return Answer(entry.raw)
    if request.method == "PATCH":
        return _patch(cluster, request, target, how)
    return _json(resources.update(cluster, resource, entry, _object(request), sub if sub == "status" else "", how))


def _scale(cluster: Cluster, request: Request, user: User, target: Target) -> Answer:
    resource, how = target.resource, _how(request, user)
    entry = resources.fetch(cluster, resource, target.namespace or "", target.name)
    obj = entry.obj()
    if request.method == "GET":
        return _json(resources.scale_of(resource, obj))
    scale = resources.scale_of(resource, obj)
    body = request.document()
    if request.method == "PATCH":
        body = (patch.json_patch(scale, body) if isinstance(body, list)
                else patch.merge_patch(scale, body))
    obj["spec"]["replicas"] = (body.get("spec") or {}).get("replicas", 0)
    if version := (body.get("metadata") or {}).get("resourceVersion"):
        obj["metadata"]["resourceVersion"] = version
    return _json(resources.scale_of(resource, resources.update(cluster, resource, entry, obj, "", how)))


def _evict(cluster: Cluster, resource: Resource, target: Target) -> Answer:
    entry = resources.fetch(cluster, resource, target.namespace or "", target.name)
    for one in cluster.store.each("poddisruptionbudgets.policy", entry.namespace):
        budget = one.obj()
        if (selector_matches(budget["spec"].get("selector"), entry.labels)
                and not (budget.get("status") or {}).get("disruptionsAllowed")):
            raise ApiError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.",
                           {"causes": [{"reason": "DisruptionBudget", "message": f"The disruption budget {one.name} "
                                        "needs more healthy pods"}]})
    deletion.delete(cluster, resource, entry, {})
    return _json({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)

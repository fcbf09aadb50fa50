"""One request to one practice cluster: who asks, for what, and the answer's bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere.practice import deletion, discovery, readings, resources, reviews, watch
from anywhere.practice.access import User
from anywhere.practice.messages import Answer, Request, Target, as_json, manner, number, object_of
from anywhere.practice.selectors import entry_test
from anywhere.practice.status import ApiError, no_such_path, not_found, unauthorized
from anywhere.practice.subresources import patched, subresource

if TYPE_CHECKING:
    from anywhere.practice.cluster import Cluster

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


def answer(cluster: Cluster, request: Request) -> Answer:
    """The answer to a request; raises ApiError for refusals."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    user = cluster.access.user(token) if token else None
    if request.path == "version":
        return as_json(discovery.VERSION)
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


def _told(cluster: Cluster, request: Request) -> Answer | None:
    parts = request.path.split("/")
    registry = cluster.registry
    request.what = f"{request.method.lower()} discovery"
    if parts[0] == "openapi":
        if request.path == "openapi/v3":
            return as_json(discovery.openapi_index(registry, request.prefix))
        if parts[1:2] == ["v3"]:
            return as_json(discovery.openapi(registry, "/".join(parts[2:])))
        raise no_such_path()
    asked = request.headers.get("Accept", "")
    if request.path in ("api", "apis"):
        if "APIGroupDiscoveryList" in asked and "v=v2;" in asked.replace(" ", ""):
            return as_json(discovery.aggregated(registry, parts[0] == "api"), content_type=discovery.AGGREGATED)
        return as_json(discovery.core_versions() if parts[0] == "api" else discovery.groups(registry))
    if parts[0] == "api" and len(parts) == 2:
        return as_json(discovery.resources(registry, "", parts[1]))
    if parts[0] == "apis" and len(parts) == 2:
        return as_json(discovery.group(registry, parts[1]))
    if parts[0] == "apis" and len(parts) == 3:
        return as_json(discovery.resources(registry, parts[1], parts[2]))
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
    if sub == "exec":
        verb = "create"
    elif request.method in ("GET", "HEAD"):
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
        return as_json(reviews.review(cluster, resource, user, request.document()), 201)
    if sub:
        return subresource(cluster, request, user, target)
    if verb == "get":
        return _get(cluster, request, target)
    if verb in ("list", "watch"):
        return _many(cluster, request, target, watching)
    return _write(cluster, request, user, target, verb)


def _metrics(cluster: Cluster, request: Request, target: Target) -> Answer:
    found = readings.metrics(
        cluster, target.resource.plural, target.namespace, target.name, request.query.get("labelSelector", "")
    )
    if found is None:
        raise not_found(target.resource, target.name)
    return as_json(found)


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
        target.resource,
        namespace,
        given.get("labelSelector", ""),
        given.get("fieldSelector", ""),
        watch.PARTIAL in request.headers.get("Accept", ""),
        number(given, "limit"),
        given.get("continue", ""),
        given.get("resourceVersion", ""),
        number(given, "timeoutSeconds"),
        given.get("allowWatchBookmarks") == "true",
        given.get("sendInitialEvents") == "true",
    )
    if watching:
        query.test()
        return Answer(stream=watch.stream(cluster, query))
    return Answer(watch.listing(cluster, query))


def _write(cluster: Cluster, request: Request, user: User, target: Target, verb: str) -> Answer:
    resource, space, name = target.resource, target.namespace or "", target.name
    how = manner(request, user)
    if verb == "create":
        return as_json(resources.create(cluster, resource, space, object_of(request), how), 201)
    if verb == "update":
        entry = resources.fetch(cluster, resource, space, name)
        return as_json(resources.update(cluster, resource, entry, object_of(request), "", how))
    if verb == "patch":
        return patched(cluster, request, target, how)
    options = request.document() if request.body else {}
    options = options if isinstance(options, dict) else {}
    options |= {k: v for k, v in request.query.items() if k in ("propagationPolicy",)}
    if "gracePeriodSeconds" in request.query:
        options["gracePeriodSeconds"] = number(request.query, "gracePeriodSeconds")
    if verb == "delete":
        entry = resources.fetch(cluster, resource, space, name)
        return as_json(deletion.delete(cluster, resource, entry, options, how.dry_run))
    test = entry_test(request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))
    gone = [e for e in cluster.store.each(resource.key, space) if test is None or test(e)]
    items = [e.obj() for e in gone]
    for entry in gone:
        deletion.delete(cluster, resource, entry, dict(options), how.dry_run)
    return as_json(
        {
            "kind": resource.kind + "List",
            "apiVersion": resource.group_version,
            "metadata": {"resourceVersion": str(cluster.store.version)},
            "items": items,
        }
    )

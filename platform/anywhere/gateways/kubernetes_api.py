"""The Kubernetes gateway over HTTP: raw JSON, one total deadline a call, the server's own words in errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

from anywhere.gateways import exec as commands
from anywhere.gateways.answers import check_status, decode, error_of
from anywhere.gateways.channel import Deadline
from anywhere.gateways.discovery import Discovery
from anywhere.gateways.errors import BadResponse, GatewayError, NotFound
from anywhere.gateways.kubernetes import MANAGER, MERGE_PATCH, Lines, Object, Objects, Ran, Ref, Token, Version
from anywhere.gateways.resources import resource_of
from anywhere.gateways.transport import Answer, Request, Transport
from anywhere.lib import redact

if TYPE_CHECKING:
    from anywhere.gateways.connect import ClusterAccess

CALL_SECONDS = 30.0
LIST_SECONDS = 60.0
MAX_WAIT_SECONDS = 10.0
MAX_TRIES = 5
MAX_LINE = 1000
PROBES = ("/readyz", "/livez", "/healthz")
APPLY_PATCH = "application/apply-patch+yaml"


def _never() -> bool:
    return False


class KubernetesApi:
    """One cluster's API. Connections are kept and shared by all gateways of the process to the same cluster."""

    def __init__(self, access: ClusterAccess, *, cancelled: Callable[[], bool] = _never) -> None:
        self.access = access
        self.cancelled = cancelled
        self.transport = Transport(access, cancelled)
        self.discovery = Discovery(self.transport.key, lambda path, accept: self.request("GET", path, accept=accept))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    # one call

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout: float | None = None,
    ) -> Any:
        """Give the decoded answer; text for answers that are not JSON by their own account, None for empty ones."""
        deadline = Deadline(timeout or CALL_SECONDS, self.cancelled)
        headers = {"Accept": accept, "Accept-Encoding": "identity", **self._who()}
        data = None
        if body is not None:
            data = json.dumps(body, separators=(",", ":")).encode()
            headers["Content-Type"] = content_type
        target = quote(path, safe="/:@,=&+-._~%") + ("?" + urlencode(query) if query else "")
        answer = self._send(Request(method, target, headers, data), deadline)
        if not answer.body:
            return None
        if "json" not in answer.headers.get("content-type", "json"):
            if accept == "application/json" and path not in PROBES:
                decode(answer.body)
            return answer.body.decode("utf-8", "replace")
        return check_status(decode(answer.body), method)

    def _who(self) -> dict[str, str]:
        token = {"Authorization": f"Bearer {self.access.token}"} if self.access.token else {}
        return {"User-Agent": "anywhere", **token}

    def _send(self, request: Request, deadline: Deadline) -> Answer:
        attempt = 1
        while True:
            answer = self.transport.send(request, deadline)
            if answer.status < 300:
                return answer
            wait = _asked_to_wait(answer, attempt)
            if wait is None or attempt == MAX_TRIES or wait > deadline.remaining():
                raise error_of(answer, request.method)
            deadline.sleep(wait)
            attempt += 1

    # objects

    def _path(self, ref: Ref, subresource: str = "") -> str:
        return self.discovery.resource(ref.api_version, ref.kind).path(
            quote(ref.namespace, safe=""), quote(ref.name, safe=""), subresource
        )

    def get(self, ref: Ref | str) -> Object:
        """Give the object, or raise NotFound."""
        return _object(self.request("GET", ref if isinstance(ref, str) else self._path(ref)))

    def find(self, ref: Ref | str) -> Object | None:
        """Give the object, or None."""
        try:
            return self.get(ref)
        except NotFound:
            return None

    def list(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 500,
        maximum: int | None = None,
    ) -> Objects:
        """Give the objects; a list that expires between two pages is read again from its start, once."""
        path = resource_of(resource).path(namespace)
        query = {"labelSelector": label_selector, "fieldSelector": field_selector, "limit": str(limit)}
        query = {key: value for key, value in query.items() if value}
        deadline = Deadline(LIST_SECONDS, self.cancelled)
        try:
            return self._pages(path, query, deadline, maximum)
        except GatewayError as error:
            if error.code != "cluster.gone":
                raise
        return self._pages(path, query, deadline, maximum)

    def _pages(self, path: str, query: dict[str, str], deadline: Deadline, maximum: int | None) -> Objects:
        found: Objects = []
        token = ""
        while True:
            page = self.request(
                "GET", path, query=query | ({"continue": token} if token else {}), timeout=deadline.remaining()
            )
            items = page.get("items") if isinstance(page, Mapping) else None
            if items is None and isinstance(page, Mapping) and str(page.get("kind", "")).endswith("List"):
                items = []
            if not isinstance(items, list_type):
                raise BadResponse("The server's answer is not a list of objects.")
            kind, version = str(page.get("kind", "")).removesuffix("List"), page.get("apiVersion", "")
            for item in items:
                found.append({"apiVersion": version, "kind": kind} | _object(item))
            token = (page.get("metadata") or {}).get("continue") or ""
            if not token or (maximum is not None and len(found) >= maximum):
                return found[:maximum]

    def apply(self, obj: Object, *, field_manager: str = MANAGER, dry_run: bool = False, force: bool = False) -> Object:
        """Give the object after a server-side apply."""
        query = {"fieldManager": field_manager, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        path = self._path(Ref.of(obj))
        return _object(self.request("PATCH", path, query=query, body=obj, content_type=APPLY_PATCH))

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Give the created object."""
        ref = Ref.of(obj)
        path = self.discovery.resource(ref.api_version, ref.kind).path(quote(ref.namespace, safe=""))
        query = {"fieldManager": MANAGER} | ({"dryRun": "All"} if dry_run else {})
        return _object(self.request("POST", path, query=query, body=obj))

    def replace(self, obj: Object) -> Object:
        """Give the object after a PUT."""
        return _object(self.request("PUT", self._path(Ref.of(obj)), query={"fieldManager": MANAGER}, body=obj))

    def patch(self, ref: Ref, patch: Any, *, content_type: str = MERGE_PATCH, subresource: str = "") -> Object:
        """Give the object after a patch."""
        path = self._path(ref, subresource)
        return _object(
            self.request("PATCH", path, query={"fieldManager": MANAGER}, body=patch, content_type=content_type)
        )

    def delete(
        self, ref: Ref, *, propagation: str = "Background", uid: str | None = None, grace_seconds: int | None = None
    ) -> bool:
        """Give whether there was something to delete."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        try:
            self.request("DELETE", self._path(ref), body=options)
        except NotFound:
            return False
        return True

    # the rest

    def logs(
        self, namespace: str, pod: str, container: str | None = None, *, tail: int = 50, previous: bool = False
    ) -> Lines:
        """Give the last log lines."""
        query = {"tailLines": str(tail), "limitBytes": "262144"}
        if container:
            query["container"] = container
        if previous:
            query["previous"] = "true"
        path = self._path(Ref("v1", "Pod", pod, namespace), "log")
        text = self.request("GET", path, query=query, accept="text/plain, application/json")
        return [redact.text(line, limit=MAX_LINE) for line in str(text or "").splitlines()[-tail:]]

    def run(
        self,
        namespace: str,
        pod: str,
        command: Sequence[str],
        *,
        container: str | None = None,
        seconds: float = 60.0,
        on_line: Callable[[str], None] | None = None,
    ) -> Ran:
        """Give how the command ended."""
        path = self._path(Ref("v1", "Pod", pod, namespace), "exec")
        return commands.run(
            self.transport, path, command, self._who(), container=container, seconds=seconds, on_line=on_line
        )

    def version(self) -> Version:
        """Give the server's version."""
        found = self.request("GET", "/version", timeout=10)
        if not isinstance(found, Mapping) or not isinstance(found.get("gitVersion"), str):
            raise BadResponse("The server does not say which version of Kubernetes it is.")
        return Version(
            redact.text(found["gitVersion"], limit=60), redact.text(str(found.get("platform", "")), limit=60)
        )

    def can_i(self, verb: str, group: str, resource: str, namespace: str | None = None, name: str = "") -> bool:
        """Give whether this credential may do it."""
        plural, _, subresource = resource.partition("/")
        asked = {"verb": verb, "group": group, "resource": plural, "subresource": subresource, "name": name}
        if namespace:
            asked["namespace"] = namespace
        kind = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
        body = kind | {"spec": {"resourceAttributes": {k: v for k, v in asked.items() if v}}}
        answer = self.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=body)
        return bool(_object(answer).get("status", {}).get("allowed"))

    def token_request(self, namespace: str, service_account: str, seconds: int) -> Token:
        """Give a new token of a service account."""
        kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        path = self._path(Ref("v1", "ServiceAccount", service_account, namespace), "token")
        answer = _object(self.request("POST", path, body=kind | {"spec": {"expirationSeconds": seconds}}))
        status = answer.get("status") or {}
        if not status.get("token"):
            raise BadResponse("The server gave no token.")
        return Token(status["token"], status.get("expirationTimestamp", ""))

    def api_versions(self) -> Lines:
        """Give the groups, versions and kinds the cluster knows."""
        return self.discovery.api_versions()

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        """Give whether objects of the kind live in a namespace."""
        return self.discovery.resource(api_version, kind).namespaced


list_type = list


def _object(data: Any) -> Object:
    if not isinstance(data, dict):
        raise BadResponse("The server's answer is not an object.")
    return data


def _asked_to_wait(answer: Answer, attempt: int) -> float | None:
    """Give the seconds to wait before the same request may be sent again, None when it may not."""
    if answer.status not in (429, 503):
        return None
    after = answer.headers.get("retry-after", "")
    if after.isdigit():
        return min(max(float(after), 0.1), MAX_WAIT_SECONDS)
    return 0.5 * 2 ** (attempt - 1) if answer.status == 429 else None

"""What the rest of the portal may ask of a Kubernetes cluster. Objects are raw JSON, never typed models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

Object = dict[str, Any]
Objects = list[Object]
Lines = list[str]

MANAGER = "anywhere"  # our name in managedFields
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


@dataclass(frozen=True)
class Ref:
    """Which object: as in its apiVersion, kind, metadata.name and metadata.namespace ("" for cluster-wide ones)."""

    api_version: str
    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def of(cls, obj: Mapping[str, Any], default_namespace: str = "") -> Ref:
        """Give the reference of a raw object; the default namespace stands in for a missing one."""
        meta = obj.get("metadata") or {}
        namespace = meta.get("namespace") or default_namespace
        return cls(obj.get("apiVersion", ""), obj.get("kind", ""), meta.get("name", ""), namespace)


@dataclass(frozen=True)
class Version:
    """What the API server says of itself."""

    git_version: str  # v1.36.3
    platform: str

    @property
    def number(self) -> tuple[int, int]:
        """Give (major, minor), (0, 0) when the version cannot be read."""
        parts = self.git_version.lstrip("v").split(".")
        try:
            return int(parts[0]), int(parts[1])
        except (ValueError, IndexError):
            return 0, 0


@dataclass(frozen=True)
class Token:
    """A service account's token and the end of its life as the cluster set it."""

    token: str
    expires_at: str  # RFC 3339


@dataclass(frozen=True)
class Ran:
    """How a command in a container ended. `output` is the last of both its streams, as they came.

    They come in their order only roughly, so the last of stderr is told apart too.
    """

    exit_code: int
    output: str
    is_cut: bool = False  # there was more output before
    errors: str = ""


class KubernetesGateway(Protocol):
    """One cluster's API, as one credential sees it. Every verb may raise the errors of `gateways.errors`.

    Resources are written "v1/pods", "apps/v1/deployments", "postgresql.cnpg.io/v1/clusters".
    """

    cancelled: Callable[[], bool]

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

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
        """Give the decoded JSON answer of one raw call (None for an empty one)."""
        ...

    def get(self, ref: Ref | str) -> Object:
        """Give the object of a reference or of a raw path; NotFound when it is not there."""
        ...

    def find(self, ref: Ref | str) -> Object | None:
        """Give the object, or None when it, its kind or its namespace is not there."""
        ...

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
        """Give the objects of a resource, read in pages of `limit`, at most `maximum`, with apiVersion and kind."""
        ...

    def apply(self, obj: Object, *, field_manager: str = MANAGER, dry_run: bool = False, force: bool = False) -> Object:
        """Give the object after a server-side apply; Conflict when fields belong to another manager (unless force)."""
        ...

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Give the created object; Conflict when one of that name is there."""
        ...

    def replace(self, obj: Object) -> Object:
        """Give the object after a full update (PUT); Conflict when its resourceVersion is not the newest."""
        ...

    def patch(self, ref: Ref, patch: Any, *, content_type: str = MERGE_PATCH, subresource: str = "") -> Object:
        """Give the object after a patch."""
        ...

    def delete(
        self, ref: Ref, *, propagation: str = "Background", uid: str | None = None, grace_seconds: int | None = None
    ) -> bool:
        """Give True when the object is being deleted, False when it was not there. "Orphan" keeps its children."""
        ...

    def logs(
        self, namespace: str, pod: str, container: str | None = None, *, tail: int = 50, previous: bool = False
    ) -> Lines:
        """Give the last lines of a container's log, cut to a sane length, control characters replaced."""
        ...

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
        """Give how a command in a running container ended; `on_line` is told each line of output as it comes.

        CommandTimedOut when it does not end in time, Stopped when the operation is cancelled: both stop waiting, and
        the command may go on. `command.not_started` when the container does not have it, NotFound without the pod,
        Unreachable with outcome_unknown when the connection broke.
        """
        ...

    def version(self) -> Version:
        """Give the server's version."""
        ...

    def can_i(self, verb: str, group: str, resource: str, namespace: str | None = None, name: str = "") -> bool:
        """Give whether this credential may do it (SelfSubjectAccessReview). `resource` may be "pods/log"."""
        ...

    def token_request(self, namespace: str, service_account: str, seconds: int) -> Token:
        """Give a new token of a service account; the cluster may shorten its life."""
        ...

    def api_versions(self) -> Lines:
        """Give what `helm template --api-versions` wants: "apps/v1", "apps/v1/Deployment", …"""
        ...

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        """Give whether objects of the kind live in a namespace; NotFound when the cluster does not know the kind."""
        ...

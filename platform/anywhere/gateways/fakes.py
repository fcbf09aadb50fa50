"""Gateways without a cluster: an in-memory store that behaves as the protocols say, and ways to make it fail."""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from anywhere.gateways import helm as h
from anywhere.gateways import pretend
from anywhere.gateways.connect import ClusterAccess, Gateways, never
from anywhere.gateways.errors import (
    CommandTimedOut,
    Conflict,
    Forbidden,
    GatewayError,
    Invalid,
    NotFound,
    ReleaseBusy,
    Stopped,
    Unreachable,
)
from anywhere.gateways.helm import HelmGateway, Release, ReleaseRequest
from anywhere.gateways.kubernetes import MANAGER, MERGE_PATCH, Lines, Object, Objects, Ran, Ref, Token, Version
from anywhere.gateways.resources import BUILT_IN, plural_of

Key = tuple[str, str, str, str]  # apiVersion, kind, namespace, name
Renderer = Callable[[ReleaseRequest], list[Object]]
Commands = Callable[[str, str, list[str]], pretend.Pretended]  # namespace, pod, command


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def simple_commands(namespace: str, pod: str, command: list[str]) -> pretend.Pretended:
    """Give what a command says: a few shell words do what they say, any other program counts as done."""
    return pretend.pretend(command)


def simple_render(request: ReleaseRequest) -> list[Object]:
    """Give one Deployment named like the release; `replicas` of the values is honoured."""
    replicas = int(request.values.get("replicas", 1))
    labels = {"app.kubernetes.io/instance": request.release}
    image = str(request.values.get("image", "busybox:1"))
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": request.release, "namespace": request.namespace, "labels": labels},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "main", "image": image}]},
                },
            },
        }
    ]


@dataclass
class FakeCluster:
    """The content of a cluster that exists only in memory; both fakes work on it.

    `failures` holds errors to raise, by verb ("apply", "install_or_upgrade", …), each used once. `render` stands
    for the chart's templates, `commands` for what containers answer. `becomes_ready` makes workloads ready the moment
    they are stored.
    """

    objects: dict[Key, Object] = field(default_factory=dict)
    releases: dict[tuple[str, str], list[Release]] = field(default_factory=dict)
    manifests: dict[tuple[str, str, int], list[Object]] = field(default_factory=dict)
    release_values: dict[tuple[str, str, int], Object] = field(default_factory=dict)
    logs: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    hooks: list[Object] = field(default_factory=list)
    failures: dict[str, list[GatewayError]] = field(default_factory=dict)
    forbidden: set[tuple[str, str]] = field(default_factory=set)  # (verb, resource)
    calls: list[tuple[str, str]] = field(default_factory=list)
    render: Renderer = simple_render
    commands: Commands = simple_commands
    becomes_ready: bool = True
    reachable: bool = True
    git_version: str = "v1.36.3"
    lock: threading.RLock = field(default_factory=threading.RLock)
    counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def called(self, verb: str, what: str) -> None:
        """Note a call, and raise the failure planned for it."""
        self.calls.append((verb, what))
        if not self.reachable:
            raise Unreachable("The cluster does not answer.")
        if self.failures.get(verb):
            raise self.failures[verb].pop(0)

    def fail(self, verb: str, error: GatewayError) -> None:
        """Plan an error for the next call of a verb."""
        self.failures.setdefault(verb, []).append(error)

    def put(self, obj: Object) -> Object:
        """Give the stored object: uid, resourceVersion and generation filled in, workloads ready when so told."""
        ref = Ref.of(obj)
        key: Key = (ref.api_version, ref.kind, ref.namespace, ref.name)
        old = self.objects.get(key)
        new = copy.deepcopy(obj)
        meta = new.setdefault("metadata", {})
        meta.setdefault("uid", (old or {}).get("metadata", {}).get("uid") or f"uid-{next(self.counter)}")
        meta["resourceVersion"] = str(next(self.counter))
        meta.setdefault("creationTimestamp", (old or {}).get("metadata", {}).get("creationTimestamp") or _now())
        changed = old is None or old.get("spec") != new.get("spec")
        meta["generation"] = (old or {}).get("metadata", {}).get("generation", 0) + int(changed)
        if old and "status" in old:
            new.setdefault("status", old["status"])
        if self.becomes_ready:
            new["status"] = _ready_status(new) or new.get("status", {})
        self.objects[key] = new
        return copy.deepcopy(new)


def _ready_status(obj: Object) -> Object | None:
    count = obj.get("spec", {}).get("replicas", 1)
    seen: Object = {"observedGeneration": obj["metadata"]["generation"]}
    if obj["kind"] in ("Deployment", "ReplicaSet"):
        names = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"]
        return seen | dict.fromkeys(names, count) | {"conditions": [{"type": "Available", "status": "True"}]}
    if obj["kind"] == "StatefulSet":
        names = ["replicas", "updatedReplicas", "readyReplicas", "currentReplicas", "availableReplicas"]
        return seen | dict.fromkeys(names, count) | {"currentRevision": "1", "updateRevision": "1"}
    if obj["kind"] == "PersistentVolumeClaim":
        return {"phase": "Bound"}
    if obj["kind"] == "Job":
        return {"conditions": [{"type": "Complete", "status": "True"}]}
    return None


def _merge(base: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    result = dict(base) if isinstance(base, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge(result.get(key), value)
    return result


def _selected(obj: Object, selector: str) -> bool:
    labels = obj.get("metadata", {}).get("labels") or {}
    wanted = [part.split("=", 1) for part in selector.replace("==", "=").split(",") if part]
    return all(labels.get(pair[0]) == pair[1] if len(pair) == 2 else pair[0] in labels for pair in wanted)


def _field(obj: Object, path: str) -> str:
    value: Any = obj
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return str(value)


class FakeKubernetes:
    """The Kubernetes gateway over a FakeCluster."""

    def __init__(self, cluster: FakeCluster, cancelled: Callable[[], bool] = never) -> None:
        self.cluster = cluster
        self.cancelled = cancelled

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def _enter(self, verb: str, what: str) -> None:
        if self.cancelled():
            raise Stopped("The operation was stopped.")
        self.cluster.called(verb, what)

    def _key(self, ref: Ref | str) -> Key:
        if isinstance(ref, Ref):
            return (ref.api_version, ref.kind, ref.namespace, ref.name)
        parts = ref.strip("/").split("/")
        version, rest = (parts[1], parts[2:]) if parts[0] == "api" else (f"{parts[1]}/{parts[2]}", parts[3:])
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        kind = next((k for (v, k), r in BUILT_IN.items() if v == version and r.plural == rest[0]), rest[0])
        return (version, kind, namespace, rest[1] if len(rest) > 1 else "")

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
        """Give the answer of a raw call; the fake knows GET of one object and /readyz, /version."""
        self._enter("request", f"{method} {path}")
        if path == "/version":
            return {"gitVersion": self.cluster.git_version, "platform": "linux/amd64"}
        if path in ("/readyz", "/livez", "/healthz"):
            return "ok"
        if method != "GET":
            raise NotFound(f"The fake does not answer {method} {path}.")
        return self.get(path)

    def get(self, ref: Ref | str) -> Object:
        """Give the object, or raise NotFound."""
        self._enter("get", str(ref))
        key = self._key(ref)
        if ("get", plural_of(key[0], key[1])) in self.cluster.forbidden:
            raise Forbidden(f"{key[1]} {key[3]} is forbidden.")
        found = self.cluster.objects.get(key)
        if found is None:
            raise NotFound(f"{ref} is not there.")
        return copy.deepcopy(found)

    def find(self, ref: Ref | str) -> Object | None:
        """Give the object or None."""
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
        """Give the matching objects."""
        self._enter("list", resource)
        version, plural = resource.rsplit("/", 1)
        if ("list", plural) in self.cluster.forbidden:
            raise Forbidden(f"{plural} is forbidden.")
        fields = [part.split("=", 1) for part in field_selector.replace("==", "=").split(",") if part]
        found = [
            copy.deepcopy(obj)
            for (v, kind, ns, _), obj in sorted(self.cluster.objects.items())
            if v == version
            and plural_of(v, kind) == plural
            and namespace in (None, ns)
            and _selected(obj, label_selector)
            and all(_field(obj, path) == value for path, value in fields)
        ]
        return found[:maximum]

    def apply(self, obj: Object, *, field_manager: str = MANAGER, dry_run: bool = False, force: bool = False) -> Object:
        """Give the object, merged over the one that is there."""
        self._enter("apply", str(Ref.of(obj)))
        self._needs_namespace(obj)
        old = self.cluster.objects.get(self._key(Ref.of(obj)))
        merged = _merge(old or {}, obj)
        return merged if dry_run else self.cluster.put(merged)

    def create(self, obj: Object, *, dry_run: bool = False) -> Object:
        """Give the created object, or raise Conflict."""
        self._enter("create", str(Ref.of(obj)))
        self._needs_namespace(obj)
        if self._key(Ref.of(obj)) in self.cluster.objects:
            raise Conflict(f"{Ref.of(obj)} is there already.", code="cluster.already_exists", retryable=False)
        return copy.deepcopy(obj) if dry_run else self.cluster.put(obj)

    def replace(self, obj: Object) -> Object:
        """Give the updated object; Conflict for an old resourceVersion."""
        self._enter("replace", str(Ref.of(obj)))
        old = self.get(Ref.of(obj))
        version = obj.get("metadata", {}).get("resourceVersion")
        if version and version != old["metadata"]["resourceVersion"]:
            raise Conflict("The object has been modified; its resourceVersion is old.")
        return self.cluster.put(obj)

    def _needs_namespace(self, obj: Object) -> None:
        namespace = obj.get("metadata", {}).get("namespace")
        if namespace and ("v1", "Namespace", "", namespace) not in self.cluster.objects:
            raise NotFound(f'namespaces "{namespace}" not found')

    def patch(self, ref: Ref, patch: Any, *, content_type: str = MERGE_PATCH, subresource: str = "") -> Object:
        """Give the object after a merge patch."""
        self._enter("patch", str(ref))
        return self.cluster.put(_merge(self.get(ref), patch))

    def delete(
        self, ref: Ref, *, propagation: str = "Background", uid: str | None = None, grace_seconds: int | None = None
    ) -> bool:
        """Give whether it was there."""
        self._enter("delete", str(ref))
        return self.cluster.objects.pop(self._key(ref), None) is not None

    def logs(
        self, namespace: str, pod: str, container: str | None = None, *, tail: int = 50, previous: bool = False
    ) -> Lines:
        """Give the planned log lines."""
        self._enter("logs", f"{namespace}/{pod}")
        return self.cluster.logs.get((namespace, pod), [])[-tail:]

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
        """Give what `commands` of the cluster answers; the pod must be there and have the container."""
        self._enter("run", f"{namespace}/{pod} {' '.join(command)}")
        found = self.get(Ref("v1", "Pod", pod, namespace))
        names = [one["name"] for one in (found.get("spec") or {}).get("containers") or []]
        if container and names and container not in names:
            raise Invalid(f"container {container} is not valid for pod {pod}")
        if not pretend.is_there(command):
            raise Invalid(f"{command[0]}: executable file not found in $PATH", code="command.not_started")
        done = self.cluster.commands(namespace, pod, list(command))
        said = "".join(text for _, text in done.said)
        for line in said.splitlines() if on_line else ():
            assert on_line is not None
            on_line(line)
        if done.seconds > seconds:
            raise CommandTimedOut(f"The command did not end within {seconds:g} seconds.", output=said)
        errors = "".join(text for stream, text in done.said if stream == pretend.STDERR)
        return Ran(done.exit_code, said, errors=errors)

    def version(self) -> Version:
        """Give the planned version."""
        self._enter("version", "")
        return Version(self.cluster.git_version, "linux/amd64")

    def can_i(self, verb: str, group: str, resource: str, namespace: str | None = None, name: str = "") -> bool:
        """Give True unless (verb, resource) is in `forbidden`."""
        self._enter("can_i", f"{verb} {resource}")
        return (verb, resource) not in self.cluster.forbidden

    def token_request(self, namespace: str, service_account: str, seconds: int) -> Token:
        """Give a made-up token that lives as long as asked."""
        self._enter("token_request", f"{namespace}/{service_account}")
        if ("create", "serviceaccounts/token") in self.cluster.forbidden:
            raise Forbidden("serviceaccounts/token is forbidden.")
        self.get(Ref("v1", "ServiceAccount", service_account, namespace))
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        return Token(f"fake-token-{next(self.cluster.counter)}", ends.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def api_versions(self) -> Lines:
        """Give the built-in ones."""
        return sorted({v for v, _ in BUILT_IN} | {f"{v}/{k}" for v, k in BUILT_IN})

    def is_namespaced(self, api_version: str, kind: str) -> bool:
        """Give what the table of built-in kinds says; NotFound for others."""
        if (api_version, kind) not in BUILT_IN:
            raise NotFound(f"The cluster does not know {api_version} {kind}.")
        return BUILT_IN[api_version, kind].namespaced


class FakeHelm:
    """The Helm gateway over a FakeCluster."""

    def __init__(self, cluster: FakeCluster, cancelled: Callable[[], bool] = never) -> None:
        self.cluster = cluster
        self.cancelled = cancelled

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def _enter(self, verb: str, what: str) -> None:
        if self.cancelled():
            raise Stopped("The operation was stopped.")
        self.cluster.called(verb, what)

    def _kept(self, name: str, namespace: str) -> list[Release]:
        return self.cluster.releases.setdefault((namespace, name), [])

    def template(
        self,
        request: ReleaseRequest,
        kube_version: str | None = None,
        api_versions: Sequence[str] = (),
        *,
        include_crds: bool = False,
        is_upgrade: bool = False,
    ) -> list[Object]:
        """Give what `render` gives."""
        self._enter("template", request.release)
        return copy.deepcopy(self.cluster.render(request))

    def install_or_upgrade(self, request: ReleaseRequest) -> Release:
        """Give the new revision, its objects stored."""
        self._enter("install_or_upgrade", request.release)
        with self.cluster.lock:
            kept = self._kept(request.release, request.namespace)
            if kept and kept[-1].is_pending:
                raise ReleaseBusy("another operation (install/upgrade/rollback) is in progress")
            if ("v1", "Namespace", "", request.namespace) not in self.cluster.objects:
                raise NotFound(f'namespaces "{request.namespace}" not found')
            objects = copy.deepcopy(self.cluster.render(request))
            return self._store(request.release, request.namespace, objects, request.values, request.description or "")

    def _store(
        self, name: str, namespace: str, objects: Sequence[Object], values: Mapping[str, Any], description: str
    ) -> Release:
        kept = self._kept(name, namespace)
        number = kept[-1].revision + 1 if kept else 1
        before = self.cluster.manifests.get((namespace, name, number - 1), [])
        kept[:] = [replace(r, status=h.SUPERSEDED) if r.status == h.DEPLOYED else r for r in kept]
        wanted = {Ref.of(obj, namespace) for obj in objects}
        for obj in before:
            ref = Ref.of(obj, namespace)
            if ref not in wanted:
                self.cluster.objects.pop((ref.api_version, ref.kind, ref.namespace, ref.name), None)
        for obj in objects:
            self.cluster.put(obj)
        release = Release(name, namespace, number, h.DEPLOYED, "fake-1.0.0", "1.0", _now(), description)
        kept.append(release)
        self.cluster.manifests[namespace, name, number] = list(objects)
        self.cluster.release_values[namespace, name, number] = dict(values)
        return release

    def rollback(self, name: str, namespace: str, revision: int, *, timeout_seconds: int = 120) -> Release:
        """Give a new revision with the objects of an older one."""
        self._enter("rollback", name)
        if (namespace, name, revision) not in self.cluster.manifests:
            raise NotFound(f"release: revision {revision} not found")
        objects = self.cluster.manifests[namespace, name, revision]
        values = self.cluster.release_values[namespace, name, revision]
        return self._store(name, namespace, objects, values, f"Rollback to {revision}")

    def uninstall(self, name: str, namespace: str, *, keep_history: bool = False, timeout_seconds: int = 120) -> bool:
        """Give whether there was a release; its objects are gone (claims made from templates are not among them)."""
        self._enter("uninstall", name)
        kept = self.cluster.releases.pop((namespace, name), [])
        for obj in self.cluster.manifests.get((namespace, name, kept[-1].revision), []) if kept else []:
            ref = Ref.of(obj, namespace)
            self.cluster.objects.pop((ref.api_version, ref.kind, ref.namespace, ref.name), None)
        if keep_history and kept:
            self.cluster.releases[namespace, name] = [*kept[:-1], replace(kept[-1], status=h.UNINSTALLED)]
        return bool(kept)

    def status(self, name: str, namespace: str) -> Release | None:
        """Give the newest revision."""
        self._enter("status", name)
        kept = self._kept(name, namespace)
        return kept[-1] if kept else None

    def history(self, name: str, namespace: str) -> list[Release]:
        """Give the revisions."""
        self._enter("history", name)
        return list(self._kept(name, namespace))

    def manifest(self, name: str, namespace: str, revision: int | None = None) -> list[Object]:
        """Give the stored objects of a revision."""
        self._enter("manifest", name)
        kept = self._kept(name, namespace)
        if not kept:
            raise NotFound("release: not found")
        return copy.deepcopy(self.cluster.manifests.get((namespace, name, revision or kept[-1].revision), []))

    def hooks(self, name: str, namespace: str) -> list[Object]:
        """Give the planned hooks of the release."""
        self._enter("hooks", name)
        return copy.deepcopy(self.cluster.hooks)

    def values(self, name: str, namespace: str, revision: int | None = None) -> Object:
        """Give the values of a revision."""
        self._enter("values", name)
        kept = self._kept(name, namespace)
        if not kept:
            raise NotFound("release: not found")
        return copy.deepcopy(self.cluster.release_values[namespace, name, revision or kept[-1].revision])

    def forget(self, name: str, namespace: str, revision: int) -> None:
        """Return when the revision is forgotten."""
        self._enter("forget", name)
        kept = self._kept(name, namespace)
        kept[:] = [release for release in kept if release.revision != revision]

    def mark_failed(self, name: str, namespace: str, revision: int, why: str) -> Release:
        """Give the revision, failed if it was pending."""
        self._enter("mark_failed", name)
        kept = self._kept(name, namespace)
        for index, release in enumerate(kept):
            if release.revision == revision:
                if release.is_pending:
                    kept[index] = replace(release, status=h.FAILED, description=why)
                return kept[index]
        raise NotFound(f"release: revision {revision} not found")


class SlowHelm(FakeHelm):
    """A FakeHelm whose installs take a while; they end early with Stopped when asked to."""

    seconds: float = 1.0

    def install_or_upgrade(self, request: ReleaseRequest) -> Release:
        """Give the new revision after some seconds; a stop leaves a failed revision, as Helm does."""
        ends = time.monotonic() + self.seconds
        while time.monotonic() < ends:
            if self.cancelled():
                kept = self._kept(request.release, request.namespace)
                number = kept[-1].revision + 1 if kept else 1
                kept.append(
                    Release(
                        request.release, request.namespace, number, h.FAILED, "fake-1.0.0", "1.0", _now(), "interrupted"
                    )
                )
                raise Stopped("The operation was stopped.")
            time.sleep(0.02)
        return super().install_or_upgrade(request)


class FakeConnector:
    """A connector over FakeClusters, one per server address; name an instance's `connect` in the settings."""

    def __init__(self, helm: type[FakeHelm] = FakeHelm) -> None:
        self.clusters: dict[str, FakeCluster] = {}
        self.helm = helm

    def cluster(self, server: str) -> FakeCluster:
        """Give the cluster behind an address, made when first asked for."""
        return self.clusters.setdefault(server, FakeCluster())

    @contextmanager
    def connect(self, access: ClusterAccess, *, cancelled: Callable[[], bool] = never) -> Iterator[Gateways]:
        """Give both fakes for the cluster of an access."""
        cluster = self.cluster(access.server)
        helm: HelmGateway = self.helm(cluster, cancelled)
        yield Gateways(FakeKubernetes(cluster, cancelled), helm)


FAKES = FakeConnector()
connect = FAKES.connect

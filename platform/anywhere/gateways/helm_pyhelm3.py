"""The Helm gateway: pyhelm3's commands, run by our own runner, with Helm's storage read without a process."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import semver
import yaml
from django.conf import settings
from pyhelm3 import Command

from anywhere.gateways import helm as h
from anywhere.gateways import helm_errors, helm_storage, process, rooms
from anywhere.gateways.errors import BadResponse, ChartTooHeavy, GatewayError, InvalidChart, InvalidName, NotFound
from anywhere.gateways.helm import Release, ReleaseRequest
from anywhere.gateways.kubernetes import Object, Ref
from anywhere.gateways.transport import place

if TYPE_CHECKING:
    from anywhere.gateways.connect import ClusterAccess
    from anywhere.gateways.kubernetes_api import KubernetesApi

logger = logging.getLogger(__name__)

HISTORY = 10
READ_SECONDS = 30.0
SPARE_SECONDS = 30.0
RENDER_LIMITS = process.Limits(cpu_seconds=10, address_space=2 * 1024**3)
_RELEASE = re.compile(r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?\Z")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
_VERSION = re.compile(r"v?[0-9]+(\.[0-9A-Za-z+-]+){0,3}\Z")
_API = re.compile(r"[A-Za-z0-9.-]+(/[A-Za-z0-9.-]+){0,2}\Z")
_DESCRIPTION = re.compile(r"[\w .,:;=/()@+-]{1,200}\Z")
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"

_versions: dict[tuple[str, float], semver.Version] = {}
_versions_lock = threading.Lock()


def check(name: str, namespace: str) -> None:
    """Return when both are names Helm may be given; InvalidName otherwise."""
    if not _RELEASE.match(name):
        raise InvalidName("A release is named with 1 to 53 small letters, digits and dashes.")
    if not _NAMESPACE.match(namespace):
        raise InvalidName("A namespace is named with 1 to 63 small letters, digits and dashes.")


def check_chart(path: Path) -> Path:
    """Give the real path of a packaged chart inside the cache; InvalidName for anything else."""
    cache = Path(settings.CHART_CACHE).resolve()
    real = Path(path).resolve()
    if not real.is_relative_to(cache) or real.suffix != ".tgz" or not real.is_file():
        raise InvalidName("The chart is not a package in the portal's cache.", code="chart.not_in_cache")
    return real


def drive(work: Coroutine[Any, Any, Any]) -> Any:
    """Give the result of a coroutine that never waits for a loop, as pyhelm3's are over our blocking `run`."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("pyhelm3 waited for an event loop")


class SafeCommand(Command):
    """pyhelm3's Command without its shell: our runner, a minimal environment, no schema fetched, words redacted."""

    def __init__(self, executable: str, *, env: dict[str, str], cwd: Path, cancelled: Callable[[], bool]) -> None:
        super().__init__(executable=executable, history_max_revisions=HISTORY)
        self.env = env
        self.cwd = cwd
        self.cancelled = cancelled
        self.seconds = READ_SECONDS
        self.limits = process.Limits()
        self.secrets: tuple[str, ...] = ()
        self.added: tuple[str, ...] = ()

    async def run(self, command: list[Any], input: bytes | None = None) -> bytes:
        """Give what the command wrote to stdout; our own errors for everything else."""
        argv = [self._executable, *(str(part) for part in command), *self.added]
        if command[0] in ("template", "upgrade"):
            argv.append("--skip-schema-validation")
        started = time.monotonic()
        ended = process.run(
            argv,
            env=self.env,
            cwd=self.cwd,
            stdin=input,
            seconds=self.seconds,
            limits=self.limits,
            cancelled=self.cancelled,
        )
        spent = round(time.monotonic() - started, 3)
        logger.info("helm.ended", extra={"verb": str(command[0]), "code": ended.code, "seconds": spent})
        if ended.code == 0:
            return ended.stdout
        raise helm_errors.error_of(ended, self.secrets)

    def client_version(self) -> semver.Version:
        """Give the version of the helm binary, asked once for each binary."""
        key = (self._executable, Path(self._executable).stat().st_mtime)
        with _versions_lock:
            if key not in _versions:
                said = drive(self.run(["version", "--template", "{{ .Version }}"]))
                _versions[key] = semver.Version.parse(said.decode().strip().removeprefix("v"))
            return _versions[key]


class Pyhelm3Gateway:
    """Helm for one cluster; its private directory lives as long as the gateway is open."""

    def __init__(
        self, access: ClusterAccess, kubernetes: KubernetesApi, *, cancelled: Callable[[], bool] | None = None
    ) -> None:
        self.access = access
        self.kubernetes = kubernetes
        self.cancelled = cancelled or (lambda: False)
        self._room: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._room is not None:
            rooms.remove(self._room)
            self._room = None

    # how helm is run

    @property
    def room(self) -> Path:
        """Give the private directory of this gateway, made when first needed."""
        if self._room is None:
            self._room = rooms.make(Path(settings.RUN_DIR))
        return self._room

    def _command(self, *, online: bool, seconds: float = READ_SECONDS, secrets: Sequence[str] = ()) -> SafeCommand:
        room = self.room
        config = room / ("kubeconfig" if online else "none")
        if online and not config.exists():
            rooms.write_private(config, yaml.safe_dump(self._kubeconfig()).encode())
        env = {
            "HOME": str(room),
            "TMPDIR": str(room),
            "LANG": "C.UTF-8",
            "KUBECONFIG": str(config),
            "KUBECACHEDIR": str(self._cache()),
            "HELM_DRIVER": "secret",
            "HELM_CACHE_HOME": str(room / "cache"),
            "HELM_CONFIG_HOME": str(room / "config"),
            "HELM_DATA_HOME": str(room / "data"),
            "HELM_PLUGINS": str(room / "plugins"),
        }
        command = SafeCommand(str(settings.HELM), env=env, cwd=room, cancelled=self.cancelled)
        command.seconds = seconds
        token = (self.access.token,) if self.access.token else ()
        command.secrets = (*secrets, *token)
        return command

    def _cache(self) -> Path:
        """Give the directory of this cluster's discovery documents, which all runs there share."""
        path = Path(settings.RUN_DIR) / "discovery" / place(self.access)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def _kubeconfig(self) -> Object:
        """Give a kubeconfig that points at the address that was checked, so a name that changes changes nothing."""
        transport, access = self.kubernetes.transport, self.access
        cluster: Object = {"server": transport.url, "tls-server-name": transport.server_name}
        if access.insecure_skip_tls_verify:
            cluster["insecure-skip-tls-verify"] = True
        elif access.ca_data:
            cluster["certificate-authority-data"] = _base64(access.ca_data)
        user: Object = {}
        if access.token:
            user["token"] = access.token
        elif access.client_certificate and access.client_key:
            user["client-certificate-data"] = _base64(access.client_certificate)
            user["client-key-data"] = _base64(access.client_key)
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": user}],
        }

    # verbs that run helm

    def template(
        self,
        request: ReleaseRequest,
        kube_version: str | None = None,
        api_versions: Sequence[str] = (),
        *,
        include_crds: bool = False,
        is_upgrade: bool = False,
    ) -> list[Object]:
        """Give the rendered objects; nothing is asked of the cluster."""
        return render(
            request,
            self._command(online=False, secrets=request.secrets),
            kube_version,
            api_versions,
            include_crds=include_crds,
            is_upgrade=is_upgrade,
        )

    def install_or_upgrade(self, request: ReleaseRequest) -> Release:
        """Give the new revision."""
        check(request.release, request.namespace)
        chart = check_chart(request.chart)
        if request.description and not _DESCRIPTION.match(request.description):
            raise InvalidName("The release's description holds characters that are not allowed.")
        command = self._command(online=True, seconds=request.timeout_seconds + SPARE_SECONDS, secrets=request.secrets)
        answer = drive(
            command.install_or_upgrade(
                request.release,
                chart,
                dict(request.values),
                create_namespace=False,
                description=request.description,
                namespace=request.namespace,
                reset_values=True,
                force_conflicts=request.force_conflicts and command.client_version().major >= 4,
                timeout=f"{request.timeout_seconds}s",
            )
        )
        return (
            helm_storage.release_of(answer) if answer.get("version") else self._sure(request.release, request.namespace)
        )

    def rollback(self, name: str, namespace: str, revision: int, *, timeout_seconds: int = 120) -> Release:
        """Give the new revision, a copy of an older one."""
        check(name, namespace)
        command = self._command(online=True, seconds=timeout_seconds + SPARE_SECONDS)
        drive(command.rollback(name, int(revision), namespace=namespace, timeout=f"{timeout_seconds}s"))
        return self._sure(name, namespace)

    def uninstall(self, name: str, namespace: str, *, keep_history: bool = False, timeout_seconds: int = 120) -> bool:
        """Give whether there was a release."""
        check(name, namespace)
        command = self._command(online=True, seconds=timeout_seconds + SPARE_SECONDS)
        work = command.uninstall(name, namespace=namespace, keep_history=keep_history, timeout=f"{timeout_seconds}s")
        try:
            drive(work)
        except NotFound as error:
            if error.code != "release.not_found":
                raise
            return False
        return True

    # verbs that read Helm's storage

    def _numbers(self, name: str, namespace: str) -> list[int]:
        check(name, namespace)
        found = self.kubernetes.request(
            "GET",
            f"/api/v1/namespaces/{namespace}/secrets",
            query={"labelSelector": f"owner=helm,name={name}", "limit": "500"},
            accept=_METADATA_LIST,
        )
        labels = [(item.get("metadata") or {}).get("labels") or {} for item in (found or {}).get("items") or []]
        return sorted(int(one["version"]) for one in labels if str(one.get("version", "")).isdigit())

    def _secret(self, name: str, namespace: str, revision: int) -> Object:
        return self.kubernetes.get(Ref("v1", "Secret", helm_storage.secret_name(name, revision), namespace))

    def _record(self, name: str, namespace: str, revision: int | None = None) -> Object:
        check(name, namespace)
        if revision is None:
            numbers = self._numbers(name, namespace)
            if not numbers:
                raise NotFound(f"There is no release {name} in {namespace}.", code="release.not_found")
            revision = numbers[-1]
        return helm_storage.decode(self._secret(name, namespace, revision))

    def _sure(self, name: str, namespace: str) -> Release:
        found = self.status(name, namespace)
        if found is None:
            raise BadResponse("Helm said it was done, but the cluster has no such release.", code="release.vanished")
        return found

    def status(self, name: str, namespace: str) -> Release | None:
        """Give the newest revision."""
        try:
            return helm_storage.release_of(self._record(name, namespace))
        except NotFound:
            return None

    def history(self, name: str, namespace: str) -> list[Release]:
        """Give the kept revisions, oldest first."""
        found: list[Release] = []
        for number in self._numbers(name, namespace):
            try:
                found.append(helm_storage.release_of(helm_storage.decode(self._secret(name, namespace, number))))
            except NotFound:
                continue
        return found

    def manifest(self, name: str, namespace: str, revision: int | None = None) -> list[Object]:
        """Give the objects of a revision."""
        return helm_storage.manifest_of(self._record(name, namespace, revision))

    def hooks(self, name: str, namespace: str) -> list[Object]:
        """Give the hook objects of the newest revision."""
        return helm_storage.hooks_of(self._record(name, namespace))

    def values(self, name: str, namespace: str, revision: int | None = None) -> Object:
        """Give the values a revision was given."""
        found = self._record(name, namespace, revision).get("config")
        return found if isinstance(found, dict) else {}

    def forget(self, name: str, namespace: str, revision: int) -> None:
        """Return when the record of a revision is gone."""
        check(name, namespace)
        self.kubernetes.delete(Ref("v1", "Secret", helm_storage.secret_name(name, revision), namespace))

    def mark_failed(self, name: str, namespace: str, revision: int, why: str) -> Release:
        """Give the revision, failed if it was pending."""
        check(name, namespace)
        secret = self._secret(name, namespace, revision)
        record = helm_storage.decode(secret)
        release = helm_storage.release_of(record)
        if not release.is_pending:
            return release
        record["info"] = (record.get("info") or {}) | {"status": h.FAILED, "description": why}
        meta = secret["metadata"]
        meta["labels"] = (meta.get("labels") or {}) | {"status": h.FAILED}
        meta.pop("managedFields", None)
        secret["data"] = {"release": helm_storage.encode(record)}
        self.kubernetes.replace({"apiVersion": "v1", "kind": "Secret"} | secret)
        return helm_storage.release_of(record)


def render(
    request: ReleaseRequest,
    command: SafeCommand,
    kube_version: str | None,
    api_versions: Sequence[str],
    *,
    include_crds: bool,
    is_upgrade: bool,
) -> list[Object]:
    """Give the objects `helm template` makes; InvalidChart for every failure of the chart."""
    check(request.release, request.namespace)
    chart = check_chart(request.chart)
    command.limits = RENDER_LIMITS
    argv = ["template", request.release, str(chart), "--namespace", request.namespace, "--values", "-"]
    argv.append("--include-crds" if include_crds else "--skip-crds")
    if is_upgrade:
        argv.append("--is-upgrade")
    if kube_version and _VERSION.match(kube_version):
        argv += ["--kube-version", kube_version]
    for one in api_versions:
        if _API.match(one):
            argv += ["--api-versions", one]
    try:
        said = drive(command.run(argv, json.dumps(dict(request.values)).encode()))
        return helm_storage.documents(said)
    except GatewayError as error:
        if error.code == "operation.stopped" or isinstance(error, InvalidChart):
            raise
        if error.code in ("helm.killed", "cluster.timed_out", "cluster.too_large"):
            words = "Rendering this chart takes more time or memory than it may."
            raise ChartTooHeavy(words) from error
        raise InvalidChart(error.detail, code=error.code if error.code.startswith("chart.") else None) from error


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(bytes(data)).decode()

"""What the rest of the portal may ask of Helm, for one cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from anywhere.gateways.kubernetes import Object

DEPLOYED = "deployed"
FAILED = "failed"
SUPERSEDED = "superseded"
UNINSTALLED = "uninstalled"
UNINSTALLING = "uninstalling"
PENDING = ("pending-install", "pending-upgrade", "pending-rollback")


@dataclass(frozen=True)
class ChartRef:
    """A packaged chart in our cache, and the sha256 of its bytes."""

    path: Path
    digest: str


@dataclass(frozen=True)
class ReleaseRequest:
    """One release as it should be. `secrets` are taken out of everything Helm says.

    `description` is kept by Helm with the revision: operation id and epoch, so that a later worker knows who made it.
    `force_conflicts` takes back fields another manager changed (Helm 4's server-side apply only).
    """

    release: str
    namespace: str
    chart: Path
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    description: str | None = None
    timeout_seconds: int = 120
    force_conflicts: bool = False


@dataclass(frozen=True)
class Release:
    """One revision of a release as Helm's storage has it. `chart` is "name-version"."""

    name: str
    namespace: str
    revision: int
    status: str
    chart: str
    app_version: str
    updated: str
    description: str

    @property
    def is_pending(self) -> bool:
        """Give whether Helm believes an operation on this revision is still running."""
        return self.status in PENDING or self.status == UNINSTALLING


class HelmGateway(Protocol):
    """Helm for one cluster. Every verb may raise the errors of `gateways.errors`."""

    def template(
        self,
        request: ReleaseRequest,
        kube_version: str | None = None,
        api_versions: Sequence[str] = (),
        *,
        include_crds: bool = False,
        is_upgrade: bool = False,
    ) -> list[Object]:
        """Give the rendered objects, hooks too, without any contact with a cluster; InvalidChart when it fails."""
        ...

    def install_or_upgrade(self, request: ReleaseRequest) -> Release:
        """Give the new revision. Objects are sent, hooks are waited for, workloads are not.

        ReleaseBusy when a pending revision is in the way; outcome_unknown errors want a look at `history`.
        """
        ...

    def rollback(self, name: str, namespace: str, revision: int, *, timeout_seconds: int = 120) -> Release:
        """Give the new revision, a copy of an older one."""
        ...

    def uninstall(self, name: str, namespace: str, *, keep_history: bool = False, timeout_seconds: int = 120) -> bool:
        """Give True when the release is being removed, False when there was none."""
        ...

    def status(self, name: str, namespace: str) -> Release | None:
        """Give the newest revision, or None when there is no such release."""
        ...

    def history(self, name: str, namespace: str) -> list[Release]:
        """Give the kept revisions, oldest first; empty when there is no such release."""
        ...

    def manifest(self, name: str, namespace: str, revision: int | None = None) -> list[Object]:
        """Give the objects of a revision (by default the newest) without hooks; NotFound when there is none."""
        ...

    def hooks(self, name: str, namespace: str) -> list[Object]:
        """Give the hook objects of the newest revision."""
        ...

    def values(self, name: str, namespace: str, revision: int | None = None) -> Object:
        """Give the values given with a revision, secrets included: they stay in the worker."""
        ...

    def forget(self, name: str, namespace: str, revision: int) -> None:
        """Return when Helm's record of a revision is gone; no object is touched."""
        ...

    def mark_failed(self, name: str, namespace: str, revision: int, why: str) -> Release:
        """Give the revision, its pending status turned to `failed` in Helm's storage, so the next upgrade may run.

        Conflict when somebody changed it meanwhile; a revision that is not pending is given back as it is.
        """
        ...

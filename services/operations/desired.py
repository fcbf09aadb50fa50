"""What a service should be, ready for Helm: chart, values, secrets. Secrets leave this only into the cluster."""

from __future__ import annotations

import secrets as randomness
import string
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from anywhere.gateways.helm import ReleaseRequest
from anywhere.operations.run import Run
from catalog import selectors as catalog
from catalog.models import Version
from catalog.rules.schema import generated
from catalog.rules.values import find, overlay, put_secrets
from services import selectors
from services.models import Service

_ALPHABET = string.ascii_letters + string.digits
PASSWORD_LENGTH = 24
SEED_LENGTH = 48  # what secrets are made from has to have more chance in it than each of them


@dataclass(frozen=True)
class Desired:
    """A release as it should be. `values` go to Helm (plan, person and secrets); `merged` also has chart defaults."""

    release: str
    namespace: str
    version: Version
    chart: Path
    values: dict[str, Any] = field(repr=False)
    merged: dict[str, Any] = field(repr=False)
    secret_values: tuple[str, ...] = field(default=(), repr=False)

    def request(self, description: str = "", timeout_seconds: int = 120) -> ReleaseRequest:
        """Give the request for the Helm gateway."""
        return ReleaseRequest(
            release=self.release,
            namespace=self.namespace,
            chart=self.chart,
            values=self.values,
            secrets=self.secret_values,
            description=description or None,
            timeout_seconds=timeout_seconds,
            force_conflicts=True,
        )


def build(
    *,
    name: str,
    namespace: str,
    version: Version,
    plan: str,
    values: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> Desired:
    """Give the release of these choices: layers chart < plan < person, with the secrets put in their places."""
    above = [selectors.plan_values(version, plan), put_secrets(values, secrets)]
    return Desired(
        release=name,
        namespace=namespace,
        version=version,
        chart=catalog.chart_path(version),
        values=overlay(above),
        merged=selectors.merged(version, plan, above[1]),
        secret_values=tuple(str(s) for s in secrets.values() if s),
    )


def of(service: Service) -> Desired:
    """Give the release a service row asks for."""
    return build(
        name=service.name,
        namespace=service.namespace,
        version=service.version,
        plan=service.plan,
        values=service.values,
        secrets=service.secrets or {},
    )


def generate_missing(
    version: Version, plan: str, values: Mapping[str, Any], given: Mapping[str, str]
) -> dict[str, str]:
    """Give the secrets to make: those the schema generates, that nobody gave and no default fills."""
    merged = selectors.merged(version, plan, values)
    made = {}
    for path, kind in generated(version.schema):
        if not given.get(path) and not find(merged, path):
            made[path] = make_secret(kind)
    return made


def make_secret(kind: str) -> str:
    """Give a new secret by chance: a uuid, a seed, or a password for every other kind."""
    if kind == "uuid":
        return str(uuid.uuid4())
    length = SEED_LENGTH if kind == "seed" else PASSWORD_LENGTH
    return "".join(randomness.choice(_ALPHABET) for _ in range(length))


@contextmanager
def locked(service: Service) -> Iterator[None]:
    """Open a transaction that holds the service's row: always before the operation's, as requests do it too."""
    with transaction.atomic():
        Service.objects.select_for_update(of=("self",)).only("pk").get(pk=service.pk)
        yield


def ensure_secrets(run: Run, service: Service) -> None:
    """Make the secrets that are missing, once, and keep them sealed with the service; the run redacts all of them."""
    with locked(service), run.fenced():
        row = Service.objects.get(pk=service.pk)  # a person may just have given one
        known = dict(row.secrets or {})
        made = generate_missing(service.version, service.plan, service.values, known)
        service.secrets = {**known, **made}
        if made:
            service.save(update_fields=["secrets_blob"])
    run.secrets |= {str(s) for s in (service.secrets or {}).values() if s}

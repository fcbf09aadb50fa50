"""From what a cluster holds to what is written of a service."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from anywhere.lib import redact
from services.rules import connection
from services.rules.health import FAILED, HEALTHY, PROGRESSING, UNKNOWN, Health, objects_seen, service_health
from services.watcher.holdings import ADDRESSED, Belongings, Holdings

REASON_LENGTH = 500


@dataclass
class Shown:
    """What the database says of a service's health now; `digest` stands for its objects."""

    verdict: str
    code: str
    reason: str
    since: datetime | None
    digest: str = ""


@dataclass
class Finding:
    """What has to be written of a service."""

    service: UUID
    verdict: str
    code: str
    reason: str
    since: datetime
    at: datetime
    verdict_changed: bool
    objects: Mapping[str, Any] | None = None  # None: unchanged
    fix: Mapping[str, str] | None = None


def judge(
    holdings: Holdings, service: UUID, shown: Shown, now: datetime, zones: Mapping[str, str], blind: frozenset[str]
) -> Finding | None:
    """Give what changed of a service, None when nothing did. `blind` are kinds the credential may not see."""
    health, objects = _look(holdings, service, shown, now, zones, blind)
    return compare(service, shown, health, objects, now)


def compare(
    service: UUID, shown: Shown, health: Health, objects: Mapping[str, Any] | None, now: datetime
) -> Finding | None:
    """Give the difference between what is shown and what is seen, and take it into `shown`; None for none."""
    reason = redact.text(health.reason, limit=REASON_LENGTH)
    digest = shown.digest if objects is None else _digest(objects)
    changed = (health.verdict, health.code, reason) != (shown.verdict, shown.code, shown.reason)
    moved = objects is not None and digest != shown.digest
    if not changed and not moved and shown.since is not None:
        return None
    verdict_changed = health.verdict != shown.verdict or shown.since is None
    since = (health.since if health.since and health.since < now else now) if verdict_changed else shown.since
    assert since is not None
    shown.verdict, shown.code, shown.reason = health.verdict, health.code, reason
    shown.since, shown.digest = since, digest
    return Finding(
        service,
        health.verdict,
        health.code,
        reason,
        since,
        now,
        verdict_changed,
        objects if moved else None,
        health.fix,
    )


def _digest(objects: Mapping[str, Any]) -> str:
    return hashlib.blake2b(json.dumps(objects, sort_keys=True, default=str).encode(), digest_size=12).hexdigest()


def _look(
    holdings: Holdings, service: UUID, shown: Shown, now: datetime, zones: Mapping[str, str], blind: frozenset[str]
) -> tuple[Health, Mapping[str, Any] | None]:
    newest = holdings.newest(service)
    if newest is None:
        if holdings.wanted[service].applied and "Release" not in blind:
            return Health(FAILED, "release.missing", "The cluster has no release of this service."), None
        return Health(UNKNOWN, "release.not_installed", "Nothing is installed yet."), None
    if service not in holdings.manifests:
        return Health(shown.verdict, shown.code, shown.reason), None
    found = holdings.belongings(service)
    status = newest[1]
    settled = not status.startswith("pending") and status != "uninstalling"
    lasting = [r for r in found.missing if r.kind not in ("Job", "Pod") and r.kind not in blind]  # these may end and go
    missing = [{"kind": r.kind, "name": r.name} for r in lasting if settled]
    going = shown.since if shown.verdict == PROGRESSING else None
    health = service_health(
        found.objects, found.pods, found.claims, found.events, now, missing=missing, progressing_since=going
    )
    if health == Health(HEALTHY) and not missing and all(obj["kind"] in ADDRESSED for obj in found.objects):
        health = _nothing_to_see(settled)
    return health, _objects(found, now, zones)


def _nothing_to_see(settled: bool) -> Health:
    if not settled:
        return Health(PROGRESSING, "release.pending", "Helm is sending the objects.")
    return Health(HEALTHY, "", "It has no workload of its own; its objects are in the cluster.")


def _objects(found: Belongings, now: datetime, zones: Mapping[str, str]) -> dict[str, Any]:
    shown = objects_seen(found.objects, found.pods, found.claims, found.events, now, zones=zones)
    shown["others"] += [{"kind": reference.kind, "name": reference.name} for reference in found.others]
    shown["addresses"] = connection.addresses(found.objects)
    return shown

"""Writing what changed: services' health, clusters' reachability, sightings; in batches, from one thread."""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import DataError, close_old_connections, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from psycopg2.extras import execute_values  # type: ignore[import-untyped]

from anywhere.clusters.models import Cluster
from anywhere.lib import redact
from anywhere.operations.models import Beacon
from services.models import Service, ServiceState, Sighting
from services.rules.health.events import count_of, seen_at
from services.watcher.judge import Finding

logger = logging.getLogger(__name__)
KEEP_DAYS = 14
LEVELS = {"healthy": "info", "progressing": "info", "suspended": "info", "degraded": "warning", "failed": "error"}


@dataclass(frozen=True)
class Reach:
    """What is known of a cluster's reachability now."""

    cluster: UUID
    reachable: bool
    since: datetime
    at: datetime
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Heard:
    """A cluster's event about a service."""

    service: UUID
    event: Mapping[str, Any]


Row = TypeVar("Row", Finding, Heard, Reach)


def write(rows: Sequence[Row], by: Callable[[Sequence[Row]], None]) -> None:
    """Return when the rows are written, together if they can be; one the database does not take stops no other.

    Clusters say what they like: such a row is written without the characters that no database keeps, or left out.
    """
    try:
        by(rows)
    except (DataError, ValueError) as error:
        if len(rows) > 1:
            half = len(rows) // 2
            write(rows[:half], by)
            write(rows[half:], by)
        elif (plain := _plain(rows[0])) != rows[0]:
            write([plain], by)
        else:
            words = {"row": type(rows[0]).__name__, "error": type(error).__name__}
            logger.error("watcher.not_writable", extra=words)


def _plain(row: Row) -> Row:
    given = {one.name: getattr(row, one.name) for one in fields(row)}
    return replace(row, **{name: redact.data(it) for name, it in given.items() if isinstance(it, str | Mapping)})


def write_findings(findings: Sequence[Finding]) -> None:
    """Return when the services' rows say what was found, and each change of verdict is a sighting."""
    if not findings:
        return
    close_old_connections()
    plain = [f for f in findings if f.objects is None]
    full = [f for f in findings if f.objects is not None]
    columns = "verdict = v.verdict, health_code = v.code, reason = v.reason, health_since = v.since, observed_at = v.at"
    with transaction.atomic(), connection.cursor() as cursor, connection.wrap_database_errors:
        for rows, extra, cast in ((plain, "", ""), (full, ", objects_seen = v.objects", ", objects")):
            values = [
                (str(f.service), f.verdict, f.code[:60], f.reason, f.since, f.at)
                + ((json.dumps(f.objects, default=str),) if cast else ())
                for f in rows
            ]
            if values:
                kinds = "(%s::uuid, %s, %s, %s, %s::timestamptz, %s::timestamptz" + (", %s::jsonb)" if cast else ")")
                execute_values(
                    cursor.cursor,
                    f"UPDATE services_service s SET {columns}{extra} FROM (VALUES %s)"
                    f" AS v(id, verdict, code, reason, since, at{cast}) WHERE s.id = v.id AND s.state = 'present'",
                    values,
                    template=kinds,
                    page_size=200,
                )
        changes = [f for f in findings if f.verdict_changed]
        known = set(Service.objects.filter(pk__in=[f.service for f in changes]).values_list("pk", flat=True))
        Sighting.objects.bulk_create([_change(f) for f in changes if f.service in known])


def _change(finding: Finding) -> Sighting:
    return Sighting(
        service_id=finding.service,
        kind="health",
        at=finding.at,
        level=LEVELS.get(finding.verdict, "warning"),
        reason=finding.verdict,
        message=finding.reason,
    )


def write_heard(heard: Sequence[Heard]) -> None:
    """Return when the events are sightings, a repeated one counted and not added."""
    if not heard:
        return
    close_old_connections()
    newest = {(str(one.service), _uid(one.event)): one for one in heard}
    known = set(Service.objects.filter(pk__in={one.service for one in heard}).values_list("pk", flat=True))
    rows = [_row(one) for (_, uid), one in newest.items() if uid and one.service in known]
    if not rows:
        return
    with transaction.atomic(), connection.cursor() as cursor, connection.wrap_database_errors:
        execute_values(
            cursor.cursor,
            "INSERT INTO services_sighting (id, service_id, kind, at, level, reason, object, message, count, key)"
            " VALUES %s ON CONFLICT (service_id, key) WHERE NOT (key = '')"
            " DO UPDATE SET at = excluded.at, count = excluded.count, message = excluded.message"
            " WHERE services_sighting.count <> excluded.count"
            " OR services_sighting.message <> excluded.message",
            rows,
            template="(%s::uuid, %s::uuid, %s, %s, %s, %s, %s, %s, %s, %s)",
            page_size=500,
        )


def _uid(event: Mapping[str, Any]) -> str:
    return str((event.get("metadata") or {}).get("uid") or "")[:100]


def _row(one: Heard) -> tuple[Any, ...]:
    event = one.event
    target = event.get("involvedObject") or {}
    level = "warning" if event.get("type") == "Warning" else "info"
    named = f"{target.get('kind', '')} {target.get('name', '')}"
    return (
        str(uuid4()), str(one.service), "cluster", seen_at(event) or timezone.now(), level,
        redact.text(str(event.get("reason") or ""), limit=100), redact.text(named, limit=200),
        redact.text(str(event.get("message") or ""), limit=1000), count_of(event), _uid(event),
    )  # fmt: skip


def write_reach(reach: Sequence[Reach]) -> None:
    """Return when the clusters' rows say whether they can be reached; `reachable_since` moves only with a change."""
    close_old_connections()
    for one in reach:
        Cluster.objects.filter(pk=one.cluster).exclude(reachable=one.reachable).update(reachable_since=one.since)
        Cluster.objects.filter(pk=one.cluster).update(
            reachable=one.reachable,
            checked_at=one.at,
            unreachable_code=one.code[:60],
            unreachable_reason=redact.text(one.reason, limit=500),
        )


def touch(clusters: Sequence[UUID], at: datetime) -> None:
    """Return when the services of clusters that are watched without a gap say that they were looked at."""
    close_old_connections()
    Service.objects.filter(cluster_id__in=list(clusters), state=ServiceState.PRESENT).update(observed_at=at)


def tell_alive() -> None:
    """Return when the beacon says that this process lives."""
    close_old_connections()
    name = f"watcher@{socket.gethostname()}:{os.getpid()}"
    Beacon.objects.update_or_create(name=name, defaults={"kind": "watcher", "seen_at": Now()})


def drop_old() -> None:
    """Return when sightings nobody looks at any more are gone, and beacons of watchers that ended."""
    close_old_connections()
    Sighting.objects.filter(at__lt=timezone.now() - timedelta(days=KEEP_DAYS)).delete()
    Beacon.objects.filter(kind="watcher", seen_at__lt=Now() - timedelta(days=1)).delete()

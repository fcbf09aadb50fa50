"""What beat asks for again and again: tokens renewed in time, inventories kept fresh, half registrations tidied.

Each row is claimed by a compare-and-swap of its due time, so that two workers never do the same one.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.module_loading import import_string

from anywhere.clusters.connection import PORTAL, UPLOADED, access_of
from anywhere.clusters.models import Cluster, ClusterState, Credential
from anywhere.clusters.operations import inventory
from anywhere.clusters.operations.establish import settle
from anywhere.clusters.rules import tokens
from anywhere.lib.errors import AppError
from anywhere.operations.models import ACTIVE, Operation

logger = logging.getLogger(__name__)
RETRY = timedelta(minutes=10)
BUDGET_SECONDS = 45.0
FORGET_AFTER = timedelta(seconds=30)


def renew_due_credentials(now: datetime | None = None) -> int:
    """Give how many tokens were replaced by new ones; a failed attempt is repeated after ten minutes."""
    moment, renewed, ends = now or timezone.now(), 0, time.monotonic() + BUDGET_SECONDS
    due = Credential.objects.select_related("cluster").filter(
        purpose=PORTAL, renew_at__lte=moment, cluster__state=ClusterState.REGISTERED
    )
    for credential in due.order_by("renew_at")[:100]:
        if time.monotonic() > ends:
            break
        claimed = Credential.objects.filter(pk=credential.pk, renew_at=credential.renew_at)
        if claimed.update(renew_at=moment + RETRY):
            renewed += _renew(credential, moment)
    tidy_registrations(moment)
    return renewed


def _renew(credential: Credential, now: datetime) -> int:
    extra = {"cluster": str(credential.cluster_id)}
    try:
        with import_string(settings.CONNECTOR)(access_of(credential.cluster)) as gateways:
            token = gateways.kubernetes.token_request(
                credential.namespace, credential.service_account, tokens.LIFE_SECONDS
            )
    except AppError as error:
        logger.warning("credential.not_renewed", extra={**extra, "code": error.code})
        return 0
    expires_at = parse_datetime(token.expires_at)
    with transaction.atomic():
        row = Credential.objects.select_for_update().filter(pk=credential.pk, renewed_at=credential.renewed_at).first()
        if row is None:  # replaced meanwhile
            return 0
        row.secret = {"token": token.token}
        row.expires_at, row.renewed_at = expires_at, now
        row.renew_at = tokens.renewal_time(now, expires_at)
        row.save()
    logger.info("credential.renewed", extra=extra)
    return 1


def refresh_due_inventories(now: datetime | None = None) -> int:
    """Give how many inventories were read anew; clusters known to be away are left to the watcher."""
    moment, read, ends = now or timezone.now(), 0, time.monotonic() + BUDGET_SECONDS
    due = Cluster.objects.filter(state=ClusterState.REGISTERED, inventory_due_at__lte=moment).exclude(reachable=False)
    for cluster in due.order_by("inventory_due_at")[:100]:
        if time.monotonic() > ends:
            break
        claimed = Cluster.objects.filter(pk=cluster.pk, inventory_due_at=cluster.inventory_due_at)
        if claimed.update(inventory_due_at=moment + timedelta(seconds=inventory.EVERY_SECONDS)):
            read += _refresh(cluster, moment)
    tidy_registrations(moment)
    return read


def _refresh(cluster: Cluster, now: datetime) -> int:
    try:
        with import_string(settings.CONNECTOR)(access_of(cluster)) as gateways:
            document = inventory.read(gateways.kubernetes, cluster.namespace)
    except AppError as error:
        logger.warning("inventory.not_read", extra={"cluster": str(cluster.pk), "code": error.code})
        return 0
    inventory.keep(cluster, document, now)
    return 1


def tidy_registrations(now: datetime | None = None) -> int:
    """Give how many clusters were found half registered or half removed, with no operation to end that.

    Their uploaded credentials are forgotten; the state says what is true again.
    """
    moment = now or timezone.now()
    active = Operation.objects.filter(subject_type="cluster", state__in=ACTIVE).values("subject_id")
    uploads = Credential.objects.filter(purpose=UPLOADED, created_at__lt=moment - FORGET_AFTER).values("cluster")
    half = Q(pk__in=uploads) | Q(state__in=[ClusterState.REGISTERING, ClusterState.REMOVING])
    rows = list(Cluster.objects.filter(half, created_at__lt=moment - FORGET_AFTER).exclude(pk__in=active))
    for cluster in rows:
        settle(cluster)
    return len(rows)

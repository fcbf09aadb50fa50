"""Health of PersistentVolumeClaim."""

from __future__ import annotations

from datetime import datetime

from services.rules.health.words import (
    FAILED,
    HEALTHY,
    PROGRESSING,
    SUSPENDED,
    UNKNOWN,
    Health,
    Raw,
    is_true,
    words,
)


def claim(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a claim; what keeps a Pending one from a volume is found in its events, by `causes`."""
    phase = words(obj, "status", "phase")
    if phase == "Lost":
        return Health(FAILED, "storage.claim_lost", "The volume behind the claim is gone.")
    if phase == "Pending":
        if words(obj, "metadata", "annotations", "volume.kubernetes.io/selected-node"):
            return Health(PROGRESSING, "storage.claim_pending", "The volume is being made.")
        return Health(PROGRESSING, "storage.claim_pending", "The claim waits for a volume.")
    if phase != "Bound":
        return Health(UNKNOWN, "storage.claim_unknown", "The cluster does not say whether the claim has a volume.")
    if is_true(obj, "FileSystemResizePending") or is_true(obj, "Resizing"):
        return Health(PROGRESSING, "storage.resizing", "The volume is being enlarged.")
    return Health(HEALTHY)


def unused(obj: Raw) -> Health:
    """Give the health of a Pending claim whose class waits for a first pod, when no pod uses it."""
    return Health(SUSPENDED, "storage.claim_unused", "No pod uses the claim yet, so no volume is made.")

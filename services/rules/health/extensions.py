"""Health of CustomResourceDefinition and APIService, and the general rule for kinds nobody knows."""

from __future__ import annotations

from datetime import datetime

from services.rules.health.words import (
    DEGRADED,
    FAILED,
    HEALTHY,
    PROGRESSING,
    Health,
    Raw,
    condition,
    entries,
    is_true,
    number,
    part,
    sentence,
    words,
)


def definition(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a CustomResourceDefinition."""
    if is_true(obj, "Terminating"):
        return Health(PROGRESSING, "kind.terminating", "The kind is being removed.")
    names = condition(obj, "NamesAccepted")
    if names.get("status") == "False":
        return Health(FAILED, "kind.names_refused", sentence(words(names, "message")))
    if is_true(obj, "NonStructuralSchema"):
        return Health(DEGRADED, "kind.bad_schema", sentence(words(condition(obj, "NonStructuralSchema"), "message")))
    if is_true(obj, "Established"):
        return Health(HEALTHY)
    return Health(PROGRESSING, "kind.installing", "The kind is being added to the cluster.")


def api_service(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of an APIService."""
    if is_true(obj, "Available"):
        return Health(HEALTHY)
    return Health(PROGRESSING, "api.unavailable", sentence(words(condition(obj, "Available"), "message")))


def generic(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of an object of any kind by the conventions most controllers keep; healthy without a status."""
    observed = part(obj, "status", "observedGeneration")
    if isinstance(observed, int) and observed != number(obj, "metadata", "generation"):
        return Health(PROGRESSING, "object.not_observed", "Its controller has not taken up the change yet.")
    if not entries(obj, "status", "conditions"):
        return Health(HEALTHY)
    if is_true(obj, "Stalled"):
        return Health(FAILED, "object.stalled", sentence(words(condition(obj, "Stalled"), "message")))
    if is_true(obj, "Reconciling"):
        return Health(PROGRESSING, "object.reconciling", sentence(words(condition(obj, "Reconciling"), "message")))
    ready = condition(obj, "Ready") or condition(obj, "Available")
    if ready and ready.get("status") != "True":
        return Health(PROGRESSING, "object.not_ready", sentence(words(ready, "message") or words(ready, "reason")))
    return Health(HEALTHY)

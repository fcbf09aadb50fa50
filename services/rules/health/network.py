"""Health of Service and Ingress: an address that never comes is said, but is not an illness."""

from __future__ import annotations

from datetime import datetime

from services.rules.health.words import HEALTHY, PROGRESSING, Health, Raw, age, entries, moment, words

ADDRESS_PATIENCE = 180.0


def service(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of a Service."""
    if words(obj, "spec", "type") != "LoadBalancer":
        return Health(HEALTHY)
    return _addressed(obj, now, "The cluster gives no address from outside to this Service.")


def ingress(obj: Raw, now: datetime | None = None) -> Health:
    """Give the health of an Ingress."""
    return _addressed(obj, now, "The ingress class publishes no address in this cluster.")


def _addressed(obj: Raw, now: datetime | None, none: str) -> Health:
    if entries(obj, "status", "loadBalancer", "ingress"):
        return Health(HEALTHY)
    if age(now, moment(words(obj, "metadata", "creationTimestamp"))) < ADDRESS_PATIENCE:
        return Health(PROGRESSING, "network.no_address_yet", "Waiting for an address from outside.")
    return Health(HEALTHY, "network.no_address", none)

"""Health rules: pure functions from raw objects to one verdict with its reason."""

from services.rules.health.causes import cause
from services.rules.health.rollup import assess, service_health
from services.rules.health.rows import objects_seen, workload_rows
from services.rules.health.words import (
    DEGRADED,
    FAILED,
    HEALTHY,
    ORDER,
    PROGRESSING,
    SUSPENDED,
    UNKNOWN,
    Cause,
    Health,
    worst,
)

__all__ = [
    "DEGRADED",
    "FAILED",
    "HEALTHY",
    "ORDER",
    "PROGRESSING",
    "SUSPENDED",
    "UNKNOWN",
    "Cause",
    "Health",
    "assess",
    "cause",
    "objects_seen",
    "service_health",
    "workload_rows",
    "worst",
]

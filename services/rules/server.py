"""Which version of the server a service runs, beside the version of its package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.rules.values import find
from services.rules.guards import VERSION_RULES

_VERSION = re.compile(r"v?[0-9]+([.-][0-9A-Za-z.+-]*)?")


def server_version(definition: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], otherwise: str) -> str:
    """Give the version the values choose where the package says one stands, else the one its chart brings.

    `layers` are the values, those that win first. A package says so by a guard or an upgrade on a version.
    """
    paths = [entry["path"] for entry in definition.get("upgrades") or []]
    paths += [guard["path"] for guard in definition.get("guards") or [] if guard["rule"] in VERSION_RULES]
    for path in dict.fromkeys(paths):
        chosen = next((found for layer in layers if (found := find(layer, path)) is not None), None)
        if _VERSION.fullmatch(str(chosen or "")):
            return str(chosen)
    return otherwise

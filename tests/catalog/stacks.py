"""A stack for tests, as data and as a file."""

from __future__ import annotations

import copy
from typing import Any

import yaml

STACK: dict[str, Any] = {
    "apiVersion": "anywhere/v1", "kind": "Stack", "name": "pair", "version": "1.0.0", "title": "Pair",
    "summary": "Two stores and what reads them.", "category": "compute", "keywords": ["pair"], "readme": "# Pair",
    "plans": [
        {"name": "small", "title": "Small", "summary": "One of each.", "recommended": True},
        {"name": "large", "title": "Large", "summary": "More."},
    ],
    "members": [
        {"name": "app", "package": "app", "title": "App", "plan": {"large": "small"},
         "bindings": [{"path": "bindings.first", "member": "first"}, {"path": "bindings.second", "member": "second"}]},
        {"name": "first", "package": "store", "title": "First store"},
        {"name": "second", "package": "store", "title": "Second store", "values": {"replicas": 2}, "optional": True},
    ],
}  # fmt: skip


def stack(**changes: Any) -> dict[str, Any]:
    """Give the stack with other values at its top."""
    return {**copy.deepcopy(STACK), **changes}


def file_of(said: Any) -> bytes:
    """Give the file of a stack."""
    return yaml.safe_dump(said, sort_keys=False).encode()

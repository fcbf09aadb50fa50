"""The only door from an id to an operation."""

from __future__ import annotations

from typing import Any

from anywhere.accounts import access
from anywhere.accounts.models import User
from anywhere.operations.models import Operation


def get_operation(user: User | None, operation_id: Any, *, to: access.To = "view") -> Operation:
    """Give the operation if the person's role in its organization allows `to`."""
    rows = Operation.objects.select_related("organization", "requested_by").defer("input_blob")
    return access.get_row(rows, user, operation_id, to=to)

"""The only door from an id to an operation."""

from __future__ import annotations

from typing import Any

from anywhere.accounts import access
from anywhere.accounts.models import Membership, Role, User
from anywhere.operations.models import QUESTIONS, Operation


def get_operation(user: User | None, operation_id: Any, *, to: access.To = "view") -> Operation:
    """Give the operation if the person's role in its organization allows `to`."""
    rows = Operation.objects.select_related("organization", "requested_by").defer("input_blob")
    return access.get_row(rows, user, operation_id, to=to)


def is_still_allowed(operation: Operation) -> bool:
    """Give whether who asked for the operation may still ask for it; what the portal itself began is always allowed."""
    if operation.requested_by_id is None:
        return True
    least = Role.VIEWER if operation.kind in QUESTIONS else Role.MEMBER
    rows = Membership.objects.filter(organization=operation.organization_id, role__gte=least)
    return rows.filter(user=operation.requested_by_id, user__is_active=True).exists()

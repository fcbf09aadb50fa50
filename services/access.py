"""The only doors from an id to a service or a stack."""

from __future__ import annotations

from typing import Any

from anywhere.accounts import access
from anywhere.accounts.models import User
from services import selectors
from services.models import Service, Stack


def get_service(user: User | None, service_id: Any, *, to: access.To = "view") -> Service:
    """Give the service if the user may do this in its organization; else it looks as if it were not there."""
    return access.get_row(selectors.with_related(Service.objects.all()), user, service_id, to=to)


def get_stack(user: User | None, stack_id: Any, *, to: access.To = "view") -> Stack:
    """Give the stack if the user may do this in its organization; else it looks as if it were not there."""
    return access.get_row(selectors.stacks_with_related(Stack.objects.all()), user, stack_id, to=to)

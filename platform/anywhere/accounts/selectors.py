"""Reads of accounts that span tables."""

from __future__ import annotations

from django.db.models import F, QuerySet

from anywhere.accounts.models import Organization, User


def organizations_of(user: User) -> QuerySet[Organization]:
    """Give the person's organizations, each with the person's `role`."""
    return Organization.objects.filter(memberships__user=user).annotate(role=F("memberships__role"))

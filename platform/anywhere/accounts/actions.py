"""What people do with their accounts and organizations; each action writes its audit entry in its transaction."""

from __future__ import annotations

from typing import Any

from anywhere.accounts.models import AuditEntry, Organization, User


def write_audit(
    organization: Organization | None,
    actor: User | None,
    action: str,
    subject: Any = None,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Give the new entry: who did what. Call it inside the action's transaction.

    `action` looks like `service.install`. `subject` is a row (its label, id and name are kept) or a tuple
    (type, id, name). `detail` never holds a secret.
    """
    kind, key, name = "", None, ""
    if isinstance(subject, tuple):
        kind, key, name = subject
    elif subject is not None:
        kind, key = subject._meta.model_name, subject.pk
        name = str(getattr(subject, "name", "") or subject)
    return AuditEntry.objects.create(
        organization=organization,
        actor=actor,
        action=action,
        subject_type=kind,
        subject_id=key,
        subject_name=name[:120],
        detail=detail or {},
    )

"""The refusals of accounts."""

from __future__ import annotations

from anywhere.lib.api.faults import TooManyRequests
from anywhere.lib.errors import ConflictFault, UserFault


class InvalidCredentials(UserFault):
    """Email and password do not fit; the answer never says which."""

    code = "auth.invalid_credentials"
    http_status = 401
    title = "Email or password is not right"


class TooManyAttempts(TooManyRequests):
    """Too many failed attempts to sign in."""

    code = "auth.too_many_attempts"
    title = "Too many attempts to sign in"


class WrongPassword(UserFault):
    """The current password is not right."""

    code = "account.wrong_password"
    title = "The current password is not right"


class WeakPassword(UserFault):
    """The new password does not follow the rules."""

    code = "account.weak_password"
    title = "The new password is too weak"


class TooManyTokens(ConflictFault):
    """The person has as many tokens as one may have."""

    code = "token.too_many"
    title = "There are too many tokens"


class SlugTaken(ConflictFault):
    """Another organization has this name in the address."""

    code = "organization.slug_taken"
    title = "This name is taken"


class LastOwner(ConflictFault):
    """The organization would be left without an owner."""

    code = "member.last_owner"
    title = "An organization needs an owner"


class AlreadyMember(ConflictFault):
    """The person is in the organization already."""

    code = "member.exists"
    title = "This person is a member already"


class UnknownPerson(UserFault):
    """There is no account for the address."""

    code = "member.unknown_person"
    title = "There is no account for this address"

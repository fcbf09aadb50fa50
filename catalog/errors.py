"""The refusals of the catalogue."""

from __future__ import annotations

from anywhere.lib.errors import ConflictFault, PlatformFault, UserFault


class BadPackage(UserFault):
    """The archive is not a chart that can be published; its code and detail say why."""

    code = "package.invalid"
    http_status = 422
    title = "This cannot be published"


class VersionExists(ConflictFault):
    """The version is published already, with another content."""

    code = "package.version_exists"
    title = "This version is published already"


class NameTaken(ConflictFault):
    """Another provider has a package of this name."""

    code = "package.name_taken"
    title = "Another provider has a package of this name"


class SlugTaken(ConflictFault):
    """Another provider has this name in the address."""

    code = "provider.slug_taken"
    title = "This name is taken"


class IsStack(UserFault):
    """A stack was named where a package of one service is wanted."""

    code = "package.is_stack"
    title = "This is a stack"


class IsNoStack(UserFault):
    """A package of one service was named where a stack is wanted."""

    code = "package.is_no_stack"
    title = "This is no stack"


class ChartDamaged(PlatformFault):
    """A published archive is missing, or its bytes are not what was published."""

    code = "package.chart_damaged"
    title = "The chart of this package is damaged"

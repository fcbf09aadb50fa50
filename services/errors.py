"""Errors of installed services."""

from __future__ import annotations

from anywhere.lib.errors import ConflictFault, UserFault


class NameTaken(ConflictFault):
    """A service of this name is in this namespace of the cluster already."""

    code = "service.name_taken"
    title = "This name is taken"


class BadName(UserFault):
    """A name Kubernetes and Helm would not take."""

    code = "service.bad_name"
    title = "This name cannot be used"


class BadValues(UserFault):
    """The values do not match the package's schema; `fields` says where."""

    code = "service.bad_values"
    title = "Some values are not right"
    http_status = 422


class UnknownPlan(UserFault):
    """The version has no such plan."""

    code = "service.unknown_plan"
    title = "There is no such plan"


class ChangeRefused(UserFault):
    """A guard of the package refuses the change; nothing was touched."""

    code = "service.change_refused"
    title = "This cannot be changed"
    http_status = 422


class CannotScale(UserFault):
    """The package does not allow this number of replicas."""

    code = "service.cannot_scale"
    title = "It cannot be scaled like this"
    http_status = 422


class NoSuchRevision(UserFault):
    """The service has no such revision to go back to."""

    code = "service.no_such_revision"
    title = "There is no such revision"
    http_status = 404


class NoSuchProcedure(UserFault):
    """The package has no such procedure, or not with these values."""

    code = "service.no_such_procedure"
    title = "There is no such procedure"
    http_status = 404


class NotConfirmed(UserFault):
    """Deleting data wants the service's name typed."""

    code = "service.not_confirmed"
    title = "Type the name to delete the data"


class Gone(ConflictFault):
    """The service is uninstalled."""

    code = "service.uninstalled"
    title = "This service is uninstalled"


class OthersAreBound(ConflictFault):
    """Other services are bound to this one, and would lose what they use."""

    code = "service.others_are_bound"
    title = "Other services are bound to this one"


class BadStack(UserFault):
    """The choices of a stack do not fit it; `fields` says which."""

    code = "stack.bad_choice"
    title = "This stack cannot be installed like this"
    http_status = 422


class ClusterNotReady(ConflictFault):
    """The cluster's registration is not finished."""

    code = "cluster.not_registered"
    title = "The cluster is not registered yet"


class NoBinding(ConflictFault):
    """The package publishes no credentials, or the service is not installed far enough."""

    code = "service.no_binding"
    title = "There are no credentials to show"

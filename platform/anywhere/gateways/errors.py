"""The errors of everything outside the portal; `retryable` is the whole retry policy."""

from __future__ import annotations

from typing import Any

from anywhere.lib.errors import AppError


class GatewayError(AppError):
    """A call to a cluster or to Helm did not do what was asked.

    `retryable`: the same call may work later. `outcome_unknown`: the call was sent and the answer is missing, so
    whether it was done has to be read from the cluster before anything is sent again. `whose`: who can mend it.
    """

    code = "cluster.fault"
    http_status = 502
    title = "The cluster did not do this"
    whose = "cluster"

    def __init__(self, detail: str = "", *, retryable: bool | None = None, outcome_unknown: bool = False, **kw: Any):
        super().__init__(detail, **kw)
        if retryable is not None:
            self.retryable = retryable
        self.outcome_unknown = outcome_unknown


class Unreachable(GatewayError):
    """Nothing answers at the cluster's address, or the connection broke."""

    code = "cluster.unreachable"
    http_status = 503
    title = "The cluster cannot be reached"
    retryable = True


class TimedOut(GatewayError):
    """The call did not end within its time."""

    code = "cluster.timed_out"
    http_status = 504
    title = "The cluster took too long to answer"
    retryable = True


class CommandTimedOut(TimedOut):
    """A command in a container did not end within its time; it may still be running there. `output` is its last."""

    code = "command.timed_out"
    title = "The command took too long"
    retryable = False

    def __init__(self, detail: str = "", *, output: str = "", **kw: Any):
        super().__init__(detail, **kw)
        self.output = output


class Throttled(GatewayError):
    """The cluster asks for fewer requests, and went on asking after our waits."""

    code = "cluster.throttled"
    http_status = 503
    title = "The cluster is too busy"
    retryable = True


class TlsFailed(GatewayError):
    """The server's certificate is not the one this cluster was registered with."""

    code = "cluster.tls_failed"
    title = "The cluster's certificate is not trusted"


class AddressRefused(GatewayError):
    """The cluster's name leads to an address the portal does not connect to."""

    code = "cluster.address_refused"
    title = "The portal does not connect to this address"


class Unauthorized(GatewayError):
    """The cluster does not accept the credential."""

    code = "cluster.unauthorized"
    title = "The cluster does not accept the credential"


class Forbidden(GatewayError):
    """The credential may not do this."""

    code = "cluster.forbidden"
    title = "The credential may not do this"


class NotFound(GatewayError):
    """The object, or its kind, is not there."""

    code = "cluster.not_found"
    http_status = 404
    title = "The cluster does not have this"


class Conflict(GatewayError):
    """The object exists already, changed meanwhile, or a field belongs to another manager."""

    code = "cluster.conflict"
    http_status = 409
    title = "Something else changed this object"
    retryable = True


class Invalid(GatewayError):
    """The cluster refuses the object: a wrong field, a policy, a quota."""

    code = "cluster.invalid"
    http_status = 422
    title = "The cluster refuses this object"
    whose = "yours"


class QuotaExceeded(Invalid):
    """The namespace's quota leaves no room for the object."""

    code = "cluster.quota_exceeded"
    whose = "cluster"
    title = "The namespace's quota is used up"


class BadResponse(GatewayError):
    """The answer is not what a Kubernetes API server says."""

    code = "cluster.bad_response"
    title = "The server's answer is not that of a Kubernetes cluster"


class TooLarge(GatewayError):
    """The answer is larger than the portal reads."""

    code = "cluster.too_large"
    title = "The cluster's answer is too large"


class InvalidChart(GatewayError):
    """The chart cannot be rendered with these values; the detail is Helm's own message."""

    code = "chart.invalid"
    http_status = 422
    title = "The chart cannot be rendered with these values"
    whose = "yours"


class ChartTooHeavy(InvalidChart):
    """Rendering the chart takes more memory or time than Helm may use."""

    code = "chart.too_heavy"
    title = "The chart is too heavy"
    whose = "package"


class InvalidName(GatewayError):
    """A release, a namespace or a chart path is not one the portal gives to Helm."""

    code = "release.invalid_name"
    http_status = 422
    title = "This name cannot be used"
    whose = "yours"


class ReleaseBusy(GatewayError):
    """Helm's storage says another operation on this release has not ended."""

    code = "release.busy"
    http_status = 409
    title = "Another operation on this release has not ended"


class HelmFailed(GatewayError):
    """Helm ended with an error that is none of the others; the detail is its last message."""

    code = "helm.failed"
    title = "Helm did not finish"


class Stopped(GatewayError):
    """The call was ended by us: the operation was cancelled, or its lease was lost."""

    code = "operation.stopped"
    http_status = 409
    title = "The operation was stopped"

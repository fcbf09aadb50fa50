"""What Helm's last words mean."""

from __future__ import annotations

import re
from collections.abc import Iterable

from anywhere.gateways.errors import (
    ChartTooHeavy,
    Conflict,
    Forbidden,
    GatewayError,
    HelmFailed,
    Invalid,
    InvalidChart,
    NotFound,
    QuotaExceeded,
    ReleaseBusy,
    TimedOut,
    TlsFailed,
    Unauthorized,
    Unreachable,
)
from anywhere.gateways.process import Ended
from anywhere.lib import redact

MAX_DETAIL = 1500

_KLOG = re.compile(r"[IWE]\d{4} ")  # such as E1127 09:30:00.1 … of an API that has nothing to do with the release
_NOISE = ("WARNING:", "level=", "time=", "walk.go", "Use --debug", "warning: ", "coalesce.go")

# (pattern, error, code, retryable, outcome_unknown), the first that matches counts
_RULES: tuple[tuple[re.Pattern[str], type[GatewayError], str | None, bool], ...] = tuple(
    (re.compile(pattern, re.I), kind, code, unknown)
    for pattern, kind, code, unknown in (
        (r"release: not found|revision \d+ (for .* )?(was )?not found", NotFound, "release.not_found", False),
        (r"another operation \(install/upgrade/rollback\) is in progress", ReleaseBusy, None, False),
        (r"values don't meet the specifications of the schema", InvalidChart, "chart.values_refused", False),
        (r"violates PodSecurity", Invalid, "cluster.pod_security", False),
        (r"exceeded quota", QuotaExceeded, None, False),
        (r"admission webhook|denied the request", Invalid, "cluster.admission_refused", False),
        (
            r"invalid ownership metadata|cannot be imported into the current release|cannot reuse a name",
            Conflict,
            "release.owned_by_other",
            False,
        ),
        (r"conflict(s)? (occurred|with)|Apply failed with \d+ conflict", Conflict, "release.field_conflict", False),
        (r"namespaces \"[^\"]+\" not found", NotFound, "cluster.no_namespace", False),
        (r"because it is being terminated", Conflict, "cluster.namespace_terminating", False),
        (
            r"no matches for kind|resource mapping not found|could not find the requested resource",
            Invalid,
            "cluster.unknown_kind",
            False,
        ),
        (
            r"updates to .* are forbidden|field is immutable|spec: Forbidden: updates to",
            Invalid,
            "cluster.immutable_field",
            False,
        ),
        (r"x509:|certificate signed by unknown authority|certificate is (not )?valid", TlsFailed, None, False),
        (
            r"connection refused|no route to host|i/o timeout|network is unreachable|connection reset|unexpected EOF"
            r"|client connection lost|TLS handshake timeout|cluster unreachable|etcdserver|no such host|\bEOF\b"
            r"|server is currently unable|broken pipe|apiserver not ready|service unavailable",
            Unreachable,
            None,
            True,
        ),
        (r"Unauthorized|must be logged in|asked for the client to provide credentials", Unauthorized, None, False),
        (r"hooks? failed|failed (pre|post)-|BackoffLimitExceeded", HelmFailed, "helm.hook_failed", False),
        (r"timed out waiting|context deadline exceeded|client rate limiter Wait", TimedOut, "helm.timed_out", True),
        (r"context canceled|signal: killed|interrupt", HelmFailed, "helm.interrupted", True),
        (r"is forbidden|forbidden:", Forbidden, None, False),
        (
            r"execution error|parse error|failed to render|template:|error calling|YAML parse error"
            r"|error converting YAML|chart requires kubeVersion|Chart\.ya?ml|error validating data|cannot load values"
            r"|unable to build kubernetes objects",
            InvalidChart,
            None,
            False,
        ),
        (
            r"is invalid:|Invalid value|unknown field|strict decoding|typed patch object|to proper version"
            r"|cannot be handled as",
            Invalid,
            None,
            False,
        ),
        (r"already exists", Conflict, "cluster.already_exists", False),
        (r"Conflict|the object has been modified", Conflict, None, False),
        (r"not found", NotFound, None, False),
        (r"server-side apply failed for object|failed to (create|patch) resource", Invalid, None, False),
    )
)
_WHERE = re.compile(r"^execution error at \([^()]+:\d+:\d+\):\s*")  # before what a chart says by `fail`
_LEAD = re.compile(r"^(Error: )?((INSTALLATION|UPGRADE|ROLLBACK) FAILED: )?", re.M)


def error_of(ended: Ended, secrets: Iterable[str] = ()) -> GatewayError:
    """Give the error of a helm call that did not end well, its detail without secrets."""
    said = ended.stderr.decode("utf-8", "replace")
    if ended.code < 0:
        words = f"Helm was ended by signal {-ended.code}: it used more time or memory than it may."
        return HelmFailed(words, code="helm.killed", outcome_unknown=True)
    told = "\n".join(line for line in said.splitlines() if not _KLOG.match(line)).strip() or said
    detail = redact.text(_last_words(told), secrets, limit=MAX_DETAIL)
    if "out of memory" in said or "cannot allocate memory" in said:
        return ChartTooHeavy("Rendering this chart takes more memory than Helm may use.")
    for pattern, kind, code, unknown in _RULES:
        if pattern.search(told):
            return kind(detail, code=code, outcome_unknown=unknown)
    return HelmFailed(detail or f"Helm ended with code {ended.code}.", outcome_unknown=True)


def _last_words(said: str) -> str:
    everything = [line for line in said.splitlines() if line.strip()]
    lines = [line for line in everything if not line.startswith(_NOISE)] or everything
    start = max((index for index, line in enumerate(lines) if line.startswith("Error: ")), default=0)
    return _WHERE.sub("", _LEAD.sub("", " ".join(line.strip() for line in lines[start:])).strip())

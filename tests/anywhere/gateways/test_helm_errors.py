"""What helm says when it does not end well, as an error of ours."""

from __future__ import annotations

import pytest

from anywhere.gateways.errors import GatewayError, Invalid, Unreachable
from anywhere.gateways.helm_errors import error_of
from anywhere.gateways.process import Ended

BROKEN_API = (
    'E1127 20:09:25.937531   27683 memcache.go:403] "Couldn\'t get resource list"'
    ' err="the server is currently unable to handle the request" groupVersion="metrics.k8s.io/v1beta1"\n'
)
REFUSED = "Error: server-side apply failed for object shop/web apps/v1, Kind=Deployment: quantities must match\n"
AWAY = 'Error: kubernetes cluster unreachable: Get "https://192.0.2.1/version": dial tcp: i/o timeout\n'


@pytest.mark.parametrize(("said", "kind"), [(REFUSED, Invalid), (AWAY, Unreachable)])
@pytest.mark.parametrize("before", ["", BROKEN_API])
def test_an_api_of_others_that_is_away_hides_no_reason(before: str, said: str, kind: type[GatewayError]) -> None:
    error = error_of(Ended(1, b"", (before + said).encode()))
    assert type(error) is kind
    assert error.detail == said.removeprefix("Error: ").strip()


def test_where_nothing_else_is_said_that_is_told() -> None:
    error = error_of(Ended(1, b"", BROKEN_API.encode()))
    assert type(error) is Unreachable and "metrics.k8s.io/v1beta1" in error.detail


def test_a_chart_that_takes_all_memory_is_the_packages() -> None:
    error = error_of(Ended(1, b"", b"fatal error: runtime: out of memory"))
    assert (error.code, error.whose) == ("chart.too_heavy", "package")

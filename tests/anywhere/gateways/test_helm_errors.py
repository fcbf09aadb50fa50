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


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (REFUSED, Invalid),
        (BROKEN_API + REFUSED, Invalid),
        (AWAY, Unreachable),
        (BROKEN_API + AWAY, Unreachable),
        (BROKEN_API, Unreachable),
    ],
)
def test_an_api_of_others_that_is_away_hides_no_reason(said: str, kind: type[GatewayError]) -> None:
    error = error_of(Ended(1, b"", said.encode()))
    assert type(error) is kind
    if "Error: " in said:
        assert "metrics.k8s.io" not in error.detail

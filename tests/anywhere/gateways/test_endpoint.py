"""The address is decided once, at connect time, on every address a name has."""

from __future__ import annotations

import pytest

from anywhere.gateways.endpoint import choose
from anywhere.gateways.errors import AddressRefused, Unreachable
from anywhere.lib.addresses import AddressPolicy


def test_a_name_is_resolved_once_and_its_addresses_are_kept() -> None:
    asked = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["10.0.0.7", "10.0.0.8"]

    found = choose("https://k8s.example:6443/base/", AddressPolicy(), resolver)
    assert asked == [("k8s.example", 6443)]
    assert found.addresses == ("10.0.0.7", "10.0.0.8")
    assert found.url("10.0.0.7") == "https://10.0.0.7:6443/base"
    assert found.host == "k8s.example"


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "127.0.0.1", "::1", "fe80::1", "0.0.0.0", "fd00:ec2::254", "::ffff:127.0.0.1"]
)
def test_one_bad_address_among_good_ones_refuses_the_name(address: str) -> None:
    with pytest.raises(AddressRefused):
        choose("https://k8s.example:6443", AddressPolicy(), lambda host, port: ["10.0.0.7", address])


def test_a_name_without_an_address_is_unreachable() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Unreachable) as caught:
        choose("https://k8s.example:6443", AddressPolicy(), nothing)
    assert caught.value.code == "cluster.name_not_found"
    with pytest.raises(Unreachable):
        choose("https://k8s.example:6443", AddressPolicy(), lambda host, port: [])


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert choose("https://[2001:db8::1]:6443", AddressPolicy()).url("2001:db8::1") == "https://[2001:db8::1]:6443"


@pytest.mark.parametrize(
    "url", ["http://k8s.example:6443", "https://user:pw@k8s.example:6443", "https://k8s.example:22"]
)
def test_urls_that_are_no_server_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        choose(url, AddressPolicy(), lambda host, port: ["10.0.0.7"])

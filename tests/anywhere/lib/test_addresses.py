"""Which addresses are refused, whatever way they are written."""

import pytest

from anywhere.lib.addresses import AddressPolicy, AddressRefused, parse_server

STRICT = AddressPolicy()
LOOPBACK = AddressPolicy(allow_loopback=True)


def code_of(url: str, policy: AddressPolicy = STRICT) -> str:
    with pytest.raises(AddressRefused) as refused:
        policy.check(parse_server(url))
    return refused.value.code


@pytest.mark.parametrize("policy", [STRICT, LOOPBACK])
@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254",
        "https://[fd00:ec2::254]",
        "https://metadata.google.internal",
        "https://METADATA.google.internal./latest",
        "https://100.100.100.200:6443",
        "https://0xa9fea9fe",
        "https://2852039166",
        "https://0251.0376.0251.0376",
        "https://[::ffff:169.254.169.254]",
        "https://[64:ff9b::a9fe:a9fe]",
        "https://[2002:a9fe:a9fe::1]",
    ],
)
def test_n1_metadata_services_are_always_refused(url: str, policy: AddressPolicy) -> None:
    assert code_of(url, policy) == "address.metadata"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1", "address.loopback"),
        ("https://[::1]:6443", "address.loopback"),
        ("https://localhost", "address.loopback"),
        ("https://a.localhost", "address.loopback"),
        ("https://169.254.1.1", "address.link_local"),
        ("https://[fe80::1]", "address.link_local"),
        ("https://0.0.0.0", "address.reserved"),
        ("https://0.1.2.3", "address.reserved"),
        ("https://[::]", "address.reserved"),
        ("https://224.0.0.1", "address.reserved"),
        ("https://255.255.255.255", "address.reserved"),
        ("https://[ff02::1]", "address.reserved"),
        ("https://kubernetes.default.svc", "address.inside_name"),
        ("https://kubernetes", "address.inside_name"),
        ("https://api.kube-system.svc.cluster.local", "address.inside_name"),
        ("unix:///var/run/docker.sock", "address.not_https"),
    ],
)
def test_n2_addresses_that_are_no_cluster_are_refused(url: str, code: str) -> None:
    assert code_of(url) == code


@pytest.mark.parametrize(
    "url", ["https://10.0.0.7:6443", "https://192.168.1.2", "https://172.16.3.4", "https://[fd12::7]"]
)
def test_n2_private_ranges_are_fine(url: str) -> None:
    STRICT.check(parse_server(url))


@pytest.mark.parametrize("url", ["https://127.0.0.1:6443", "https://localhost:6443", "https://[::1]:6443"])
def test_n2_loopback_is_fine_when_allowed(url: str) -> None:
    LOOPBACK.check(parse_server(url))


@pytest.mark.parametrize(
    "url",
    [
        "https://0x7f.1",
        "https://2130706433",
        "https://0177.0.0.1",
        "https://[::ffff:127.0.0.1]",
        "https://127.1",
        "https://localhost.",
        "https://LOCALHOST",
        "https://①②⑦.⓪.⓪.①",
        "https://ⓛocalhost",
    ],
)
def test_n3_odd_spellings_of_loopback_meet_the_same_rule(url: str) -> None:
    assert code_of(url) == "address.loopback"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://user@10.0.0.1", "address.credentials_in_url"),
        ("https://user:password@10.0.0.1", "address.credentials_in_url"),
        ("https://10.0.0.1%00.example", "address.malformed"),
        ("https://10.0.0.1\n.example", "address.malformed"),
        ("https://10.0.0.1:0", "address.port"),
        ("https://10.0.0.1:22", "address.port"),
        ("https://10.0.0.1:25", "address.port"),
        ("https://10.0.0.1:80", "address.port"),
        ("https://10.0.0.1:6379", "address.port"),
        ("https://10.0.0.1:99999", "address.malformed"),
        ("https://10.0.0.1/#x", "address.malformed"),
        ("https://10.0.0.1/?x=1", "address.malformed"),
        ("http://10.0.0.1", "address.not_https"),
        ("https://", "address.malformed"),
        ("https://1.2.3.4.5", "address.malformed"),
        ("https://256.1.1.1", "address.malformed"),
        ("https://[fe80::1%25eth0]", "address.malformed"),
        ("https://[::1", "address.malformed"),
        ("https://10.0.0.1/../x", "address.malformed"),
        ("https://a..b", "address.malformed"),
        ("https://10.0.0.1\\@evil", "address.malformed"),
        ("https://" + "a" * 600, "address.malformed"),
        ("", "address.not_https"),
    ],
)
def test_n3_urls_that_hide_something_are_refused(url: str, code: str) -> None:
    assert code_of(url) == code


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://K8s.Example.COM.", "https://k8s.example.com:443"),
        ("https://10.0.0.1:6443/", "https://10.0.0.1:6443"),
        ("https://rancher.example/k8s/clusters/c-1", "https://rancher.example:443/k8s/clusters/c-1"),
        ("https://[FD12::0007]:6443", "https://[fd12::7]:6443"),
        ("https://bücher.example", "https://xn--bcher-kva.example:443"),
    ],
)
def test_n3_a_server_has_one_spelling(url: str, canonical: str) -> None:
    assert parse_server(url).url == canonical


def test_n4_a_name_is_refused_when_one_of_its_addresses_is() -> None:
    with pytest.raises(AddressRefused) as refused:
        STRICT.choose("k8s.example", ["203.0.113.9", "169.254.169.254"])
    assert refused.value.code == "address.metadata"
    with pytest.raises(AddressRefused):
        STRICT.choose("k8s.example", ["10.0.0.1", "127.0.0.1"])


def test_n4_the_checked_addresses_come_back_to_be_connected_to() -> None:
    assert STRICT.choose("k8s.example", ["10.0.0.1", "10.0.0.1", "fd12::1"]) == ["10.0.0.1", "fd12::1"]


def test_n4_a_name_without_an_address_is_refused() -> None:
    with pytest.raises(AddressRefused) as refused:
        STRICT.choose("k8s.example", [])
    assert refused.value.code == "address.unknown_host"

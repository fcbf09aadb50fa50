"""What is taken from a kubeconfig, and every hostile one that is refused (K rows)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from anywhere.clusters.errors import KubeconfigRefused
from anywhere.clusters.rules import kubeconfig
from anywhere.lib.addresses import AddressPolicy, AddressRefused
from tests.anywhere.clusters.kubeconfigs import NOW, TOKEN, b64, certificate, document, jwt, new_key, private_pem, text


def parse(source: str | bytes, context: str | None = None, **options: Any) -> kubeconfig.Kubeconfig:
    return kubeconfig.parse(source, context, now=NOW, **options)


def code_of(source: str | bytes, context: str | None = None, **options: Any) -> str:
    started = time.monotonic()
    with pytest.raises((KubeconfigRefused, AddressRefused)) as refused:
        parse(source, context, **options)
    assert time.monotonic() - started < 1
    assert TOKEN not in str(refused.value.problem())
    assert "PRIVATE KEY" not in str(refused.value.problem())
    return refused.value.code


def test_a_token_and_its_server_are_taken() -> None:
    record = parse(text())
    assert record.server.url == "https://10.20.30.40:6443"
    assert (record.credential, record.secret()) == ("token", {"token": TOKEN})
    assert record.authority is not None
    assert len(record.authority.fingerprint) == 64
    assert record.context.namespace == "shop"


def test_a_client_certificate_is_taken_with_its_end() -> None:
    pem, key = certificate()
    record = parse(text({"client-certificate-data": b64(pem), "client-key-data": b64(key)}))
    assert record.credential == "client-certificate"
    assert record.expires_at == NOW + timedelta(days=365)
    assert set(record.secret()) == {"client_certificate", "client_key"}


def test_the_record_does_not_show_its_secrets() -> None:
    pem, key = certificate()
    assert TOKEN not in repr(parse(text()))
    shown = repr(parse(text({"client-certificate-data": b64(pem), "client-key-data": b64(key)})))
    assert "PRIVATE KEY" not in shown
    assert TOKEN not in repr(kubeconfig.read(text()))


@pytest.mark.parametrize("version", ["v1alpha1", "v1beta1", "v1"])
def test_k1_exec_plugins_are_refused_with_a_way_out(version: str) -> None:
    plugin = {
        "apiVersion": f"client.authentication.k8s.io/{version}",
        "command": "/bin/sh",
        "args": ["-c", "touch /tmp/owned"],
        "env": [{"name": "A", "value": "b"}],
        "installHint": "no",
        "provideClusterInfo": True,
    }
    assert code_of(text({"exec": plugin})) == "kubeconfig.exec_not_allowed"
    assert code_of(text({"exec": None, "token": TOKEN})) == "kubeconfig.exec_not_allowed"
    with pytest.raises(KubeconfigRefused, match="create token"):
        parse(text({"exec": plugin}))


@pytest.mark.parametrize("name", ["gcp", "azure", "oidc"])
def test_k2_auth_providers_are_refused(name: str) -> None:
    provider = {"name": name, "config": {"cmd-path": "/bin/sh", "cmd-args": "-c id"}}
    assert code_of(text({"auth-provider": provider})) == "kubeconfig.auth_provider_not_allowed"


@pytest.mark.parametrize("path", ["/etc/hostname", "ca.crt", "file:///etc/passwd", "\\\\server\\share"])
@pytest.mark.parametrize("key", ["certificate-authority", "client-certificate", "client-key", "tokenFile"])
def test_k3_paths_are_refused_and_the_field_is_named(key: str, path: str) -> None:
    cluster = {"certificate-authority": path, "certificate-authority-data": None}
    source = text(None, cluster) if key == "certificate-authority" else text({key: path})
    with pytest.raises(KubeconfigRefused) as refused:
        parse(source)
    assert refused.value.code == "kubeconfig.path_not_allowed"
    assert key in refused.value.fields["kubeconfig"][0]


def test_k4_data_and_path_together_are_refused() -> None:
    assert code_of(text({"token": TOKEN, "tokenFile": "/x"})) == "kubeconfig.ambiguous_credential"
    assert code_of(text(None, {"certificate-authority": "/x"})) == "kubeconfig.ambiguous_credential"


def test_k4_a_token_and_a_certificate_together_are_refused() -> None:
    pem, key = certificate()
    user = {"token": TOKEN, "client-certificate-data": b64(pem), "client-key-data": b64(key)}
    assert code_of(text(user)) == "kubeconfig.ambiguous_credential"


@pytest.mark.parametrize("proxy", ["http://169.254.169.254", "socks5://10.0.0.1:1080", "https://p.example"])
def test_k5_proxies_are_refused(proxy: str) -> None:
    assert code_of(text(None, {"proxy-url": proxy})) == "kubeconfig.proxy_not_allowed"


@pytest.mark.parametrize("key", ["as", "as-groups", "as-uid", "as-user-extra"])
def test_k5_impersonation_is_refused(key: str) -> None:
    assert code_of(text({"token": TOKEN, key: "admin"})) == "kubeconfig.impersonation_not_allowed"


def test_k5_a_tls_server_name_is_a_host_name_and_is_shown() -> None:
    record = parse(text(None, {"tls-server-name": "K8s.Example"}))
    assert record.tls_server_name == "k8s.example"
    assert "kubeconfig.tls_server_name" in [finding.code for finding in record.findings]
    assert code_of(text(None, {"tls-server-name": "10.0.0.1"})) == "kubeconfig.bad_tls_server_name"
    assert code_of(text(None, {"tls-server-name": "a b"})) == "address.malformed"


def test_k5_disable_compression_is_dropped_and_listed() -> None:
    assert "clusters[].cluster.disable-compression" in parse(text(None, {"disable-compression": True})).dropped


def test_k6_skipping_tls_verification_is_refused_unless_allowed() -> None:
    cluster = {"insecure-skip-tls-verify": True, "certificate-authority-data": None}
    assert code_of(text(None, cluster)) == "kubeconfig.insecure_tls_not_allowed"
    record = parse(text(None, cluster), allow_insecure_tls=True)
    assert record.insecure_skip_tls_verify
    assert ("warning", "kubeconfig.insecure_tls") in [(f.level, f.code) for f in record.findings]


def test_k6_skipping_beside_a_ca_is_ambiguous() -> None:
    source = text(None, {"insecure-skip-tls-verify": True})
    assert code_of(source, allow_insecure_tls=True) == "kubeconfig.ambiguous_credential"


def two_contexts(**top: Any) -> dict[str, Any]:
    source = document(**top)
    source["users"].append({"name": "other", "user": {"exec": {"command": "sh"}}})
    source["contexts"].append({"name": "there", "context": {"cluster": "c", "user": "other"}})
    return source


def dump(source: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(source)


def test_k7_the_context_is_chosen_and_only_that_one_is_taken() -> None:
    source = dump(two_contexts())
    assert parse(source, "here").token == TOKEN
    assert code_of(source, "there") == "kubeconfig.exec_not_allowed"


def test_k7_several_contexts_without_a_current_one_ask_for_a_choice() -> None:
    with pytest.raises(KubeconfigRefused) as refused:
        parse(dump(two_contexts(**{"current-context": ""})))
    assert refused.value.code == "kubeconfig.context_required"
    assert [one["name"] for one in refused.value.problem()["contexts"]] == ["here", "there"]


def test_k7_a_missing_context_and_a_dangling_reference_are_refused() -> None:
    assert code_of(text(), "elsewhere") == "kubeconfig.context_unknown"
    assert code_of(text(**{"current-context": "gone"})) == "kubeconfig.context_unknown"
    assert code_of(text(users=[])) == "kubeconfig.dangling_reference"
    assert code_of(text(contexts=[])) == "kubeconfig.no_context"


def test_k7_two_entries_of_one_name_are_refused() -> None:
    twins = [{"name": "u", "user": {"token": "one-token"}}, {"name": "u", "user": {"token": "two-token"}}]
    assert code_of(text(users=twins)) == "kubeconfig.duplicate_name"


def test_k8_unknown_keys_are_dropped_and_listed() -> None:
    record = parse(text({"token": TOKEN, "extensions": []}, preferences={"colors": True}, extensions=[], odd="x"))
    assert {"preferences", "extensions", "odd", "users[].user.extensions"} <= set(record.dropped)
    assert "kubeconfig.dropped" in [finding.code for finding in record.findings]


def test_k9_large_documents_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(KubeconfigRefused) as refused:
        parse("a" * (1024 * 1024 + 1))
    assert (refused.value.code, refused.value.http_status) == ("kubeconfig.too_large", 413)
    assert code_of(b"x" * (1024 * 1024 + 1)) == "kubeconfig.too_large"


def test_k9_too_many_entries_are_refused() -> None:
    many = [{"name": str(n), "cluster": {"server": "https://x.example"}} for n in range(101)]
    assert code_of(text(clusters=many)) == "kubeconfig.not_a_kubeconfig"


BOMB = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n"


@pytest.mark.parametrize(
    "source",
    [
        BOMB,
        "a: &a\n  b: *a\n",
        "[" * 5000,
        "[" * 21 + "]" * 21,
        "a: !!python/object/apply:os.system [id]",
        "a: !!str x",
        "a: 1\na: 2\n",
        "kind: Config\n---\nkind: Config\n",
        "base: {a: 1}\nx:\n  <<: {b: 1}\n",
        "? [a]\n: b\n",
        "[" + "1," * 20_001 + "]",
    ],
)
def test_k10_yaml_that_hides_something_is_refused(source: str) -> None:
    assert code_of(source) == "yaml.unsafe"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"\xff\xfek\x00i\x00n\x00d\x00", "kubeconfig.encoding"),
        (b"kind: \xe9", "kubeconfig.encoding"),
        ("kind: \ud800", "kubeconfig.encoding"),
        ("kind: Con\x00fig", "kubeconfig.characters"),
        ("kind: Con\u202efig", "kubeconfig.characters"),
        ("kind: Con\u200bfig", "kubeconfig.characters"),
        ("kind: [", "yaml.invalid"),
        ("\tkind: x", "yaml.invalid"),
        ("9" * 5000, "kubeconfig.not_a_kubeconfig"),
        ("", "kubeconfig.not_a_kubeconfig"),
        ("[]", "kubeconfig.not_a_kubeconfig"),
        ("kind: Pod\nclusters: []", "kubeconfig.not_a_kubeconfig"),
        ("clusters: {a: b}", "kubeconfig.not_a_kubeconfig"),
        ("clusters: [x]", "kubeconfig.not_a_kubeconfig"),
        ("clusters: [{name: [x], cluster: {}}]", "kubeconfig.not_a_kubeconfig"),
    ],
)
def test_k11_odd_text_is_refused_with_a_reason(source: str | bytes, code: str) -> None:
    assert code_of(source) == code


def test_k11_strings_stay_strings() -> None:
    source = text().replace("name: here", "name: NO").replace("current-context: here", "current-context: NO")
    assert parse(source).context.name == "NO"
    source = text().replace(f"token: {TOKEN}", "token: 0777")
    assert parse(source).token == "0777"


def test_k11_line_ends_of_other_systems_are_fine() -> None:
    assert parse(text().replace("\n", "\r\n")).token == TOKEN
    assert parse("\ufeff" + text()).token == TOKEN


def user_of(pem: str, key: str) -> dict[str, str]:
    return {"client-certificate-data": b64(pem), "client-key-data": b64(key)}


def test_k12_broken_material_is_refused_with_its_own_code() -> None:
    pem, key = certificate()
    other = private_pem(new_key(2048))
    locked = private_pem(new_key(), b"secret")
    cases = {
        "kubeconfig.bad_base64": text(None, {"certificate-authority-data": "%%%"}),
        "kubeconfig.bad_pem": text(None, {"certificate-authority-data": b64("hello")}),
        "kubeconfig.key_in_ca": text(None, {"certificate-authority-data": b64(pem + key)}),
        "kubeconfig.bad_certificate": text(
            None,
            {"certificate-authority-data": b64("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
        ),
        "kubeconfig.extra_pem": text(user_of(pem + key, key)),
        "kubeconfig.key_mismatch": text(user_of(pem, other)),
        "kubeconfig.encrypted_key": text(user_of(pem, locked)),
        "kubeconfig.bad_key": text(user_of(pem, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")),
        "kubeconfig.incomplete_certificate": text({"client-certificate-data": b64(pem)}),
        "kubeconfig.no_credential": text({}),
        "kubeconfig.bad_token": text({"token": "has spaces and\nlines"}),
        "kubeconfig.password_not_allowed": text({"username": "a", "password": TOKEN}),
    }
    assert {code: code_of(source) for code, source in cases.items()} == {code: code for code in cases}


def test_k12_the_time_of_certificates_and_tokens_is_looked_at() -> None:
    assert code_of(text(user_of(*certificate(days=(-9, -1))))) == "kubeconfig.certificate_expired"
    assert code_of(text(user_of(*certificate(days=(1, 9))))) == "kubeconfig.certificate_not_yet_valid"
    ended = b64(certificate("ca", days=(-9, -1))[0])
    assert code_of(text(None, {"certificate-authority-data": ended})) == "kubeconfig.ca_expired"
    assert code_of(text({"token": jwt(NOW - timedelta(hours=1))})) == "kubeconfig.token_expired"
    assert parse(text({"token": jwt(NOW + timedelta(hours=1))})).expires_at == NOW + timedelta(hours=1)


def test_k12_weak_keys_are_refused() -> None:
    assert code_of(text(user_of(*certificate(bits=1024)))) == "kubeconfig.weak_key"


def test_k13_an_all_powerful_credential_is_accepted_with_a_note() -> None:
    record = parse(text(user_of(*certificate("admin", "system:masters"))))
    assert "kubeconfig.too_powerful" in [finding.code for finding in record.findings]


@pytest.mark.parametrize(
    ("server", "code"),
    [
        ("http://10.0.0.1", "address.not_https"),
        ("https://user:password@10.0.0.1", "address.credentials_in_url"),
        ("https://169.254.169.254", "address.metadata"),
        ("https://169.254.8.8", "address.link_local"),
        ("https://127.0.0.1:6443", "address.loopback"),
        ("", "address.not_https"),
    ],
)
def test_addresses_the_portal_never_connects_to_are_refused(server: str, code: str) -> None:
    assert code_of(text(None, {"server": server})) == code


def test_loopback_is_fine_when_allowed() -> None:
    source = text(None, {"server": "https://127.0.0.1:6443"})
    assert parse(source, policy=AddressPolicy(allow_loopback=True)).server.host == "127.0.0.1"

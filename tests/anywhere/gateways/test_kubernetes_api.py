"""The Kubernetes gateway beside servers that lie, drip, hang and cut."""

from __future__ import annotations

import json
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anywhere.gateways import transport
from anywhere.gateways.connect import ClusterAccess
from anywhere.gateways.errors import (
    BadResponse,
    Conflict,
    Forbidden,
    GatewayError,
    Invalid,
    NotFound,
    QuotaExceeded,
    Stopped,
    TimedOut,
    TlsFailed,
    TooLarge,
    Unauthorized,
    Unreachable,
)
from anywhere.gateways.kubernetes import Ref
from anywhere.gateways.kubernetes_api import KubernetesApi
from anywhere.lib.addresses import AddressPolicy

from .odd_server import Conversation, OddServer, Speak, make_certificates, wait_for

LOOPBACK = AddressPolicy(allow_loopback=True)
Serve = Callable[..., OddServer]
POD = Ref("v1", "Pod", "db-0", "shop")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Give a starter of odd servers."""
    started: list[OddServer] = []

    def start(speak: Speak) -> OddServer:
        started.append(OddServer(tmp_path, speak))
        return started[-1]

    yield start
    for one in started:
        one.close()


def _api(server: OddServer, **more: object) -> KubernetesApi:
    cancelled = more.pop("cancelled", lambda: False)
    access = ClusterAccess(**({"server": server.url, "ca_data": server.ca, "policy": LOOPBACK} | more))  # type: ignore[arg-type]
    return KubernetesApi(access, cancelled=cancelled)  # type: ignore[arg-type]


def _always(status: str, body: object, *headers: str, kind: str = "application/json") -> Speak:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def speak(conversation: Conversation) -> None:
        while conversation.hear():
            conversation.answer(status, data, *headers, kind=kind)

    return speak


def _refusal(reason: str, message: str, code: int) -> dict[str, object]:
    return {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code}


def test_a_connection_is_kept_and_used_again(serve: Serve) -> None:
    server = serve(_always("200 OK", {"gitVersion": "v1.36.3", "platform": "linux/amd64"}))
    for _ in range(3):
        with _api(server) as api:
            assert api.version().number == (1, 36)
    assert server.connections == 1


def test_connections_nobody_asks_for_any_more_are_closed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(_always("200 OK", {"gitVersion": "v1.36.3", "platform": "linux/amd64"}))
    monkeypatch.setattr(transport, "_idle", {})
    monkeypatch.setattr(transport, "IDLE_SECONDS", 0.2)
    _api(server, token="of yesterday").version()
    (kept,) = [kept for shelf in transport._idle.values() for kept in shelf]
    time.sleep(0.3)
    _api(server, token="of today").version()
    assert kept.channel.sock.fileno() == -1
    assert len(transport._idle) == 1


def test_a_kept_connection_that_died_is_replaced_for_reads(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        conversation.answer("200 OK", b'{"gitVersion": "v1.36.3"}')

    server = serve(speak)
    api = _api(server)
    for _ in range(3):
        assert api.version().git_version == "v1.36.3"
    assert server.connections == 3


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_an_error_and_is_not_followed(serve: Serve, status: str) -> None:
    other = serve(_always("200 OK", {}))
    server = serve(_always(status, b"", f"Location: {other.url}/api"))
    with pytest.raises(BadResponse) as caught:
        _api(server, token="t0k3n-of-the-portal").get(POD)
    assert caught.value.code == "cluster.redirected"
    assert other.connections == 0


def test_a_dripping_server_is_left_at_the_deadline(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        server.drip(conversation, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b" " * 100, 0.05)

    server = serve(speak)
    started = time.monotonic()
    with pytest.raises(TimedOut):
        _api(server).request("GET", "/version", timeout=1.0)
    assert time.monotonic() - started < 2.0


def test_a_server_that_never_answers_is_left_and_a_write_is_of_unknown_outcome(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        server.ended.wait(20)

    server = serve(speak)
    with pytest.raises(TimedOut) as caught:
        _api(server).request("POST", "/api/v1/namespaces", body={}, timeout=0.6)
    assert caught.value.outcome_unknown and caught.value.retryable
    with pytest.raises(TimedOut) as caught:
        _api(server).request("GET", "/version", timeout=0.6)
    assert not caught.value.outcome_unknown


def test_a_call_ends_when_it_is_told_to_stop(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        server.ended.wait(20)

    server = serve(speak)
    ends = time.monotonic() + 0.3
    with pytest.raises(Stopped):
        _api(server, cancelled=lambda: time.monotonic() > ends).get(POD)
    assert time.monotonic() < ends + 1.0


def test_a_write_cut_off_before_its_answer_is_of_unknown_outcome_and_not_sent_again(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()

    server = serve(speak)
    with pytest.raises(Unreachable) as caught:
        _api(server).create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})
    assert caught.value.outcome_unknown
    assert server.connections == 1


def test_an_answer_that_stops_half_way_is_an_error(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        conversation.sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"kind":')

    with pytest.raises(Unreachable):
        _api(serve(speak)).get(POD)


def test_an_announced_giant_is_not_read(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        conversation.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n")
        server.ended.wait(5)

    server = serve(speak)
    with pytest.raises(TooLarge):
        _api(server).get(POD)


def test_an_endless_answer_is_left_at_the_budget(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        conversation.sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        while not server.ended.is_set():
            conversation.sock.sendall(chunk)

    server = serve(speak)
    with pytest.raises(TooLarge):
        _api(server).get(POD)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html><form>Sign in</form></html>", "text/html"),
        (b"<html></html>", "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b"[" * 200_000, "application/json"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "application/json"),
        (b"[]", "application/json"),
        (b'"text"', "application/json"),
        (b"\xff\xfe", "application/json"),
    ],
)
def test_answers_that_are_not_an_object_are_bad(serve: Serve, body: bytes, kind: str) -> None:
    with pytest.raises(BadResponse):
        _api(serve(_always("200 OK", body, kind=kind))).get(POD)


def test_a_compressed_answer_nobody_asked_for_is_bad(serve: Serve) -> None:
    server = serve(_always("200 OK", b"\x1f\x8b", "Content-Encoding: gzip"))
    with pytest.raises(BadResponse):
        _api(server).get(POD)


def test_a_hundred_thousand_headers_are_refused(serve: Serve) -> None:
    def speak(conversation: Conversation) -> None:
        conversation.hear()
        conversation.sock.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n")

    with pytest.raises(BadResponse):
        _api(serve(speak)).get(POD)


@pytest.mark.parametrize(
    ("status", "reason", "message", "error", "code"),
    [
        ("401 U", "Unauthorized", "Unauthorized", Unauthorized, "cluster.unauthorized"),
        ("403 F", "Forbidden", 'pods is forbidden: User "x" cannot list', Forbidden, "cluster.forbidden"),
        ("403 F", "Forbidden", "exceeded quota: small", QuotaExceeded, "cluster.quota_exceeded"),
        ("403 F", "Forbidden", 'violates PodSecurity "restricted"', Invalid, "cluster.pod_security"),
        ("403 F", "Forbidden", "namespace a because it is being terminated", Conflict, "cluster.namespace_terminating"),
        ("404 N", "NotFound", 'pods "x" not found', NotFound, "cluster.not_found"),
        ("409 C", "AlreadyExists", "there already", Conflict, "cluster.already_exists"),
        ("409 C", "Conflict", "the object has been modified", Conflict, "cluster.conflict"),
        ("410 G", "Expired", "too old resource version", GatewayError, "cluster.gone"),
        ("422 U", "Invalid", "spec.replicas: Invalid value", Invalid, "cluster.invalid"),
        ("400 B", "BadRequest", 'admission webhook "x" denied the request', Invalid, "cluster.admission_refused"),
        ("500 I", "InternalError", "etcdserver: leader changed", GatewayError, "cluster.internal_error"),
        ("503 S", "ServiceUnavailable", "no endpoints", Unreachable, "cluster.unreachable"),
        ("504 G", "Timeout", "took too long", TimedOut, "cluster.timed_out"),
    ],
)
def test_a_refusal_is_told_in_the_servers_own_words(
    serve: Serve, status: str, reason: str, message: str, error: type[GatewayError], code: str
) -> None:
    server = serve(_always(status, _refusal(reason, message, int(status[:3]))))
    with pytest.raises(error) as caught:
        _api(server).get(POD)
    assert (caught.value.code, caught.value.detail) == (code, message)


def test_a_success_that_says_failure_is_a_failure(serve: Serve) -> None:
    with pytest.raises(NotFound):
        _api(serve(_always("200 OK", _refusal("NotFound", "gone", 404)))).get(POD)


def test_secrets_and_control_characters_do_not_pass_in_messages(serve: Serve) -> None:
    token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    server = serve(_always("403 F", _refusal("Forbidden", f"bad \x1b[31m token {token}", 403)))
    with pytest.raises(Forbidden) as caught:
        _api(server).get(POD)
    assert token not in caught.value.detail and "\x1b" not in caught.value.detail


def test_retry_after_is_honoured_and_bounded(serve: Serve) -> None:
    times: list[float] = []

    def speak(conversation: Conversation) -> None:
        while conversation.hear():
            times.append(time.monotonic())
            if len(times) < 2:
                conversation.answer("429 T", b"{}", "Retry-After: 1")
            else:
                conversation.answer("200 OK", b'{"kind": "Pod"}')

    assert _api(serve(speak)).get(POD) == {"kind": "Pod"}
    assert 0.9 < times[1] - times[0] < 3


def test_a_server_that_is_always_too_busy_is_told_so(serve: Serve) -> None:
    server = serve(_always("429 T", _refusal("TooManyRequests", "slow down", 429), "Retry-After: 3600"))
    with pytest.raises(GatewayError) as caught:
        _api(server).request("GET", "/version", timeout=2)
    assert caught.value.code == "cluster.throttled"


def test_another_certificate_is_not_trusted(serve: Serve, tmp_path: Path) -> None:
    server = serve(_always("200 OK", {}))
    (tmp_path / "other").mkdir()
    stranger, _ = make_certificates(tmp_path / "other", "odd.test")
    with pytest.raises(TlsFailed) as caught:
        _api(server, ca_data=stranger).get(POD)
    assert not caught.value.retryable


def test_a_certificate_of_another_name_is_not_trusted(serve: Serve) -> None:
    with pytest.raises(TlsFailed):
        _api(serve(_always("200 OK", {})), tls_server_name="other.test").get(POD)


def test_the_name_given_is_the_name_checked(serve: Serve) -> None:
    server = serve(_always("200 OK", {"kind": "Pod"}))
    assert _api(server, tls_server_name="odd.test").get(POD) == {"kind": "Pod"}


def test_a_server_without_tls_is_told(tmp_path: Path, serve: Serve) -> None:
    server = serve(_always("200 OK", {}))

    class Plain:
        def wrap_socket(self, raw: object, server_side: bool) -> ssl.SSLSocket:
            raw.recv(100)  # type: ignore[attr-defined]
            raw.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")  # type: ignore[attr-defined]
            raise ValueError

    server.context = Plain()  # type: ignore[assignment]
    with pytest.raises((BadResponse, TlsFailed, Unreachable)) as caught:
        _api(server).get(POD)
    assert "TLS" in caught.value.detail or "secure" in caught.value.detail


def test_nobody_listening_is_unreachable(tmp_path: Path) -> None:
    with socket.socket() as taken, pytest.raises(Unreachable) as caught:
        taken.bind(("127.0.0.1", 0))
        KubernetesApi(ClusterAccess(f"https://127.0.0.1:{taken.getsockname()[1]}", policy=LOOPBACK)).get(POD)
    assert caught.value.retryable and not caught.value.outcome_unknown


def test_a_client_certificate_leaves_no_file_behind(tmp_path: Path, serve: Serve) -> None:
    before = set(Path(tempfile.gettempdir()).glob("anywhere-*.pem"))
    (tmp_path / "mine").mkdir()
    _, pair = make_certificates(tmp_path / "mine", "me")
    certificate, key = pair.read_bytes().split(b"-----BEGIN PRIVATE KEY-----")
    server = serve(_always("200 OK", {"kind": "Pod"}))
    api = _api(server, client_certificate=certificate, client_key=b"-----BEGIN PRIVATE KEY-----" + key)
    assert api.get(POD) == {"kind": "Pod"}
    with pytest.raises(Unauthorized):
        transport.tls_context(ClusterAccess(server.url, server.ca, client_certificate=b"junk", client_key=b"junk"))
    assert set(Path(tempfile.gettempdir()).glob("anywhere-*.pem")) <= before


def test_a_list_is_read_page_by_page_and_again_when_it_expires(serve: Serve) -> None:
    asked: list[bytes] = []

    def speak(conversation: Conversation) -> None:
        while request := conversation.hear():
            target = request.split(b" ")[1]
            asked.append(target)
            pod = {"metadata": {"name": f"p{len(asked)}"}}
            if b"continue=one" in target and len(asked) == 2:
                conversation.answer("410 Gone", json.dumps(_refusal("Expired", "too old", 410)).encode())
                continue
            more = "" if b"continue=" in target else "one"
            page = {"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": more}, "items": [pod]}
            conversation.answer("200 OK", json.dumps(page).encode())

    found = _api(serve(speak)).list("v1/pods", "shop", limit=1)
    assert [pod["metadata"]["name"] for pod in found] == ["p3", "p4"]
    assert {(pod["kind"], pod["apiVersion"]) for pod in found} == {("Pod", "v1")}


def test_the_token_goes_into_a_header_and_nowhere_else(serve: Serve) -> None:
    server = serve(_always("200 OK", {"kind": "Pod"}, "Connection: close"))
    _api(server, token="t0k3n-of-the-portal").get(POD)
    wait_for(lambda: server.requests)
    head = server.requests[0]
    assert b"Authorization: Bearer t0k3n-of-the-portal" in head
    assert b"t0k3n" not in head.split(b"\r\n")[0]
    assert b"Accept-Encoding: identity" in head
    assert "t0k3n" not in repr(_api(server, token="t0k3n-of-the-portal").access)

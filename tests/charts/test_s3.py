"""What JupyterLab and the model server speak S3 with: one text in both charts, signed as boto signs it."""

import base64
import http.server
import importlib.util
import ssl
import threading
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.charts.chart import ROOT
from tests.cluster.charts.certificates import Authority

FILES = [ROOT / chart / "files/s3.py" for chart in ("jupyter", "model-server")]
KEYS = ["model.bin", "a folder/ü+&=~%2F.tar.gz", "a//b/../c", ""]
QUERIES = [{}, {"uploads": ""}, {"list-type": "2", "prefix": "a b/ü", "continuation-token": "1/+=="}]


@pytest.fixture
def binding(tmp_path: Path) -> Path:
    """A folder for the entries of a binding."""
    entries = {"endpoint": "store:8333", "region": "eu-1", "access-key-id": "app", "secret-access-key": "s/e+c"}
    for key, value in entries.items():
        (tmp_path / key).write_text(value)
    return tmp_path


@pytest.fixture
def s3(binding: Path) -> ModuleType:
    """The file, for the entries of the binding."""
    spec = importlib.util.spec_from_file_location("s3", FILES[0])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.BINDING = binding
    return module


def test_both_charts_have_the_same_file() -> None:
    assert len({file.read_text() for file in FILES}) == 1


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("verb", ["GET", "PUT"])
def test_a_request_is_signed_as_boto_signs_it(s3: ModuleType, verb: str, key: str, query: dict[str, str]) -> None:
    body = b"some bytes" if verb == "PUT" else b""
    ours = s3.signed(verb, "data", key, query, body)
    assert ours.full_url.startswith("http://store:8333/data/")
    theirs = AWSRequest(method=verb, url=ours.full_url, data=body)
    signer = S3SigV4Auth(Credentials("app", "s/e+c"), "s3", "eu-1")
    theirs.headers["X-Amz-Content-SHA256"] = ours.get_header("X-amz-content-sha256")
    theirs.context["timestamp"] = ours.get_header("X-amz-date")
    theirs.headers["X-Amz-Date"] = theirs.context["timestamp"]
    words = signer.canonical_request(theirs)
    text = signer.string_to_sign(theirs, words)
    assert ours.get_header("Authorization").rpartition("Signature=")[2] == signer.signature(text, theirs)


def test_addresses_are_written_as_s3_reads_them(s3: ModuleType) -> None:
    key = s3.signed("GET", "data", "a folder/ü+&=~%2F.tar.gz").full_url
    assert key == "http://store:8333/data/a%20folder/%C3%BC%2B%26%3D~%252F.tar.gz"
    query = s3.signed("GET", "data", "", QUERIES[2]).full_url.partition("?")[2]
    assert query == "continuation-token=1%2F%2B%3D%3D&list-type=2&prefix=a%20b%2F%C3%BC"


def test_the_bucket_stands_in_the_host_where_the_binding_says_so(s3: ModuleType, binding: Path) -> None:
    (binding / "path-style").write_text("false")
    (binding / "endpoint").write_text("https://s3.example/base/")
    assert s3.signed("GET", "data", "a b").full_url == "https://data.s3.example/base/a%20b"


class Hello(http.server.BaseHTTPRequestHandler):
    """Answers anything."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def server(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a certificate of the authority."""
    folder = tmp_path_factory.mktemp("tls")
    for name, content in authority.secret_data([], ["127.0.0.1"]).items():
        (folder / name).write_bytes(base64.b64decode(content))
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    made.socket = context.wrap_socket(made.socket, server_side=True)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{made.server_port}"
    made.shutdown()


def test_a_server_is_trusted_that_the_binding_vouches_for_and_no_other(
    s3: ModuleType, binding: Path, authority: Authority, server: str
) -> None:
    (binding / "endpoint").write_text(server)
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        s3.opened(s3.signed("GET", "data"))
    (binding / "certificates").write_text(Authority().certificate)
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        s3.opened(s3.signed("GET", "data"))
    (binding / "certificates").write_text(authority.certificate)
    assert s3.opened(s3.signed("GET", "data")).status == 200


def test_authorities_that_the_image_knows_stay_trusted(
    s3: ModuleType, binding: Path, authority: Authority, server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = tmp_path / "known.pem"
    known.write_text(authority.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(known))
    (binding / "certificates").write_text(Authority().certificate)
    assert s3.opened(server).status == 200


@pytest.mark.parametrize(("code", "useless"), [(403, True), (404, True), (408, False), (429, False), (503, False)])
def test_only_an_answer_that_stays_is_not_asked_for_again(s3: ModuleType, code: int, useless: bool) -> None:
    assert s3.lasting(urllib.error.HTTPError("http://store", code, "no", None, None)) is useless
    assert not s3.lasting(ConnectionResetError())

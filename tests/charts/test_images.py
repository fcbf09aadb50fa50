"""The list of images can be compared with what the registries have."""

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType

import httpx2 as httpx
import pytest

from tests.charts.chart import REPOSITORY


@pytest.fixture(scope="module")
def images() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("images", REPOSITORY / "scripts/images.py")
    module = sys.modules["images"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Registry(BaseHTTPRequestHandler):
    """A registry that wants a token, and gives tags in two pages."""

    def do_GET(self) -> None:
        if self.path.startswith("/token?"):
            assert "scope=repository%3Alibrary%2Fpostgres%3Apull" in self.path
            return self.answer(200, {"token": "anonymous"})
        if self.headers.get("Authorization") != "Bearer anonymous":
            realm = f'Bearer realm="http://127.0.0.1:{self.server.server_address[1]}/token",service="here"'
            return self.answer(401, {}, {"WWW-Authenticate": realm})
        if self.path.startswith("/v2/library/postgres/tags/list") and "last" not in self.path:
            more = {"Link": '</v2/library/postgres/tags/list?last=18.6>; rel="next"'}
            return self.answer(200, {"tags": ["18.6", "18", "latest", "18.10-alpine"]}, more)
        if self.path.startswith("/v2/library/postgres/tags/list"):
            return self.answer(200, {"tags": ["18.10", "19.1", "9.6"]})
        if self.path == "/v2/library/postgres/manifests/18.6":
            assert "application/vnd.oci.image.index.v1+json" in self.headers["Accept"]
            return self.answer(200, {}, {"Docker-Content-Digest": "sha256:abc"})
        return self.answer(404, {})

    def answer(self, code: int, body: dict, headers: dict[str, str] | None = None) -> None:
        """Sends a document."""
        data = json.dumps(body).encode()
        self.send_response(code)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""


@pytest.fixture
def registry() -> Iterator[str]:
    """The address of the registry."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_newer_tags_have_the_same_shape(images: ModuleType) -> None:
    there = ["18.6", "18.10", "18.10-alpine", "19.1", "17.99", "latest", "18", "v18.11"]
    assert images.newer("18.6", there) == ["19.1", "18.10"]
    assert images.newer("v3.5.3", ["v3.5.3", "3.6.0", "v3.5.10"]) == ["v3.5.10"]
    assert images.newer("2026-10-05", ["2026-11-02", "2026-10-05"]) == ["2026-11-02"]


def test_a_registry_is_asked_with_a_token_and_to_its_last_page(images: ModuleType, registry: str) -> None:
    with httpx.Client() as client:
        here = images.Registry(registry, client)
        assert here.tags("library/postgres") == ["18.6", "18", "latest", "18.10-alpine", "18.10", "19.1", "9.6"]
        assert here.digest("library/postgres", "18.6") == "sha256:abc"
        with pytest.raises(images.Unreachable):
            here.digest("library/postgres", "1.0")


def test_every_image_is_listed_once_with_its_registry(images: ModuleType) -> None:
    found = images.listed()
    assert len({(image.registry, image.repository) for image in found}) == len(found)
    assert all("." in image.registry and image.tags for image in found)

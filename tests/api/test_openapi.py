"""The committed OpenAPI document is what the code says, and the code keeps to it."""

from __future__ import annotations

import re

import pytest
import schemathesis
import yaml
from django.conf import settings
from django.core.cache import cache
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from anywhere.accounts.actions import create_token
from anywhere.config.wsgi import application
from tests.api.cases import CASES, build

load_all_checks()
DOCUMENT = settings.ROOT / "docs" / "reference" / "openapi.yaml"
CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]


def generate():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_committed_document_is_up_to_date():
    from drf_spectacular.renderers import OpenApiYamlRenderer

    written = OpenApiYamlRenderer().render(generate(), renderer_context={}).decode()
    assert yaml.safe_load(written) == yaml.safe_load(DOCUMENT.read_text()), "Run `make schema`."


def test_every_address_is_in_the_document_with_its_own_name():
    document = generate()
    said = {(path, method) for path, item in document["paths"].items() for method in item}
    nameless = {(re.sub(r"\{\w+\}", "{}", path), method) for path, method in said}
    wanted = {("/api/v1/" + re.sub(r"<\w+:\w+>", "{}", path), method) for path, method in CASES}
    assert wanted - nameless <= {("/api/v1/operations/{}/events/", "get")}
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))


schema = schemathesis.openapi.from_dict(generate())
schema.app = application


@pytest.fixture
def world(settings, tmp_path):
    settings.CONNECTOR = "anywhere.gateways.fakes.connect"
    settings.CHART_CACHE = tmp_path / "charts"
    cache.clear()
    return build()


@pytest.fixture
def token(world):
    return create_token(world.people["owner"], "fuzz", None)[1]


@pytest.fixture(autouse=True)
def _one_connection():
    """Keep the test's transaction: a request would otherwise close the connection."""
    from django.core import signals
    from django.db import close_old_connections

    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


def fill(case, names):
    """Put the world's own ids into the address, so that more than 404 is seen."""
    kind = case.operation.path.removeprefix("/api/v1/").split("/")[0]
    nouns = {"clusters": "cluster", "services": "service", "operations": "operation", "stacks": "stack"}
    for name in case.path_parameters or {}:
        if name == "id":
            case.path_parameters[name] = names[nouns.get(kind, "member")]
        elif name in ("org", "version"):
            case.path_parameters[name] = names[name]
        elif name == "name":
            case.path_parameters[name] = names["package"]
        elif name == "slug":
            case.path_parameters[name] = names["provider"]


@pytest.mark.django_db
@schema.parametrize()
@hypothesis_settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_is_sent_the_answer_is_as_documented(case, world, token):
    fill(case, world.names)
    answer = case.call(headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code not in (500, 501), answer.text[:600]
    case.validate_response(answer, checks=CHECKS)

"""How to connect: what is no secret is told at once, the rest only when asked for."""

from __future__ import annotations

from base64 import b64encode

import pytest

from services import connect
from services.operations.binding import public_facts
from tests.support import factories

pytestmark = pytest.mark.django_db


def test_what_is_no_secret_is_told_under_its_key():
    data = {
        "host": "db.shop.svc", "read-host": "db-read.shop.svc", "username": "app", "password": "canary-1",
        "uri": "postgresql://app:canary-1@db", "token": "canary-2", "secret-access-key": "canary-3",
        "certificates": "canary-4", "jdbc-url": "jdbc:canary-5",
    }  # fmt: skip
    facts = public_facts({key: b64encode(value.encode()).decode() for key, value in data.items()})
    service = factories.service(factories.organization(), "db")
    service.binding = {"keys": sorted(data), "facts": facts, "endpoints": [], "secret": "db-binding"}
    shown = connect.describe(service)
    assert shown["public"] == {key: data[key] for key in ("host", "read-host", "username")}
    assert shown["credential_keys"] == sorted(data) and "canary" not in str(shown)

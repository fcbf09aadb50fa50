"""A sealed value opens only in its own row, with a key that is known."""

from __future__ import annotations

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured

from anywhere.accounts.models import Organization
from anywhere.clusters.models import Credential
from anywhere.lib.encryption import CannotDecrypt, seal, unseal
from tests.support import factories


def key(letter):
    return base64.urlsafe_b64encode(letter.encode() * 32).decode()


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.FIELD_KEYS = [f"new:{key('n')}", f"old:{key('o')}"]


def test_a_value_comes_back_and_is_never_written_the_same_way_twice():
    first, again = seal({"token": "canary"}, "row:1"), seal({"token": "canary"}, "row:1")
    assert unseal(first, "row:1") == unseal(again, "row:1") == {"token": "canary"}
    assert first != again
    assert b"canary" not in first


def test_a_value_copied_to_another_row_does_not_open():
    with pytest.raises(CannotDecrypt):
        unseal(seal("x", "row:1"), "row:2")


def test_a_value_changed_by_one_bit_does_not_open():
    sealed = bytearray(seal("x", "row:1"))
    sealed[-1] ^= 1
    with pytest.raises(CannotDecrypt):
        unseal(bytes(sealed), "row:1")


def test_an_older_key_still_opens_until_it_is_taken_away(settings):
    settings.FIELD_KEYS = [f"old:{key('o')}"]
    sealed = seal("x", "row:1")
    settings.FIELD_KEYS = [f"new:{key('n')}", f"old:{key('o')}"]
    assert unseal(sealed, "row:1") == "x"
    settings.FIELD_KEYS = [f"new:{key('n')}"]
    with pytest.raises(CannotDecrypt):
        unseal(sealed, "row:1")


def test_without_a_key_nothing_is_written(settings):
    settings.FIELD_KEYS = []
    with pytest.raises(ImproperlyConfigured):
        seal("x", "row:1")


@pytest.mark.django_db
def test_a_sealed_column_is_bound_to_its_row():
    cluster = factories.cluster(Organization.objects.create(slug="a", name="A"))
    row = Credential(cluster=cluster, kind="token")
    row.secret = {"token": "canary"}
    row.save()
    assert b"canary" not in bytes(Credential.objects.get().secret_blob)
    assert Credential.objects.get().secret == {"token": "canary"}
    copy = Credential(cluster=cluster, purpose="uploaded", kind="token", secret_blob=row.secret_blob)
    with pytest.raises(CannotDecrypt):
        _ = copy.secret

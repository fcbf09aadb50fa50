"""Organizations, their people, and what is written down about them."""

from __future__ import annotations

import pytest

from anywhere.accounts.actions import ensure_first_administrator
from anywhere.accounts.models import AuditEntry, Membership, Organization, Role, User
from tests.support import factories

pytestmark = pytest.mark.django_db
ACME = "/api/v1/organizations/acme/"


@pytest.fixture
def alice():
    return factories.user("alice@example.com")


@pytest.fixture
def bob():
    return factories.user("bob@example.com")


@pytest.fixture
def acme(alice, bob):
    return factories.organization("acme", owner=alice, viewer=bob)


def member(person):
    return f"{ACME}members/{Membership.objects.get(user=person).pk}/"


def test_a_person_sees_their_organizations_with_their_role(acme, bob):
    factories.organization("other", owner=factories.user())
    rows = factories.client(bob).get("/api/v1/organizations/").json()["results"]
    assert [(row["slug"], row["role"]) for row in rows] == [("acme", "viewer")]


def test_who_makes_an_organization_owns_it(bob):
    answer = factories.client(bob).post("/api/v1/organizations/", {"name": "Blue Team"})
    assert (answer.status_code, answer.json()["slug"], answer.json()["role"]) == (201, "blue-team", "owner")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "x", "slug": "acme"}, 409, "organization.slug_taken"),
        ({"name": "x", "slug": "-a"}, 400, "request.invalid"),
        ({"name": "!!!"}, 400, "request.invalid"),
        ({"name": "x", "role": "owner"}, 400, "request.unknown_field"),
        ({}, 400, "request.invalid"),
    ],
)
def test_a_bad_organization_is_refused(acme, bob, body, status, code):
    answer = factories.client(bob).post("/api/v1/organizations/", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_owner_renames_it_and_the_audit_says_so(acme, alice):
    client = factories.client(alice)
    assert client.patch(ACME, {"name": "Acme Ltd"}).json()["name"] == "Acme Ltd"
    entry = client.get(f"{ACME}audit/").json()["results"][0]
    assert (entry["action"], entry["actor"], entry["detail"]) == (
        "organization.rename",
        {"email": "alice@example.com"},
        {"before": "Acme"},
    )
    assert entry["subject"] == {"type": "organization", "id": str(acme.pk), "name": "Acme Ltd"}


def test_an_owner_adds_changes_and_removes_a_member(acme, alice):
    carol = factories.user("carol@example.com")
    client = factories.client(alice)
    made = client.post(f"{ACME}members/", {"email": "Carol@example.com", "role": "member"})
    assert (made.status_code, made.json()["role"]) == (201, "member")
    assert client.post(f"{ACME}members/", {"email": "carol@example.com", "role": "viewer"}).status_code == 409
    assert client.patch(member(carol), {"role": "owner"}).json()["role"] == "owner"
    assert client.delete(member(carol)).status_code == 204
    assert factories.client(carol).get(ACME).status_code == 404
    assert list(
        AuditEntry.objects.filter(organization=acme).order_by("created_at").values_list("action", flat=True)
    ) == [
        "member.add",
        "member.change_role",
        "member.remove",
    ]


def test_an_unknown_person_is_added_only_by_an_administrator_with_a_first_password(acme, alice):
    body = {"email": "new@example.com", "role": "viewer", "password": "a good first secret"}
    refused = factories.client(alice).post(f"{ACME}members/", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "member.unknown_person")
    alice.is_staff = True
    alice.save()
    assert factories.client(alice).post(f"{ACME}members/", body).status_code == 201
    assert User.objects.get(email="new@example.com").check_password("a good first secret")


def test_the_last_owner_can_neither_leave_nor_step_down(acme, alice):
    client = factories.client(alice)
    assert client.patch(member(alice), {"role": "viewer"}).json()["code"] == "member.last_owner"
    assert client.delete(member(alice)).json()["code"] == "member.last_owner"
    assert Membership.objects.get(user=alice).role == Role.OWNER


def test_a_viewer_may_leave_but_not_remove_others(acme, alice, bob):
    client = factories.client(bob)
    assert client.delete(member(alice)).status_code == 403
    assert client.delete(member(bob)).status_code == 204


def test_a_role_that_was_lowered_counts_at_once(acme, alice):
    carol = factories.user()
    Membership.objects.create(organization=acme, user=carol, role=Role.OWNER)
    client = factories.client(carol)
    assert client.patch(ACME, {"name": "A"}).status_code == 200
    factories.client(alice).patch(member(carol), {"role": "member"})
    answer = client.patch(ACME, {"name": "B"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_the_first_administrator_owns_the_first_organization_and_is_made_once():
    user, created = ensure_first_administrator("Admin@Example.com", "a good secret")
    again, created_again = ensure_first_administrator("admin@example.com", "another secret")
    assert (created, created_again, user.pk) == (True, False, again.pk)
    assert user.is_staff
    assert again.check_password("a good secret")
    assert Membership.objects.get().role == Role.OWNER
    assert Organization.objects.count() == 1


def test_lists_take_a_constant_number_of_queries(acme, alice, django_assert_num_queries):
    client = factories.client(alice)
    client.get(ACME)
    for _ in range(30):
        Membership.objects.create(organization=acme, user=factories.user(), role=Role.VIEWER)
        AuditEntry.objects.create(organization=acme, actor=alice, action="a", subject_type="x")
    with django_assert_num_queries(3):
        client.get(f"{ACME}members/")
    with django_assert_num_queries(3):
        client.get(f"{ACME}audit/")
    with django_assert_num_queries(2):
        client.get("/api/v1/organizations/")

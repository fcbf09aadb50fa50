"""Every address and method, and who may use it. A new address needs a line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.support import factories

PUBLIC, SIGNED_IN, VIEW, CHANGE, OWN = "public", "signed in", "viewer", "member", "owner"

CASES: dict[tuple[str, str], str] = {
    # accounts
    ("auth/session/", "get"): PUBLIC,
    ("auth/session/", "post"): PUBLIC,
    ("auth/session/", "delete"): PUBLIC,
    ("auth/tokens/", "post"): PUBLIC,
    ("account/", "get"): SIGNED_IN,
    ("account/", "patch"): SIGNED_IN,
    ("account/password/", "post"): SIGNED_IN,
    ("account/tokens/", "get"): SIGNED_IN,
    ("account/tokens/", "post"): SIGNED_IN,
    ("account/tokens/<uuid:token>/", "delete"): SIGNED_IN,
    ("organizations/", "get"): SIGNED_IN,
    ("organizations/", "post"): SIGNED_IN,
    ("organizations/<slug:org>/", "get"): VIEW,
    ("organizations/<slug:org>/", "patch"): OWN,
    ("organizations/<slug:org>/members/", "get"): VIEW,
    ("organizations/<slug:org>/members/", "post"): OWN,
    ("organizations/<slug:org>/members/<uuid:member>/", "patch"): OWN,
    ("organizations/<slug:org>/members/<uuid:member>/", "delete"): OWN,
    ("organizations/<slug:org>/audit/", "get"): VIEW,
    # clusters
    ("organizations/<slug:org>/clusters/", "get"): VIEW,
    ("organizations/<slug:org>/clusters/", "post"): CHANGE,
    ("organizations/<slug:org>/clusters/inspect/", "post"): CHANGE,
    ("organizations/<slug:org>/clusters/practice/", "post"): CHANGE,
    ("clusters/<uuid:cluster>/", "get"): VIEW,
    ("clusters/<uuid:cluster>/", "patch"): CHANGE,
    ("clusters/<uuid:cluster>/", "delete"): CHANGE,
    ("clusters/<uuid:cluster>/credential/", "post"): CHANGE,
    ("clusters/<uuid:cluster>/refresh/", "post"): CHANGE,
    ("clusters/<uuid:cluster>/options/", "get"): VIEW,
    ("clusters/<uuid:practice>/practice/", "get"): VIEW,
    ("clusters/<uuid:practice>/practice/", "patch"): CHANGE,
    # operations
    ("organizations/<slug:org>/operations/", "get"): VIEW,
    ("operations/<uuid:operation>/", "get"): VIEW,
    ("operations/<uuid:operation>/cancel/", "post"): CHANGE,
    ("operations/<uuid:operation>/events/", "get"): VIEW,
    # catalogue
    ("catalog/packages/", "get"): SIGNED_IN,
    ("catalog/packages/<slug:package>/", "get"): SIGNED_IN,
    ("catalog/packages/<slug:package>/icon/", "get"): SIGNED_IN,
    ("catalog/packages/<slug:package>/versions/<str:version>/form/", "get"): SIGNED_IN,
    ("providers/", "get"): SIGNED_IN,
    ("providers/", "post"): SIGNED_IN,
    ("providers/<slug:provider>/versions/", "get"): VIEW,
    ("providers/<slug:provider>/versions/", "post"): OWN,
    ("providers/<slug:provider>/packages/", "get"): VIEW,
    # services
    ("organizations/<slug:org>/overview/", "get"): VIEW,
    ("organizations/<slug:org>/preflight/", "post"): VIEW,
    ("organizations/<slug:org>/services/", "get"): VIEW,
    ("organizations/<slug:org>/services/", "post"): CHANGE,
    ("organizations/<slug:org>/services/bindable/", "get"): VIEW,
    ("organizations/<slug:org>/services/names/", "post"): VIEW,
    ("organizations/<slug:org>/stacks/", "get"): VIEW,
    ("organizations/<slug:org>/stacks/", "post"): CHANGE,
    ("stacks/<uuid:stack>/", "get"): VIEW,
    ("stacks/<uuid:stack>/retry/", "post"): CHANGE,
    ("stacks/<uuid:stack>/uninstall/", "post"): CHANGE,
    ("services/<uuid:service>/", "get"): VIEW,
    ("services/<uuid:service>/plan/", "post"): VIEW,
    ("services/<uuid:service>/change/", "post"): CHANGE,
    ("services/<uuid:service>/rollback/", "post"): CHANGE,
    ("services/<uuid:service>/scale/", "post"): CHANGE,
    ("services/<uuid:service>/retry/", "post"): CHANGE,
    ("services/<uuid:service>/uninstall/", "post"): CHANGE,
    ("services/<uuid:service>/procedures/", "get"): VIEW,
    ("services/<uuid:service>/procedures/<slug:procedure>/", "post"): CHANGE,
    ("services/<uuid:service>/nodes/", "get"): VIEW,
    ("services/<uuid:service>/values/", "get"): VIEW,
    ("services/<uuid:service>/connect/", "get"): VIEW,
    ("services/<uuid:service>/connect/reveal/", "post"): CHANGE,
    ("services/<uuid:service>/events/", "get"): VIEW,
    ("services/<uuid:service>/history/", "get"): VIEW,
    ("services/<uuid:service>/objects/", "get"): VIEW,
}


@dataclass(frozen=True)
class World:
    """An organization with one of everything, its people, and a stranger from another one."""

    people: dict[str, Any]
    names: dict[str, str]


def build() -> World:
    """Give a new world."""
    people = {role: factories.user(f"{role}@example.com") for role in ("owner", "member", "viewer")}
    acme = factories.organization("acme", **people)
    people["stranger"] = factories.user("stranger@example.com")
    elsewhere = factories.organization("elsewhere", owner=people["stranger"])
    factories.service(elsewhere, cluster=factories.cluster(elsewhere))
    factories.stack(elsewhere)
    other = factories.user("other@example.com")
    provider = factories.provider(acme, "team")
    package = factories.package("web", provider)
    package.latest.definition = {
        "procedures": [{"name": "repair", "title": "Repair", "summary": "Mends.", "steps": []}],
        "nodes": [{"component": "node", "title": "Node", "workload": "{fullname}"}],
    }
    package.latest.save(update_fields=["definition"])
    names = {
        "org": acme.slug,
        "member": str(acme.memberships.create(user=other, role=10).pk),
        "cluster": str(factories.cluster(acme).pk),
        "practice": str(factories.cluster(acme, is_practice=True, practice_id=uuid4().hex).pk),
        "operation": str(factories.operation(acme).pk),
        "service": str(factories.service(acme, package=package).pk),
        "stack": str(factories.stack(acme).pk),
        "procedure": "repair",
        "provider": provider.slug,
        "package": package.name,
        "version": "1.0.0",
        "token": "00000000-0000-4000-8000-000000000000",
    }
    return World(people, names)

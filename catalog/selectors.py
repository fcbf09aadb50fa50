"""Reads of the catalogue: search, facets, the chart of a version, the form's document."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, Count, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Greatest

from catalog import cache
from catalog.models import Kind, Package, Version
from catalog.rules.definition import CATEGORIES
from catalog.rules.stack import Member, PackageFacts, in_order, needs, plan_of
from catalog.rules.values import overlay

LIKE_ENOUGH = 0.4
SORTS = {"name": ("title", "name"), "newest": ("-latest__created_at", "name"), "popular": ("-installs", "name")}
BIG = ("schema", "values", "values_yaml", "plans", "readme", "icon", "metadata", "secret_paths")


def chart_path(version: Version) -> Path:
    """Give the version's archive in the chart cache, its digest checked; raises ChartDamaged."""
    return cache.fetch(version.digest)


def cards() -> QuerySet[Package]:
    """Give the packages with what their cards show and the number of installs, in one query."""
    return (
        Package.objects.filter(latest__isnull=False)
        .select_related("provider", "latest")
        .defer(*(f"latest__{name}" for name in BIG if name != "plans"))
        .annotate(
            installs=Count("services", filter=Q(services__state="present"), distinct=True)
            + Count("stacks", filter=Q(stacks__state="present"), distinct=True)
        )
    )


def words_of(query: str) -> list[str]:
    """Give the words of a search, small, at most eight."""
    return re.findall(r"[\w.+-]+", query.lower())[:8]


def search(rows: QuerySet[Package], query: str) -> QuerySet[Package]:
    """Give the packages that fit the words, typing errors forgiven, each with its `score` (higher fits better)."""
    found = rows
    score: Any = Value(0)
    for word in words_of(query):
        likeness = TrigramWordSimilarity(word, "search_text")
        points: Any = Case(
            When(name__iexact=word, then=Value(4.0)),
            When(Q(name__istartswith=word) | Q(title__istartswith=word), then=Value(3.0)),
            When(title__icontains=word, then=Value(2.0)),
            When(search_text__contains=word, then=Value(1.5)),
            default=likeness,
            output_field=FloatField(),
        )
        found = found.annotate(_likeness=likeness).filter(Q(search_text__contains=word) | Q(_likeness__gte=LIKE_ENOUGH))
        score = score + Cast(Greatest(points, Value(0.0)) * 1000, IntegerField())
    return found.annotate(score=score)


def facets(rows: QuerySet[Package]) -> list[dict[str, Any]]:
    """Give [{name, title, count}] of the categories among the packages."""
    counts = dict(rows.order_by().values_list("category").annotate(Count("pk", distinct=True)))
    return [
        {"name": name, "title": title, "count": counts[name]} for name, title in CATEGORIES.items() if name in counts
    ]


def did_you_mean(query: str) -> str | None:
    """Give the words nearest to those no package has, or None when there is nothing to correct."""
    words = words_of(query)
    if not words:
        return None
    texts = Package.objects.values_list("search_text", flat=True)
    known: set[str] = set()
    everything = ""
    for text in texts:
        known |= set(text.split())
        everything += f" {text}"
    known = {re.sub(r"[^\w+-]", "", word) for word in known}
    corrected = [word if word in everything else _nearest(word, known) for word in words]
    if None in corrected or corrected == words:
        return None
    return " ".join(str(word) for word in corrected)


def _nearest(word: str, known: set[str]) -> str | None:
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return near[0] if near else None


def package_facts(names: Iterable[str]) -> dict[str, PackageFacts]:
    """Give what a stack has to know of the newest version of each package that is published."""
    rows = Package.objects.filter(name__in=list(names), kind=Kind.PACKAGE, latest__isnull=False)
    return {
        row.name: PackageFacts(
            plans=tuple(plan["name"] for plan in row.latest.plans),
            publishes_binding=bool((row.latest.definition.get("binding") or {}).get("secret")),
            values=row.latest.values,
            schema=row.latest.schema,
        )
        for row in rows.select_related("latest")
        if row.latest is not None
    }


def members_of(version: Version) -> list[dict[str, Any]]:
    """Give the members of a stack in the order they are installed, each with its package's newest version and plans."""
    members = in_order(version.definition.get("members") or [])
    rows = cards().filter(name__in=[member["package"] for member in members], kind=Kind.PACKAGE)
    packages = {row.name: row for row in rows}
    plans = [plan["name"] for plan in version.plans]
    return [_member(member, packages.get(member["package"]), plans) for member in members]


def _member(member: Member, package: Package | None, plans: list[str]) -> dict[str, Any]:
    latest = package.latest if package else None
    requests = {plan["name"]: plan.get("requests") for plan in latest.plans} if latest else {}
    return {
        "name": member["name"],
        "title": member["title"],
        "package": member["package"],
        "package_title": package.title if package else member["package"],
        "version": latest.version if latest else "",
        "app_version": latest.app_version if latest else "",
        "optional": bool(member.get("optional")),
        "bound_to": needs(member),
        "plans": [
            {"plan": plan, "of_package": plan_of(member, plan), "requests": requests.get(plan_of(member, plan))}
            for plan in plans
        ],
    }


def summed(members: list[dict[str, Any]], plan: str) -> dict[str, float] | None:
    """Give what all members ask for with a plan of their stack; None when one of them is not known."""
    asked = [each["requests"] for member in members for each in member["plans"] if each["plan"] == plan]
    if not asked or None in asked:
        return None
    total = {key: sum(each[key] for each in asked) for key in ("cpu", "memory", "storage", "pods")}
    return total | {"cpu": round(total["cpu"], 3)}


def versions_of(package: Package) -> QuerySet[Version]:
    """Give the versions, newest first, with what a list of them shows."""
    return package.versions.order_by("-position").only("version", "app_version", "created_at", "digest", "package")


def form(version: Version) -> dict[str, Any]:
    """Give the document an install form is made of; that of a stack has everything by member."""
    if version.package.kind == Kind.STACK:
        return _form_of_stack(version)
    return {
        "schema": version.schema,
        "values": version.values,
        "values_yaml": version.values_yaml,
        "plans": [{"name": plan["name"], "values": plan["values"]} for plan in version.plans],
        "secrets": version.secret_paths,
    }


def _form_of_stack(version: Version) -> dict[str, Any]:
    members = in_order(version.definition["members"])
    rows = Package.objects.filter(name__in=[m["package"] for m in members], kind=Kind.PACKAGE, latest__isnull=False)
    latest = {row.name: row.latest for row in rows.select_related("latest")}
    known = [(m, latest[m["package"]]) for m in members if latest.get(m["package"])]
    plans = [
        {"name": plan["name"], "values": {m["name"]: _plan_values(v, plan_of(m, plan["name"])) for m, v in known if v}}
        for plan in version.plans
    ]
    return {
        "schema": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "additionalProperties": False,
            "properties": {m["name"]: {"type": "object", "title": m["title"]} for m in members},
        },
        "values": {m["name"]: overlay([v.values, m.get("values") or {}]) for m, v in known if v},
        "values_yaml": "",
        "plans": plans,
        "secrets": [f"{m['name']}.{path}" for m, v in known if v for path in v.secret_paths],
    }


def _plan_values(version: Version, plan: str) -> dict[str, Any]:
    return next((dict(each["values"]) for each in version.plans if each["name"] == plan), {})

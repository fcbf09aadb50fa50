"""Reads of the catalogue: search, facets, the chart of a version, the form's document."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Case, Count, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Greatest

from catalog import cache
from catalog.models import Package, Version
from catalog.rules.definition import CATEGORIES

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
        .annotate(installs=Count("services", filter=Q(services__state="present")))
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


def versions_of(package: Package) -> QuerySet[Version]:
    """Give the versions, newest first, with what a list of them shows."""
    return package.versions.order_by("-position").only("version", "app_version", "created_at", "digest", "package")


def form(version: Version) -> dict[str, Any]:
    """Give the document an install form is made of."""
    return {
        "schema": version.schema,
        "values": version.values,
        "values_yaml": version.values_yaml,
        "plans": [{"name": plan["name"], "values": plan["values"]} for plan in version.plans],
        "secrets": version.secret_paths,
    }

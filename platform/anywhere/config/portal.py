"""The browser app: one page for every address outside of the API."""

from __future__ import annotations

from html import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from anywhere.lib.api import reference

ERRORS = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Errors · Anywhere</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}}
:root{{color-scheme:light dark}}
td,th{{text-align:left;padding:.3rem .8rem .3rem 0;vertical-align:top}}tr:target{{background:#8883}}</style>
<h1>Errors</h1><p>The code is stable; the words may change.</p>
<table><tr><th>Code</th><th>Title</th><th>Means</th></tr>{rows}</table></html>"""
NOT_BUILT = "The browser app is not built. Run `make run`, or `npm ci && npm run build` in frontend/."


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Give the page a refusal's `type` leads to: every code and what it means."""
    rows = "".join(
        f'<tr id="{e.code}"><td><code>{e.code}</code></td><td>{escape(e.title)}</td><td>{escape(e.means)}</td></tr>'
        for e in reference.entries()
    )
    return HttpResponse(ERRORS.format(rows=rows), headers={"Cache-Control": "no-cache"})


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Give the app's page, never cached, so that a new build is seen at once; 503 when there is no build."""
    page = settings.FRONTEND_DIST / "index.html"
    if not page.is_file():
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(page.read_bytes(), headers={"Cache-Control": "no-cache"})

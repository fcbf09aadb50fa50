"""The browser app: one page for every address outside of the API."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

NOT_BUILT = "The browser app is not built. Run `make run`, or `npm ci && npm run build` in frontend/."


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Give the app's page, never cached, so that a new build is seen at once; 503 when there is no build."""
    page = settings.FRONTEND_DIST / "index.html"
    if not page.is_file():
        return HttpResponse(NOT_BUILT, status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(page.read_bytes(), headers={"Cache-Control": "no-cache"})

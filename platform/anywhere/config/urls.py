"""Every address: the API of each app under /api/v1/, the signs of life, and the browser app everywhere else."""

from __future__ import annotations

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path, re_path

from anywhere.config import portal

APPS = ("anywhere.accounts", "anywhere.clusters", "anywhere.operations", "catalog", "services")

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include(f"{app}.api.urls")) for app in APPS if find_spec(f"{app}.api.urls")
]
if find_spec("anywhere.config.health"):
    from anywhere.config import health

    urlpatterns += [path("healthz", health.healthz), path("readyz", health.readyz)]
urlpatterns.append(path("docs/errors", portal.errors))
urlpatterns.append(re_path(r"^(?!api/|assets/).*$", portal.index))

handler400 = "anywhere.lib.api.errors.bad_request"
handler403 = "anywhere.lib.api.errors.permission_denied"
handler404 = "anywhere.lib.api.errors.not_found"
handler500 = "anywhere.lib.api.errors.server_error"

"""The addresses of the catalogue."""

from __future__ import annotations

from django.urls import path

from catalog.api import views

urlpatterns = [
    path("catalog/packages/", views.Packages.as_view()),
    path("catalog/packages/<slug:name>/", views.OnePackage.as_view()),
    path("catalog/packages/<slug:name>/icon/", views.Icon.as_view()),
    path("catalog/packages/<slug:name>/versions/<str:version>/form/", views.Form.as_view()),
    path("providers/", views.Providers.as_view()),
    path("providers/<slug:slug>/versions/", views.Versions.as_view()),
]

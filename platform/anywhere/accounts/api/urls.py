"""The addresses of accounts."""

from __future__ import annotations

from django.urls import path

from anywhere.accounts.api import views

urlpatterns = [
    path("auth/session/", views.Session.as_view()),
    path("auth/tokens/", views.SignInTokens.as_view()),
    path("account/", views.Account.as_view()),
    path("account/password/", views.Password.as_view()),
    path("account/tokens/", views.Tokens.as_view()),
    path("account/tokens/<uuid:id>/", views.Token.as_view()),
    path("organizations/", views.Organizations.as_view()),
    path("organizations/<slug:org>/", views.OneOrganization.as_view()),
    path("organizations/<slug:org>/members/", views.Members.as_view()),
    path("organizations/<slug:org>/members/<uuid:id>/", views.Member.as_view()),
    path("organizations/<slug:org>/audit/", views.Audit.as_view()),
]

"""The addresses of installed services."""

from django.urls import path

from services.api import stack_views, views

urlpatterns = [
    path("organizations/<slug:org>/overview/", views.Overview.as_view()),
    path("organizations/<slug:org>/preflight/", views.Preflight.as_view()),
    path("organizations/<slug:org>/services/", views.Services.as_view()),
    path("organizations/<slug:org>/services/bindable/", views.Bindable.as_view()),
    path("organizations/<slug:org>/services/names/", views.Names.as_view()),
    path("organizations/<slug:org>/stacks/", stack_views.Stacks.as_view()),
    path("stacks/<uuid:id>/", stack_views.StackDetail.as_view()),
    path("stacks/<uuid:id>/retry/", stack_views.StackRetry.as_view()),
    path("stacks/<uuid:id>/uninstall/", stack_views.StackUninstall.as_view()),
    path("services/<uuid:id>/", views.ServiceDetail.as_view()),
    path("services/<uuid:id>/plan/", views.ServicePlan.as_view()),
    path("services/<uuid:id>/change/", views.ServiceChange.as_view()),
    path("services/<uuid:id>/rollback/", views.ServiceRollback.as_view()),
    path("services/<uuid:id>/scale/", views.ServiceScale.as_view()),
    path("services/<uuid:id>/retry/", views.ServiceRetry.as_view()),
    path("services/<uuid:id>/procedures/", views.ServiceProcedures.as_view()),
    path("services/<uuid:id>/procedures/<slug:name>/", views.ServiceProcedure.as_view()),
    path("services/<uuid:id>/nodes/", views.ServiceNodes.as_view()),
    path("services/<uuid:id>/uninstall/", views.ServiceUninstall.as_view()),
    path("services/<uuid:id>/values/", views.ServiceValues.as_view()),
    path("services/<uuid:id>/connect/", views.ServiceConnect.as_view()),
    path("services/<uuid:id>/connect/reveal/", views.ServiceReveal.as_view()),
    path("services/<uuid:id>/events/", views.ServiceEvents.as_view()),
    path("services/<uuid:id>/history/", views.ServiceHistory.as_view()),
    path("services/<uuid:id>/objects/", views.ServiceObjects.as_view()),
    path("providers/<slug:slug>/packages/", views.ProviderPackages.as_view()),
]

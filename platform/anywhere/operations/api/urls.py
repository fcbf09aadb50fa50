"""The addresses of operations."""

from django.urls import path

from anywhere.operations.api import views

urlpatterns = [
    path("organizations/<slug:org>/operations/", views.Operations.as_view()),
    path("operations/<uuid:id>/", views.OperationDetail.as_view()),
    path("operations/<uuid:id>/cancel/", views.OperationCancel.as_view()),
    path("operations/<uuid:id>/events/", views.events),
]

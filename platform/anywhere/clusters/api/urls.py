"""Where clusters live under /api/v1/."""

from django.urls import path

from anywhere.clusters.api import views

urlpatterns = [
    path("organizations/<slug:org>/clusters/", views.Clusters.as_view()),
    path("organizations/<slug:org>/clusters/inspect/", views.Inspect.as_view()),
    path("organizations/<slug:org>/clusters/practice/", views.PracticeClusters.as_view()),
    path("clusters/<uuid:id>/", views.ClusterDetail.as_view()),
    path("clusters/<uuid:id>/credential/", views.ClusterCredential.as_view()),
    path("clusters/<uuid:id>/refresh/", views.ClusterRefresh.as_view()),
    path("clusters/<uuid:id>/options/", views.ClusterOptions.as_view()),
    path("clusters/<uuid:id>/practice/", views.PracticeSettings.as_view()),
]

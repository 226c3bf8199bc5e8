"""URLs of the list and of one certification."""

from django.urls import path

from listruns import fact_views, lifecycle_views, update_views, views

app_name = "listruns"
urlpatterns = [
    path("list/", views.certification_list, name="list"),
    path("list/dump/", views.full_export, name="dump"),
    path("list/facts/", fact_views.facts_to_complete, name="facts"),
    path("list/facts/run-types/", fact_views.earlier_run_types, name="run-types"),
    path("list/facts/refresh/", fact_views.refresh, name="refresh"),
    path("list/facts/<int:run_number>/", fact_views.typed_values, name="typed-values"),
    path("list/<int:pk>/confirm/", fact_views.confirm, name="confirm"),
    path("list/<int:pk>/", views.certification, name="certification"),
    path("list/<int:pk>/update/", update_views.update, name="update"),
    path("list/<int:pk>/withdraw/", lifecycle_views.withdraw, name="withdraw"),
    path("list/<int:pk>/restore/", lifecycle_views.restore, name="restore"),
    path("list/<int:pk>/hand-over/", lifecycle_views.hand_over, name="hand-over"),
]

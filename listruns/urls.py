"""Addresses of the list and of one certification."""

from django.urls import path

from listruns import update_views, views

app_name = "listruns"
urlpatterns = [
    path("list/", views.certification_list, name="list"),
    path("list/dump/", views.dump, name="dump"),
    path("list/<int:pk>/", views.certification, name="certification"),
    path("list/<int:pk>/update/", update_views.update, name="update"),
]

"""Addresses of the week."""

from django.urls import path

from shiftleader import training, views

app_name = "shiftleader"
urlpatterns = [
    path("shiftleader/", views.week, name="week"),
    path("shiftleader/training/", training.switch, name="training"),
    path("shiftleader/part/<slug:name>/", views.part, name="part"),
]

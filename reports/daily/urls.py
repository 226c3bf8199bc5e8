"""Addresses of the reports."""

from django.urls import path

from reports.daily import views

app_name = "reports"
urlpatterns = [path("summary/", views.summary, name="summary")]

"""Addresses of the certify page."""

from django.urls import path

from certify.editor.reference_list import all_reference_runs
from certify.editor.undo_view import undo_last_save
from certify.editor.views import CertifyView
from certify.ranges.views import lumisections

app_name = "certify"
urlpatterns = [
    path("certify/allRunsRefRuns/", all_reference_runs, name="all-reference-runs"),
    path("certify/undo/", undo_last_save, name="undo-last-save"),
    path("certify/<int:run_number>/", CertifyView.as_view(), name="certify-run"),
    path("certify/<int:run_number>/<slug:reconstruction>/", CertifyView.as_view(), name="certify-reconstruction"),
    path("certify/<int:run_number>/<slug:reconstruction>/lumisections/", lumisections, name="lumisections"),
]

"""Addresses of the week."""

from django.urls import path

from shiftleader import keeping_views, report_views, reviewing, training, views

app_name = "shiftleader"
urlpatterns = [
    path("shiftleader/", views.week, name="week"),
    path("shiftleader/review/", reviewing.review, name="review"),
    path("shiftleader/training/", training.switch, name="training"),
    path("shiftleader/central-list/", views.central_list, name="central-list"),
    path("shiftleader/part/<slug:name>/", views.part, name="part"),
    path("shiftleader/report/", report_views.report, name="report"),
    path("shiftleader/slides.pptx", report_views.slides_pptx, name="slides-pptx"),
    path("shiftleader/slides.odp", report_views.slides_odp, name="slides-odp"),
    path("shiftleader/notes/<slug:week>/", keeping_views.note, name="note"),
    path("shiftleader/filters/", keeping_views.save_filter, name="save-filter"),
    path("shiftleader/filters/<int:pk>/retire/", keeping_views.retire_filter, name="retire-filter"),
]

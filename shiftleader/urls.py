"""URLs of the week."""

from django.urls import path

from shiftleader import note_and_filter_views, review_views, training_views, views, weekly_report_views

app_name = "shiftleader"
urlpatterns = [
    path("shiftleader/", views.week, name="week"),
    path("shiftleader/review/", review_views.review, name="review"),
    path("shiftleader/training/", training_views.training, name="training"),
    path("shiftleader/central-list/", views.check_central_list, name="central-list"),
    path("shiftleader/part/<slug:name>/", views.part, name="part"),
    path("shiftleader/report/", weekly_report_views.report, name="report"),
    path("shiftleader/slides.pptx", weekly_report_views.slides_pptx, name="slides-pptx"),
    path("shiftleader/slides.odp", weekly_report_views.slides_odp, name="slides-odp"),
    path("shiftleader/notes/<slug:week>/", note_and_filter_views.save_note, name="note"),
    path("shiftleader/filters/", note_and_filter_views.save_filter, name="save-filter"),
    path("shiftleader/filters/<int:pk>/retire/", note_and_filter_views.retire_filter, name="retire-filter"),
]

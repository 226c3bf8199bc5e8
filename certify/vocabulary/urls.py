"""URLs of reasons, problems and checklists."""

from django.urls import path

from certify.vocabulary import checklist_views, views

app_name = "vocabulary"
urlpatterns = [
    path("problems/", views.problems, name="problems"),
    path("problems/about/", views.about_terms, name="about"),
    path("problems/<slug:type_name>/add/", views.add, name="add"),
    path("problems/<slug:type_name>/<int:pk>/", views.edit_term, name="word"),
    path("checklists/", checklist_views.checklists, name="checklists"),
    path("checklists/add/", checklist_views.add, name="checklist-add"),
    path("checklists/<slug:identifier>/edit/", checklist_views.edit, name="checklist-edit"),
]

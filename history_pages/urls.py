"""URLs of the history pages."""

from django.urls import path

from history_pages import views

app_name = "history_pages"
urlpatterns = [
    path("history/", views.history, name="history"),
    path("history/seen/", views.acknowledge, name="acknowledge"),
    path("history/<int:pk>/undo/", views.undo, name="undo"),
    path("runs/<int:run_number>/", views.run, name="run"),
    path("checklists/<slug:identifier>/", views.checklist, name="checklist"),
]

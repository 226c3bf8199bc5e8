from django.urls import path

from listruns import views

app_name = "listruns"
urlpatterns = [
    path("list/", views.certification_list, name="list"),
    path("list/<int:pk>/", views.certification, name="certification"),
]

"""URLs of golden files and policies."""

from django.urls import path

from golden.views import files

app_name = "golden"
urlpatterns = [
    path("", files.file_list, name="files"),
]

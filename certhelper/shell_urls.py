"""Home, search, help."""

from django.urls import path

from certhelper import shell_views

urlpatterns = [
    path("", shell_views.home, name="home"),
    path("search/", shell_views.search, name="search"),
    path("help/", shell_views.help_page, name="help"),
]

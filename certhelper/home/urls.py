"""Home, search, help."""

from django.urls import path

from certhelper.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("help/", views.help_page, name="help"),
]

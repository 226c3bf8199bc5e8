"""Home, end of shift, search, help."""

from django.urls import path

from certhelper.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("end-of-shift/", views.end_of_shift_page, name="end-of-shift"),
    path("search/", views.search, name="search"),
    path("help/", views.help_page, name="help"),
]

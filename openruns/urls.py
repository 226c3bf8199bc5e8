from django.urls import path

from openruns import views

app_name = "openruns"
urlpatterns = [
    path("openruns/", views.open_runs, name="open-runs"),
    path("open-now/", views.open_now_page, name="open-now"),
]

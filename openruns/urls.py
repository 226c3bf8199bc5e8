from django.urls import URLPattern

app_name = "openruns"
urlpatterns: list[URLPattern] = []

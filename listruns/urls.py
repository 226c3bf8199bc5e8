from django.urls import URLPattern

app_name = "listruns"
urlpatterns: list[URLPattern] = []

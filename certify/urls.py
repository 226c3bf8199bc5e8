from django.urls import URLPattern

app_name = "certify"
urlpatterns: list[URLPattern] = []

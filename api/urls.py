"""Addresses of the API, its description, and the tokens."""

from django.urls import include, path

from api import token_views, views

app_name = "api"
urlpatterns = [
    path("api/v1/openapi.json", views.openapi, name="openapi"),
    path("api/v1/", include(views.operation_patterns())),
    path("api/docs", views.docs, name="docs"),
    path("accounts/tokens/", token_views.tokens, name="tokens"),
    path("accounts/tokens/<int:pk>/revoke/", token_views.revoke, name="revoke-token"),
]

"""Addresses. The names that outside tools rely on are fixed."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("users.urls")),
    path("", include("certhelper.shell_urls")),
    path("", include("certify.urls")),
    path("", include("openruns.urls")),
    path("", include("listruns.urls")),
]

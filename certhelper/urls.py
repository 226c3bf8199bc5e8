"""Addresses. The names that outside tools rely on are fixed."""

from django.contrib import admin
from django.urls import include, path

from certhelper.health import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", health, name="health"),
    path("accounts/", include("users.urls")),
    path("", include("certhelper.shell_urls")),
    path("", include("certify.urls")),
    path("", include("drafts.urls")),
    path("", include("openruns.urls")),
    path("", include("review.urls")),
    path("", include("listruns.urls")),
    path("", include("words.urls")),
    path("", include("changes.urls")),
    path("", include("references.urls")),
    path("", include("reports.urls")),
    path("", include("shiftleader.urls")),
]

handler400 = "certhelper.shell_views.not_understood"
handler404 = "certhelper.shell_views.not_found"
handler500 = "certhelper.shell_views.server_error"

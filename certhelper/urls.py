"""URL patterns. Outside tools rely on their paths and names."""

from django.contrib import admin
from django.urls import include, path

from certhelper.web.health import health, liveness

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", health, name="health"),
    path("livez", liveness, name="liveness"),
    path("accounts/", include("users.urls")),
    path("", include("certhelper.home.urls")),
    path("", include("certify.editor.urls")),
    path("", include("drafts.urls")),
    path("", include("openruns.urls")),
    path("", include("certify.review.urls")),
    path("", include("registry_sync.urls")),
    path("", include("listruns.urls")),
    path("", include("certify.vocabulary.urls")),
    path("", include("history_pages.urls")),
    path("", include("certify.references.urls")),
    path("", include("reports.daily.urls")),
    path("", include("shiftleader.urls")),
    path("", include("api.urls")),
    path("golden/", include("golden.urls")),
]

handler400 = "certhelper.home.views.bad_request"
handler404 = "certhelper.home.views.not_found"
handler500 = "certhelper.home.views.server_error"

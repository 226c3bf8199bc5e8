"""URLs of the reference runs."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.generic import RedirectView

from certify.references import action_views, views

_redirect_to_list = RedirectView.as_view(
    pattern_name="references:list", permanent=True, http_method_names=["get", "head"]
)
app_name = "references"
urlpatterns = [
    path("references/", views.reference_list, name="list"),
    path("certify/<int:run_number>/<slug:reconstruction>/references/", views.ranked, name="ranked"),
    path("certify/<int:run_number>/<slug:reconstruction>/apv/", views.apv_beside_reference, name="apv-beside"),
    path("references/apv/", views.apv_modes, name="apv"),
    path("references/adopt/", action_views.adopt, name="adopt"),
    path("references/promote/<int:pk>/", action_views.promote, name="promote"),
    path("references/<int:pk>/", views.reference, name="reference"),
    path("references/<int:pk>/retire/", action_views.retire, name="retire"),
    # URL of the previous CertHelper, kept for bookmarks.
    path("reference/", login_not_required(_redirect_to_list), name="before"),
]

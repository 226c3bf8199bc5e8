"""Addresses of the reference runs."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.generic import RedirectView

from references import deed_views, views

_MOVED = RedirectView.as_view(pattern_name="references:list", permanent=True, http_method_names=["get", "head"])
app_name = "references"
urlpatterns = [
    path("references/", views.reference_list, name="list"),
    path("certify/<int:run_number>/<slug:reconstruction>/references/", views.ranked, name="ranked"),
    path("references/apv/", views.apv_modes, name="apv"),
    path("references/adopt/", deed_views.adopt, name="adopt"),
    path("references/promote/<int:pk>/", deed_views.promote, name="promote"),
    path("references/<int:pk>/", views.reference, name="reference"),
    path("references/<int:pk>/retire/", deed_views.retire, name="retire"),
    # As it was called before this CertHelper; people have it bookmarked.
    path("reference/", login_not_required(_MOVED), name="before"),
]

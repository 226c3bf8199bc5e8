"""URLs for static/js/drafts.js and for the buttons of the draft messages."""

from django.urls import path

from drafts import views

app_name = "drafts"
urlpatterns = [
    path("drafts/save/", views.save_form, name="save"),
    path("drafts/here/", views.heartbeat, name="here"),
    path("drafts/discard/", views.discard, name="discard"),
    path("drafts/take-over/", views.take_over_form, name="take-over"),
]

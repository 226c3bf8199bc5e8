"""What static/js/drafts.js and the small forms around a form send to."""

from django.urls import path

from drafts import views

app_name = "drafts"
urlpatterns = [
    path("drafts/save/", views.save, name="save"),
    path("drafts/here/", views.here, name="here"),
    path("drafts/discard/", views.discard, name="discard"),
    path("drafts/take-over/", views.take, name="take-over"),
]

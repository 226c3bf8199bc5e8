"""URLs of questions to the shifter."""

from django.urls import path

from certify.review import views

app_name = "review"
urlpatterns = [
    path("list/<int:pk>/ask/", views.ask, name="ask"),
    path("list/questions/<int:pk>/", views.answer, name="answer"),
]

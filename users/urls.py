from django.contrib.auth.views import LogoutView
from django.urls import path

from users.views import SignIn

app_name = "users"
urlpatterns = [
    path("login/", SignIn.as_view(), name="sign-in"),
    path("logout/", LogoutView.as_view(), name="sign-out"),
]

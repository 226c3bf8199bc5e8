from django.urls import path

from users.views import SignInView, cern_callback, cern_sign_in, sign_out

app_name = "users"
urlpatterns = [
    path("login/", SignInView.as_view(), name="sign-in"),
    path("logout/", sign_out, name="sign-out"),
    # These URLs are registered at CERN.
    path("oidc/cern/login/", cern_sign_in, name="cern-sign-in"),
    path("oidc/cern/login/callback/", cern_callback, name="cern-callback"),
]

"""Sign-in with an account of this server."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse

from users import attempts
from users.models import Role

# The accounts of the sandbox, password = name, one per role (two shifters).
DEMO_PEOPLE = [
    ("guest", Role.GUEST),
    ("shifter", Role.SHIFTER),
    ("shifter2", Role.SHIFTER),
    ("leader", Role.SHIFT_LEADER),
    ("expert", Role.EXPERT),
    ("admin", Role.ADMIN),
]


class SignIn(LoginView):
    """Asks for name and password, and goes on to `next`. Too many failures: 429, whatever the password."""

    template_name = "users/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if attempts.are_too_many(request, request.POST.get("username", "")):
            return self.render_to_response(
                self.get_context_data(form=AuthenticationForm(request), is_blocked=True), status=429
            )
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        attempts.forget(self.request, form.cleaned_data["username"])
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        attempts.count_failure(self.request, form.data.get("username", ""))
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = DEMO_PEOPLE if settings.IS_SANDBOX else []
        minutes = attempts.WINDOW_S // 60
        return super().get_context_data(demo_people=demo, wait_minutes=minutes, **kwargs)

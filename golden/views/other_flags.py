"""Requests the flags of other detectors that a policy needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.views.decorators.http import require_POST

from golden.models import PolicyVersion
from golden.registry_requests import names_registry, policy_readings
from infrastructure.web.responses import HttpResponseSeeOther
from registry.other_flags.requests import request_other_flags
from users.access import role_required
from users.models import Role

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_POST
@role_required(Role.EXPERT)
def request_flags(request: HttpRequest, name: str) -> HttpResponseSeeOther:
    """Request the flags that the version in force needs and that were not read; all of them with `all` in the form."""
    version = PolicyVersion.objects.with_names().filter(policy__name=name).order_by("-number").first()
    if version is None or not names_registry(version.rules):
        raise Http404
    readings = policy_readings(version)
    count = request_other_flags(readings.datasets if "all" in request.POST else readings.missing)
    messages.success(request, f"Flags of {count} {'run' if count == 1 else 'runs'} are requested from Run Registry.")
    return HttpResponseSeeOther(reverse("golden:files"))

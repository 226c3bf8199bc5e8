"""Home, the search for a run number, and help. None of them asks the outside."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from certhelper.homepage import page_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this person does next."""
    return render(request, "home/home.html", {"page": page_of(request)})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """From a run number, or two with a dash between, to all its certifications; anything else is said on the list."""
    typed = request.GET.get("run", "").strip()
    if not typed:
        return redirect("listruns:list")
    first, _, last = (part.strip() for part in typed.partition("-"))
    if not _is_run_number(first) or (last and not _is_run_number(last)):
        messages.error(request, f"“{typed[:40]}” is not a run number. Type its digits, such as 315270.")
        return redirect("home")
    return redirect(f"{reverse('listruns:list')}?{urlencode({'runs_min': first, 'runs_max': last or first})}")


def _is_run_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 7


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Keys, rules and colours, on one page."""
    return render(request, "home/help.html")

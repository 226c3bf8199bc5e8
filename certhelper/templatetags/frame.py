"""What stands around every page and is the same for everybody of a role: drawn once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

register = template.Library()


class Entry(NamedTuple):
    """An entry of the navigation: where it leads, and whether all below that address is its page, too."""

    name: str
    label: str
    with_all_below: bool = True

    def is_at(self, path: str) -> bool:
        address = _address(self.name)
        return path.startswith(address) if self.with_all_below else path == address


@lru_cache(maxsize=64)
def _address(name: str) -> str:
    return reverse(name)


_HOME = Entry("home", "Home", with_all_below=False)
_OPEN_RUNS = Entry("openruns:open-runs", "Open runs")
_ADMIN = Entry("admin:index", "Admin")
_FOR_ALL = [
    Entry("listruns:list", "Certifications"),
    Entry("references:list", "References"),
    Entry("reports:summary", "Daily report", with_all_below=False),
    Entry("shiftleader:week", "Week"),
    Entry("changes:history", "History"),
]


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> SafeString:
    """The pages that this person may open, the one at hand marked."""
    user, path = context["user"], context["request"].path
    entries = [_HOME, *([_OPEN_RUNS] if user.may_certify else []), *_FOR_ALL, *([_ADMIN] if user.may_use_admin else [])]
    return _drawn(tuple(entries), next((entry.name for entry in entries if entry.is_at(path)), ""))


@lru_cache(maxsize=128)
def _drawn(entries: tuple[Entry, ...], current: str) -> SafeString:
    pages = [(_address(entry.name), entry.label, entry.name == current) for entry in entries]
    return render_to_string("parts/_navigation.html", {"pages": pages})

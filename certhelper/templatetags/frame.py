"""What stands around every page and is the same for everybody of a role: drawn once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.template import Context
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
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


@lru_cache(maxsize=256)
def _found(name: str, _prefix: str) -> str:
    return reverse(name)


def _address(name: str) -> str:
    """The address of a page without parameters, looked up once."""
    return _found(name, get_script_prefix())


class KeptAddress(URLNode):
    """An address without parameters: a page names twenty, and Django looks through all there are for each."""

    def render(self, context: Context) -> str:
        return _address(self.view_name.resolve(context))


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    """Django's own tag, with such addresses looked up once."""
    node = django_url(parser, token)
    is_plain = not (node.args or node.kwargs or node.asvar)
    return KeptAddress(node.view_name, [], {}, None) if is_plain else node


_HOME = Entry("home", "Home", with_all_below=False)
_OPEN_RUNS = Entry("openruns:open-runs", "Open runs")
_ADMIN = Entry("admin:index", "Admin")
_FOR_ALL = [
    Entry("listruns:list", "Certifications"),
    Entry("references:list", "References"),
    Entry("reports:summary", "Daily report", with_all_below=False),
    Entry("shiftleader:week", "Week"),
    Entry("history_pages:history", "History"),
]


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> SafeString:
    """The pages that this person may open, the one at hand marked."""
    user, path = context["user"], context["request"].path
    entries = [_HOME, *([_OPEN_RUNS] if user.may_certify else []), *_FOR_ALL, *([_ADMIN] if user.may_use_admin else [])]
    current = next((entry.name for entry in entries if entry.is_at(path)), "")
    return _drawn(tuple(entries), current, get_script_prefix())


@lru_cache(maxsize=128)
def _drawn(entries: tuple[Entry, ...], current: str, _prefix: str) -> SafeString:
    pages = [(_address(entry.name), entry.label, entry.name == current) for entry in entries]
    return render_to_string("includes/_navigation.html", {"pages": pages})

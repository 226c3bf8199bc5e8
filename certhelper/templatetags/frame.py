"""Template tags of the frame around every page: addresses and navigation."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django import template
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse

from infrastructure.web.rendered_cache import render_once

if TYPE_CHECKING:
    from django.template import Context
    from django.template.base import Parser, Token
    from django.utils.safestring import SafeString

register = template.Library()


class NavigationEntry(NamedTuple):
    """An entry of the navigation: URL name, label, and whether paths below its address belong to it."""

    name: str
    label: str
    includes_subpages: bool = True

    def contains(self, path: str) -> bool:
        address = _page_url(self.name)
        return path.startswith(address) if self.includes_subpages else path == address


@lru_cache(maxsize=256)
def _reverse_cached(name: str, _prefix: str) -> str:
    return reverse(name)


def _page_url(name: str) -> str:
    """The address of a page without parameters. Cached: without it the help page takes 11 % more CPU time."""
    return _reverse_cached(name, get_script_prefix())


class CachedURLNode(URLNode):
    """An address without parameters, of which a page has about twenty."""

    def render(self, context: Context) -> str:
        return _page_url(self.view_name.resolve(context))


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    """Django's `url` tag, with the addresses of pages without parameters cached."""
    node = django_url(parser, token)
    is_plain = not (node.args or node.kwargs or node.asvar)
    return CachedURLNode(node.view_name, [], {}, None) if is_plain else node


_HOME = NavigationEntry("home", "Home", includes_subpages=False)
_OPEN_RUNS = NavigationEntry("openruns:open-runs", "Open runs")
_ADMIN = NavigationEntry("admin:index", "Admin")
_COMMON = [
    NavigationEntry("listruns:list", "Certifications"),
    NavigationEntry("references:list", "References"),
    NavigationEntry("reports:summary", "Daily report", includes_subpages=False),
    NavigationEntry("shiftleader:week", "Week"),
    NavigationEntry("golden:files", "Golden JSON"),
    NavigationEntry("history_pages:history", "History"),
]


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> SafeString:
    """Links to the pages that this user may open, with the current page marked."""
    user, path = context["user"], context["request"].path
    entries = [_HOME, *([_OPEN_RUNS] if user.may_certify else []), *_COMMON, *([_ADMIN] if user.may_use_admin else [])]
    current = next((entry.name for entry in entries if entry.contains(path)), "")
    return _render_navigation(tuple(entries), current, get_script_prefix())


@render_once(maxsize=128)
def _render_navigation(entries: tuple[NavigationEntry, ...], current: str, _prefix: str) -> SafeString:
    pages = [(_page_url(entry.name), entry.label, entry.name == current) for entry in entries]
    return render_to_string("includes/_navigation.html", {"pages": pages})

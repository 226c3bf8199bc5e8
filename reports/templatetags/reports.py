"""Numbers of reports as pages show them: with their unit, and linked to their rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from certify.models.choices import Verdict
from reports.statistics import Statistics

register = template.Library()


@register.simple_tag
def number(value: int | str, url: str = "") -> SafeString | str:
    """The number, linked to its rows where there are any and an address can say them."""
    return format_html('<a href="{}">{}</a>', url, value) if value and url else str(value)


@register.simple_tag
def linked(links: Iterable[Any]) -> SafeString:
    """Texts with addresses (`text`, `url`) after each other, each linked where it has one."""
    return format_html_join(", ", "{}", ((_link(one.text, one.url),) for one in links))


def _link(text: str, url: str) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', url, text) if url else text


@register.filter
def sum_of(sums: Mapping[Verdict, Statistics], verdict: Verdict) -> Statistics | None:
    """The sum of one verdict."""
    return sums.get(verdict)

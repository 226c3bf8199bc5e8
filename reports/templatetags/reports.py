"""Template tags for the numbers of reports, linked to the certifications that they count."""

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
    """The number, linked to `url` unless it is zero or there is no URL."""
    return format_html('<a href="{}">{}</a>', url, value) if value and url else str(value)


@register.simple_tag
def linked(links: Iterable[Any]) -> SafeString:
    """Texts (objects with `text` and `url`) separated by commas, each linked if it has a URL."""
    return format_html_join(", ", "{}", ((_link(link.text, link.url),) for link in links))


def _link(text: str, url: str) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', url, text) if url else text


@register.filter
def sum_of(by_verdict: Mapping[Verdict, Statistics], verdict: Verdict) -> Statistics | None:
    """The statistics of one verdict; None if it does not occur."""
    return by_verdict.get(verdict)

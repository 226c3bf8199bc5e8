"""Template tags of golden files: numbers as text."""

from __future__ import annotations

from django import template

from golden.file_pages.amounts import lumi_text

register = template.Library()


@register.filter
def thousands(number: int | None) -> str:
    """Return a count with commas: 234,529. Run numbers stay plain."""
    return "" if number is None else f"{number:,}"


@register.simple_tag
def recorded(lumi: float | None, unknown: int | None) -> str:
    """Return a recorded luminosity, 1/pb, of which the lumisections `unknown` are not known."""
    return lumi_text(lumi or 0.0, unknown or 0)

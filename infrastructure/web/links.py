"""Addresses of outside pages: the templates of `settings.LINKS`, filled in with URL-encoded values."""

from __future__ import annotations

from string import Formatter
from urllib.parse import quote, urlsplit

from django.conf import settings

PLACEHOLDERS = ("run", "dataset", "reference_run", "reference_dataset", "fill")
# Without one of these values there is no page to link to. The others are empty where there is none.
_NEEDED = {"run", "fill"}


def link_address(name: str, **values: object) -> str:
    """Return the address `name` of `settings.LINKS` for these values; "" if it is unset or needs a missing value."""
    template = settings.LINKS[name]
    texts = {placeholder: str(values.get(placeholder) or "") for placeholder in PLACEHOLDERS}
    if any(not texts[placeholder] for placeholder in _placeholders(template) if placeholder in _NEEDED):
        return ""
    return template.format(**{placeholder: quote(text, safe="") for placeholder, text in texts.items()})


def is_about_a_run(template: str) -> bool:
    """Whether the template has placeholders, so that it leads nowhere without a run."""
    return bool(_placeholders(template))


def template_error(template: str) -> str:
    """Return what is wrong with a template, or "" if it is empty or can be filled in."""
    try:
        fields = list(Formatter().parse(template))
    except ValueError as error:
        return f"its braces cannot be read ({error})"
    for _text, name, form, conversion in fields:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            return f"“{{{name}}}” is no placeholder" if name not in PLACEHOLDERS else f"“{name}” has a format"
    return "" if not template or _is_address(template) else "it begins with neither https:// nor /"


def _placeholders(template: str) -> set[str]:
    return {name for _text, name, _form, _conversion in Formatter().parse(template) if name}


def _is_address(template: str) -> bool:
    """Whether the template is an absolute address or a path of this site; the host cannot be a placeholder."""
    if template != template.strip():
        return False
    if template.startswith("/"):
        return not template.startswith("//")
    try:
        parts = urlsplit(template)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and "{" not in parts.netloc

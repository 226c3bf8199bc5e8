"""How Django's form fields become HTML."""

from __future__ import annotations

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString

_INPUTS = {f"django/forms/widgets/{kind}.html" for kind in ("text", "number", "date", "hidden", "input", "password")}
_TEXTAREA = "django/forms/widgets/textarea.html"


class FastInputRenderer(TemplatesSetting):
    """Plain inputs written directly: Django renders each through two templates, and a page has dozens of them.

    The HTML is the same; every other widget goes through its template.
    """

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name in _INPUTS:
            return _input(context["widget"])
        if template_name == _TEXTAREA:
            return _textarea(context["widget"])
        return super().render(template_name, context, request)


def _input(widget: dict[str, Any]) -> SafeString:
    value = "" if widget["value"] is None else format_html(' value="{}"', widget["value"])
    return format_html(
        '<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, flatatt(widget["attrs"])
    )


def _textarea(widget: dict[str, Any]) -> SafeString:
    """The browser drops the first line break, so that one in the text itself stays."""
    text = "" if widget["value"] is None else widget["value"]
    return format_html('<textarea name="{}"{}>\n{}</textarea>', widget["name"], flatatt(widget["attrs"]), text)

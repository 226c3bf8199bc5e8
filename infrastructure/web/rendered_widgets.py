"""Widgets whose HTML is rendered once for each name, value and set of attributes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer, get_default_renderer
from django.utils.safestring import SafeString

from infrastructure.web.rendered_cache import render_once


class RenderedOnce(forms.Widget):
    """Mixin for a text input or a text area, for which Django renders up to four templates."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        attributes = tuple(widget.pop("attrs").items())
        return _widget_html(renderer or get_default_renderer(), tuple(widget.items()), attributes)


class RenderedTextarea(RenderedOnce, forms.Textarea):
    """A text area."""


@render_once(maxsize=64)
def _widget_html(
    renderer: BaseRenderer, values: tuple[tuple[str, Any], ...], attributes: tuple[tuple[str, Any], ...]
) -> SafeString:
    widget = {**dict(values), "attrs": dict(attributes)}
    return SafeString(renderer.render(widget["template_name"], {"widget": widget}))

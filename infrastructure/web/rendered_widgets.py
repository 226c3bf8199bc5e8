"""Widgets whose HTML is rendered once for each name, value and set of attributes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer, get_default_renderer
from django.utils.safestring import SafeString

from infrastructure.web.rendered_cache import render_once

# (name, type of the value, value) of each item.
TypedItems = tuple[tuple[str, type, Any], ...]


class RenderedOnce(forms.Widget):
    """Mixin for a text input or a text area, for which Django renders up to four templates."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        attributes = _typed_items(widget.pop("attrs"))
        return _widget_html(renderer or get_default_renderer(), _typed_items(widget), attributes)


class RenderedTextarea(RenderedOnce, forms.Textarea):
    """A text area."""


def _typed_items(values: dict[str, Any]) -> TypedItems:
    """Return the items with the types of their values: safe and plain text are equal, and so are True and 1."""
    return tuple((name, type(value), value) for name, value in values.items())


@render_once(maxsize=64)
def _widget_html(renderer: BaseRenderer, values: TypedItems, attributes: TypedItems) -> SafeString:
    widget: dict[str, Any] = {name: value for name, _, value in values}
    widget["attrs"] = {name: value for name, _, value in attributes}
    return SafeString(renderer.render(widget["template_name"], {"widget": widget}))

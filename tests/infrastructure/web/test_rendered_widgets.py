"""Widgets that are rendered once: equal values of different types have their own HTML."""

import pytest
from django import forms
from django.utils.safestring import SafeString

from infrastructure.web.rendered_cache import render_once
from infrastructure.web.rendered_widgets import RenderedTextarea


@pytest.mark.parametrize("values", [(SafeString("<b>"), "<b>"), ("<i>", SafeString("<i>"))])
def test_safe_text_is_not_reused_for_plain_text(values):
    for value in values:
        assert RenderedTextarea().render("comment", value) == forms.Textarea().render("comment", value)


@pytest.mark.parametrize("values", [(True, 1), (1, True), (0, False)])
def test_a_boolean_attribute_is_not_reused_for_a_number(values):
    for value in values:
        attrs = {"data-set": value}
        assert RenderedTextarea().render("comment", "", attrs) == forms.Textarea().render("comment", "", attrs)


def test_arguments_of_different_types_are_rendered_each():
    render = render_once(maxsize=8)(lambda value: SafeString(type(value).__name__))
    assert [render(value) for value in ("a", SafeString("a"), 1, True)] == ["str", "SafeString", "int", "bool"]

"""Flags, verdicts and choices where there are hundreds on a page: each that exists is drawn once and kept.

The drawing is that of templates/parts, so that a mark looks the same everywhere.
"""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from certify.editor.widgets import boxes_html, options_html
from certify.models.components import Component, ComponentFlag
from certify.vocabulary.inline_forms import INLINE_FORMS, InlineTermForm

register = template.Library()
register.filter("as_options", options_html)
register.filter("as_boxes", boxes_html)


@register.simple_tag
@lru_cache(maxsize=256)
def flag_badge(flag: str, lowstat: bool, component: str) -> SafeString:
    """The shape of a flag, with the component and the word as its title."""
    context = {"flag": flag, "lowstat": lowstat, "component": component, "is_compact": True}
    return render_to_string("includes/_flag.html", context)


@register.simple_tag
@lru_cache(maxsize=512)
def flag_cells(component_flags: tuple[ComponentFlag, ...]) -> SafeString:
    """The cells of a row with the flag of each component, under `component_headings`; the initials head narrow ones."""
    return format_html_join(
        "",
        '<td class="flag-cell" data-initial="{}">{}</td>',
        (
            (one.component.declaration.initial, flag_badge(one.flag, one.lowstat, one.component.label))
            for one in component_flags
        ),
    )


@register.simple_tag
@lru_cache(maxsize=1)
def component_headings() -> SafeString:
    """The headings of the columns of a table that has one for each component."""
    return format_html_join("", '<th scope="col">{}</th>', ((one.label,) for one in Component))


@register.simple_tag
@lru_cache(maxsize=64)
def verdict_badge(verdict: str, is_stale: bool = False, is_practice: bool = False) -> SafeString:
    """A verdict with its word; hatched where a fact has changed since, dashed where it is practice."""
    context = {"verdict": verdict, "is_stale": is_stale, "is_practice": is_practice}
    return render_to_string("includes/_verdict.html", context)


@register.simple_tag
def new_term_form(term_kind: str, form: InlineTermForm | None) -> SafeString:
    """The small form that adds a reason or a problem; the one that nobody typed into is drawn once."""
    return _render_term_form(form) if form else _empty_term_form(term_kind)


@lru_cache(maxsize=8)
def _empty_term_form(term_kind: str) -> SafeString:
    return _render_term_form(INLINE_FORMS[term_kind]())


def _render_term_form(form: InlineTermForm) -> SafeString:
    return render_to_string("certify/_new_term.html", {"form": form, "is_open": bool(form.errors or form.initial)})

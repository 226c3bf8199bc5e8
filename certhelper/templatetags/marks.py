"""Template tags for flags, verdicts and choices, and for the form that adds a reason or a problem."""

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from certify.models.components import Component, ComponentFlag
from certify.models.lumisections_out import LumisectionsOut
from certify.vocabulary.inline_forms import INLINE_FORMS, InlineTermForm
from certify.vocabulary.widgets import boxes_html, options_html
from infrastructure.number_ranges import NumberRanges, format_ranges
from infrastructure.web.rendered_cache import render_once

register = template.Library()
register.filter("as_options", options_html)
register.filter("as_boxes", boxes_html)


@register.simple_tag
def flag_badge(flag: str, lowstat: bool, component: str, ranges: NumberRanges = ()) -> SafeString:
    """The symbol of a flag, with component, name of the flag and bad lumisections as its title."""
    context = {"flag": flag, "lowstat": lowstat, "component": component, "ranges": format_ranges(ranges)}
    context["is_compact"] = True
    return render_to_string("includes/_flag.html", context)


@register.simple_tag
@render_once(maxsize=512)
def flag_cells(component_flags: tuple[ComponentFlag, ...]) -> SafeString:
    """The cells of a row with the flag of each component, under `component_headings`; the initials head narrow ones."""
    return format_html_join(
        "",
        '<td class="flag-cell" data-initial="{}">{}</td>',
        (
            (
                component_flag.component.declaration.initial,
                flag_badge(
                    component_flag.flag,
                    component_flag.lowstat,
                    component_flag.component.label,
                    component_flag.ranges,
                ),
            )
            for component_flag in component_flags
        ),
    )


@register.simple_tag
def component_headings() -> SafeString:
    """The headings of the columns of a table that has one for each component."""
    return format_html_join("", '<th scope="col">{}</th>', ((component.label,) for component in Component))


@register.simple_tag
def verdict_badge(verdict: str, is_stale: bool = False, is_practice: bool = False, out: str = "") -> SafeString:
    """The name of a verdict; hatched where a fact has changed since, dashed where it is practice.

    `out`: what is out of it, as text.
    """
    context = {"verdict": verdict, "is_stale": is_stale, "is_practice": is_practice, "out": out}
    return render_to_string("includes/_verdict.html", context)


@register.filter
def out_of_component(out: LumisectionsOut, component: Component) -> str:
    """The bad lumisections of one component with what is out, or an empty text."""
    return out.component_text_with_ranges(component)


@register.simple_tag
def new_term_form(term_kind: str, form: InlineTermForm | None) -> SafeString:
    """The small form that adds a reason or a problem: as it was submitted, or an empty one."""
    return _new_term_html(form) if form else _empty_new_term_html(term_kind)


@render_once(maxsize=len(INLINE_FORMS))
def _empty_new_term_html(term_kind: str) -> SafeString:
    return _new_term_html(INLINE_FORMS[term_kind]())


def _new_term_html(form: InlineTermForm) -> SafeString:
    return render_to_string("certify/_new_term.html", {"form": form, "is_open": bool(form.errors or form.initial)})

"""The filter panel of a page. Its HTML is cached: it takes a fifth of the time of the list and rarely changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.template.loader import render_to_string

from certify.filters.fields import account_names
from certify.filters.names import DAY_NAMES
from certify.models import TrackerCertification
from certify.models.components import FLAG_FIELDS, PROBLEM_FIELDS
from certify.vocabulary.widgets import Option
from infrastructure.web.rendered_cache import render_once
from users.models import User

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.forms import BoundField
    from django.utils.safestring import SafeString

    from certify.filters.filterset import CertificationFilter, FilterChip

_WITHOUT_CHOICE = {"user": "Anybody", "bad_reason": "Any"}


class PanelLayout(NamedTuple):
    """The filters that a page offers, by name: fields, groups of checkboxes, single checkboxes, multiple selects."""

    title: str
    url_name: str
    fields: tuple[str, ...]
    boxes: tuple[str, ...]
    ticks: tuple[str, ...]
    lists: tuple[str, ...]


_EVERYWHERE = ("reconstruction", "verdict", "run_type", "trackermap")
LIST_LAYOUT = PanelLayout(
    "Filters",
    "listruns:list",
    fields=(
        *("runs_min", "runs_max", "date_min", "date_max", "user", "reference", "dataset", "comment", "bad_reason"),
        *("state", "runs", "b_field", "energy", "beam"),
    ),
    boxes=(*_EVERYWHERE, *FLAG_FIELDS),
    ticks=("lowstat", "ranges", "stale", "incomplete", "registry_changed"),
    lists=PROBLEM_FIELDS,
)
WEEK_LAYOUT = PanelLayout(
    "Days and filters",
    "shiftleader:week",
    fields=("date_min", "date_max", "runs", "dataset", "b_field", "energy", "beam"),
    boxes=_EVERYWHERE,
    ticks=(),
    lists=("user", "problem"),
)


class FilterField(NamedTuple):
    """A form field with its options, if it has choices."""

    field: BoundField
    options: tuple[Option, ...]
    is_multiple: bool


class FilterPanel(NamedTuple):
    """The content of the panel: `query` is the query string of the filters, `other_parameters` those to preserve."""

    layout: PanelLayout
    filterset: type[CertificationFilter]
    query: str
    is_here: bool
    other_parameters: tuple[tuple[str, str], ...]
    scopes: tuple[FilterChip, ...]
    active: tuple[FilterChip, ...]
    options: tuple[tuple[str, tuple[Option, ...]], ...]

    @property
    def html(self) -> SafeString:
        """The rendered panel with its form and errors."""
        return _panel_html(self)


def filter_panel(
    filters: CertificationFilter,
    layout: PanelLayout,
    other_parameters: Iterable[tuple[str, str]] = (),
    scopes: Iterable[FilterChip] = (),
    *,
    is_here: bool = False,
) -> FilterPanel:
    """Build the panel of these filters. `is_here`: the form submits to the current page, which may be a fragment."""
    shown = {*layout.fields, *layout.boxes, *layout.ticks, *layout.lists, *DAY_NAMES}
    offered = [name for name in filters.filters if name in shown and hasattr(filters.form.fields[name], "choices")]
    return FilterPanel(
        _offered(layout),
        type(filters),
        filters.as_query(),
        is_here,
        (*(pair for pair in filters.as_pairs() if pair[0] not in shown), *other_parameters),
        tuple(scopes),
        tuple(filters.as_chips(with_days=layout is LIST_LAYOUT)),
        tuple((name, _options(filters, name)) for name in offered),
    )


def _offered(layout: PanelLayout) -> PanelLayout:
    """Return the layout without what is about sending to Run Registry where that is switched off."""
    if settings.REGISTRY_SYNC != "off":
        return layout
    return layout._replace(ticks=tuple(name for name in layout.ticks if name != "registry_changed"))


def _options(filters: CertificationFilter, name: str) -> tuple[Option, ...]:
    chosen = _chosen(filters.form[name])
    field: Any = filters.form.fields[name]
    pairs = people_choices(chosen) if name == "user" else field.choices
    return tuple(Option(str(value), str(label), str(value) in chosen) for value, label in pairs)


def _chosen(field: BoundField) -> set[str]:
    value = field.value()
    chosen = set(value) if isinstance(value, list) else {value or ""}
    return account_names(chosen) if field.name == "user" else chosen


def people_choices(chosen: Collection[str]) -> list[tuple[str, str]]:
    """Return users who certified anything or are chosen, as (account name, account and display name): one query."""
    certified = Exists(TrackerCertification.everything.filter(user=OuterRef("pk")).order_by())
    names = [name for name in chosen if name.isprintable()]  # PostgreSQL refuses a NUL
    people = User.objects.filter(Q(certified) | Q(username__in=names)).order_by("username")
    return [(person.username, _both_names(person)) for person in people.only("username", "first_name", "last_name")]


def _both_names(person: User) -> str:
    name = person.display_name
    return f"{person.username} · {name}" if name != person.username else name


@render_once(maxsize=128)
def _panel_html(panel: FilterPanel) -> SafeString:
    form, layout = panel.filterset(QueryDict(panel.query)).form, panel.layout
    options = dict(panel.options)
    days = [name for name in ("week", "date") if form[name].errors]
    context = {
        "panel": panel,
        "form": form,
        "fields": [_field(form[name], options.get(name), name in layout.lists) for name in (*layout.fields, *days)],
        "boxes": [_field(form[name], options[name], is_multiple=True) for name in layout.boxes],
        "ticks": [form[name] for name in layout.ticks],
        "lists": [_field(form[name], options[name], is_multiple=True) for name in layout.lists],
    }
    return render_to_string("certify/_filter_panel.html", context)


def _field(field: BoundField, options: tuple[Option, ...] | None, is_multiple: bool) -> FilterField:
    """Build the field. A single choice has an empty option first; with several chosen values it becomes multiple."""
    shown = options or ()
    has_several = is_multiple or sum(option.is_chosen for option in shown) > 1
    if field.name in _WITHOUT_CHOICE and not has_several:
        shown = (Option("", _WITHOUT_CHOICE[field.name], is_chosen=False), *shown)
    return FilterField(field, shown, has_several)

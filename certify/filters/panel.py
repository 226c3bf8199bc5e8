"""The panel of filters of a page, and its drawing, which is cached: a fifth of the list, and mostly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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
    """Which filters a page offers, by name: fields, boxes, ticks and lists of which several may be chosen."""

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
    ticks=("lowstat", "stale", "incomplete"),
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
    """A field with its options, where it has some."""

    field: BoundField
    options: tuple[Option, ...]
    is_multiple: bool


class FilterPanel(NamedTuple):
    """All that the panel shows: the filters as the address says them, and what else of the address stays."""

    layout: PanelLayout
    filterset: type[CertificationFilter]
    query: str
    is_here: bool
    kept: tuple[tuple[str, str], ...]
    scopes: tuple[FilterChip, ...]
    active: tuple[FilterChip, ...]
    options: tuple[tuple[str, tuple[Option, ...]], ...]

    @property
    def html(self) -> SafeString:
        """The panel with its form and errors, as it follows from the query."""
        return _panel_html(self)


def filter_panel(
    filters: CertificationFilter,
    layout: PanelLayout,
    kept: Iterable[tuple[str, str]] = (),
    scopes: Iterable[FilterChip] = (),
    *,
    is_here: bool = False,
) -> FilterPanel:
    """The panel of these filters; `is_here`: it leads to the page that it stands on, which may be a part alone."""
    shown = {*layout.fields, *layout.boxes, *layout.ticks, *layout.lists, *DAY_NAMES}
    offered = [name for name in filters.filters if name in shown and hasattr(filters.form.fields[name], "choices")]
    return FilterPanel(
        layout,
        type(filters),
        filters.as_query(),
        is_here,
        (*(pair for pair in filters.as_pairs() if pair[0] not in shown), *kept),
        tuple(scopes),
        tuple(filters.as_chips(with_days=layout is LIST_LAYOUT)),
        tuple((name, _options(filters, name)) for name in offered),
    )


def _options(filters: CertificationFilter, name: str) -> tuple[Option, ...]:
    chosen = _chosen(filters.form[name])
    field: Any = filters.form.fields[name]
    pairs = people_choices(chosen) if name == "user" else field.choices
    return tuple(Option(str(value), str(label), str(value) in chosen) for value, label in pairs)


def _chosen(field: BoundField) -> set[str]:
    given = field.value()
    some = set(given) if isinstance(given, list) else {given or ""}
    return account_names(some) if field.name == "user" else some


def people_choices(chosen: Collection[str]) -> list[tuple[str, str]]:
    """Everybody who certified anything or is chosen, as (account name, both names): one query."""
    certified = Exists(TrackerCertification.everything.filter(user=OuterRef("pk")).order_by())
    people = User.objects.filter(Q(certified) | Q(username__in=chosen)).order_by("username")
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
    """The field of a single choice says none first; with several chosen it shows them all."""
    some = options or ()
    several = is_multiple or sum(option.is_chosen for option in some) > 1
    if field.name in _WITHOUT_CHOICE and not several:
        some = (Option("", _WITHOUT_CHOICE[field.name], is_chosen=False), *some)
    return FilterField(field, some, several)

"""The content of the list and of the page of one certification, prepared so that templates have no logic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils.dateparse import parse_datetime
from django_tables2 import RequestConfig

from audit.presentation import ChangeView, present_changes
from audit.undo import changes_of
from certify.evidence_links import EvidenceLink, RunDataset, evidence_links
from certify.facts.actions import serialized_differences
from certify.facts.presentation import fact_text, has_fact, luminosities_like
from certify.facts.staleness import format_changes
from certify.filters.filterset import EVERYTHING_LIVE, CertificationFilter, FilterChip
from certify.filters.panel import LIST_LAYOUT, FilterPanel, filter_panel
from certify.models import TrackerCertification
from certify.models.choices import CertificationState, Verdict
from certify.references.apv_modes import stored_modes
from certify.review.selectors import CertificationReview, certification_review
from certify.rules.entry import join_names
from certify.selectors import certified_datasets
from infrastructure.web.paging import paginate_table, size_options
from listruns.confirmed import confirmed_sentences
from listruns.fact_pages import history_of_facts
from listruns.opinions import certification_opinions
from listruns.query_string import scope_chips
from listruns.rows import list_row, row_html
from listruns.selectors import Rows, rows_for_list, verdict_totals
from listruns.tables import CertificationTable
from oms.choices import RunType
from oms.formatting import lumi_text
from registry_sync.selectors import changed_receipts

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from certify.models.components import ComponentFlag
    from certify.opinions import OtherOpinions
    from users.models import User


@dataclass(frozen=True)
class ListPage:
    """The list: filter panel, totals, links to exports, and one page of the table."""

    filters: CertificationFilter
    panel: FilterPanel
    table: CertificationTable
    totals: list[FilterChip]
    total: int
    exports: dict[str, str]
    sizes: list[tuple[int, bool]]
    as_of: datetime | None = None

    @property
    def has_errors(self) -> bool:
        return bool(self.filters.form.errors)

    @property
    def api_query(self) -> str:
        """The query of the API for the same rows; empty for practice, which it never returns."""
        return "" if self.filters.values.get("practice") else self.filters.as_query() or EVERYTHING_LIVE

    @property
    def rows(self) -> list[SafeString]:
        """The rendered rows of this page of the table."""
        records = [row.record for row in self.table.paginated_rows]
        changed = {} if self.as_of else changed_receipts([record.pk for record in records])
        return [
            row_html(list_row(record, self.as_of, is_changed_in_registry=record.pk in changed)) for record in records
        ]


def _totals(counts: dict[str, int], filters: CertificationFilter) -> list[FilterChip]:
    """Return a chip for each verdict with rows, which filters by it."""
    verdicts = [verdict for verdict in Verdict if counts.get(verdict)]
    return [
        FilterChip(str(counts[verdict]), filters.as_query(verdict=verdict.value), verdict=verdict.value)
        for verdict in verdicts
    ]


def sorted_rows(request: HttpRequest, rows: Rows) -> Rows:
    """Return the rows in the order of the parameter `sort`."""
    table = CertificationTable(rows)
    RequestConfig(request, paginate=False).configure(table)
    return table.data.data


def list_page(
    request: HttpRequest, filters: CertificationFilter, rows: Rows, as_of: datetime | None = None
) -> ListPage:
    """Build one page of these rows. The queries run here and when the template reads the table."""
    counts = verdict_totals(rows)
    table = CertificationTable(rows_for_list(rows))
    RequestConfig(request, paginate=False).configure(table)
    paginate_table(request, table, sum(counts.values()))
    return ListPage(
        filters=filters,
        panel=_list_panel(request, filters),
        table=table,
        totals=_totals(counts, filters),
        total=sum(counts.values()),
        exports=_export_queries(request, filters),
        sizes=size_options(request),
        as_of=as_of,
    )


def _list_panel(request: HttpRequest, filters: CertificationFilter) -> FilterPanel:
    """Build the filter panel. Its form keeps order and page size."""
    other_parameters = [(name, request.GET[name]) for name in ("sort", "per_page") if request.GET.get(name)]
    scopes = scope_chips(request.user, filters.as_query())  # type: ignore[arg-type]
    return filter_panel(filters, LIST_LAYOUT, other_parameters, scopes)


def _export_queries(request: HttpRequest, filters: CertificationFilter) -> dict[str, str]:
    """Return {format: query string} of exports of the same rows in the same order; without filters, all live ones."""
    query, sort = filters.as_query() or EVERYTHING_LIVE, request.GET.get("sort")
    more = {"sort": sort} if sort else {}
    return {name.upper(): f"{query}&{urlencode({**more, 'export': name})}" for name in ("csv", "json")}


@dataclass(frozen=True)
class CertificationPage:
    """The page of one certification. `facts`: (title, [(label, text)]) of its stored facts."""

    certification: TrackerCertification
    components: list[dict[str, Any]]
    facts: list[tuple[str, list[tuple[str, str]]]]
    read_at: datetime | None
    evidence: list[EvidenceLink]
    may_update: bool
    may_restore: bool
    is_mine: bool
    stale: list[str]
    serialized_differences: str
    fact_history: list[tuple[str, datetime | None, str, str]]
    has_typed: bool
    changes: list[ChangeView]
    review: CertificationReview
    confirmed: list[str]
    opinions: OtherOpinions
    recorded: str
    apv_mode: str = ""
    as_of: datetime | None = None

    @property
    def missing_facts(self) -> str:
        """The facts without a value, joined as in a sentence: lumisections, recorded luminosity (not of cosmics)."""
        row = self.certification
        missing = ["lumisections"] if row.lumisections is None else []
        if row.recorded_lumi is None and row.run_type != RunType.COSMICS:
            missing.append("recorded luminosity")
        return join_names(missing) if missing else ""


_SHOWN_FACTS = {
    "run": [
        "start_time",
        "end_time",
        "duration",
        "era",
        "stable_beam",
        "energy",
        "b_field",
        "delivered_lumi",
        "hlt_key",
    ],
    "fill": ["fill_number", "fill_type_runtime", "bunches_colliding", "peak_lumi", "peak_pileup"],
}
_LABELS = {
    "start_time": "Began (UTC)",
    "end_time": "Ended (UTC)",
    "duration": "Duration",
    "era": "Era",
    "stable_beam": "Stable beam",
    "energy": "Energy (GeV)",
    "b_field": "B field (T)",
    "delivered_lumi": "Delivered",
    "hlt_key": "HLT key",
    "fill_number": "Number",
    "fill_type_runtime": "Particles",
    "bunches_colliding": "Colliding bunches",
    "peak_lumi": "Peak luminosity",
    "peak_pileup": "Peak pile-up",
}


def _frozen_fact_text(certification: TrackerCertification, title: str, name: str) -> str:
    facts = certification.facts
    value, typed = facts[title][name], facts.get("typed", {}).get(title, {})
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if name.endswith("_time") and isinstance(value, str):
        value = parse_datetime(value)
    text, source = fact_text(name, value, beside=_luminosities_like(name, certification)), typed.get(name)
    return text + (f" (typed by {source['by']})" if source else "")


def _frozen_facts(certification: TrackerCertification) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the stored facts to show, by group; an empty list for an imported certification without facts."""
    facts, run_type = certification.facts, certification.run_type
    is_cosmics = run_type == RunType.COSMICS
    groups = []
    for title, names in _SHOWN_FACTS.items():
        values = facts.get(title) or {}
        lines = [
            (_LABELS[name], _frozen_fact_text(certification, title, name))
            for name in names
            if name in values and has_fact(run_type, name, values[name]) and (is_cosmics or name != "duration")
        ]
        groups.append((title.capitalize(), lines))
    return [(title, lines) for title, lines in groups if lines]


def _recorded_text(certification: TrackerCertification) -> str:
    """Return the recorded luminosity; empty for cosmics without."""
    value = certification.recorded_lumi
    is_shown = has_fact(certification.run_type, "recorded_lumi", value)
    return lumi_text(value, _luminosities_like("recorded_lumi", certification)) if is_shown else ""


def _luminosities_like(name: str, certification: TrackerCertification) -> list[float | None]:
    """Return the luminosities on the page of the certification with the quantity of `name`."""
    own = {"recorded_lumi": certification.recorded_lumi}
    parts = ((certification.facts.get(title) or {}, names) for title, names in _SHOWN_FACTS.items())
    return luminosities_like(name, own, *({shown: facts.get(shown) for shown in names} for facts, names in parts))


def certification_page(
    certification: TrackerCertification, user: User, as_of: datetime | None = None
) -> CertificationPage:
    """Build the page of one certification for this user. `as_of`: time of a historical version, which is read-only."""
    is_mine = certification.user_id == user.pk
    may_change = as_of is None and certification.may_be_changed_by(user)
    return CertificationPage(
        certification=certification,
        components=[_component(certification, component_flag) for component_flag in certification.component_flags],
        facts=_frozen_facts(certification),
        read_at=parse_datetime(certification.facts.get("read_at") or ""),
        evidence=_evidence(certification),
        may_update=certification.state == CertificationState.LIVE and may_change,
        may_restore=certification.state == CertificationState.WITHDRAWN and may_change,
        is_mine=is_mine,
        stale=format_changes(certification.stale),
        serialized_differences=serialized_differences(certification),
        fact_history=history_of_facts(certification.facts),
        has_typed=any(certification.facts.get("typed", {}).values()),
        changes=_changes(certification, user, as_of),
        review=certification_review(certification, user, as_of),
        opinions=certification_opinions(certification, as_of),
        recorded=_recorded_text(certification),
        apv_mode=_apv_mode(certification),
        as_of=as_of,
        confirmed=confirmed_sentences(certification),
    )


def _changes(certification: TrackerCertification, reader: User, as_of: datetime | None) -> list[ChangeView]:
    """Return the changes, newest first; with `as_of` those until that time, without undo."""
    changes = changes_of(TrackerCertification, certification.pk).prefetch_related("undone_by")
    if as_of is None:
        return present_changes(changes, reader, certification)
    shown = present_changes(changes.filter(at__lte=as_of), reader, certification)
    return [replace(change, may_undo=False) for change in shown]


def _evidence(certification: TrackerCertification) -> list[EvidenceLink]:
    """Return the links at the run, dataset and reference of the certification, and at the present fill of the run."""
    reference = certification.reference_runreconstruction
    return evidence_links(
        RunDataset(certification.run_number, certification.dataset.name if certification.dataset else ""),
        RunDataset(reference.run_id, certified_datasets(reference.pk).first() or ""),
        certification.runreconstruction.run.fill_number,
    )


def _apv_mode(certification: TrackerCertification) -> str:
    """Return the stored APV mode of a cosmics run, with one query; empty for collisions and if it is not known."""
    if certification.run_type != RunType.COSMICS:
        return ""
    return stored_modes([certification.run_number]).get(certification.run_number, "")


def _component(certification: TrackerCertification, component_flag: ComponentFlag) -> dict[str, Any]:
    return {
        "flag": component_flag,
        "out": certification.out.component_text_with_ranges(component_flag.component),
        "problems": list(getattr(certification, component_flag.component.problems_field).all()),
    }

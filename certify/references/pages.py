"""Data of the page of reference runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django_tables2 import RequestConfig

from certify.facts.presentation import fact_text
from certify.models import RunReconstruction
from certify.references import apv_client
from certify.references.apv_modes import runs_without_mode
from certify.references.tables import ReferenceTable
from infrastructure.web.paging import paginate_table, size_options

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from certify.references.filters import ReferenceFilter

ReferenceQuerySet = QuerySet[RunReconstruction]


@dataclass(frozen=True)
class ReferencePage:
    """Filters and one page of the table. `query` is the query string of the page."""

    filters: ReferenceFilter
    table: ReferenceTable
    sizes: list[tuple[int, bool]]
    hidden_inputs: list[tuple[str, str]]
    runs_without_apv_mode: list[int]
    query: str

    @property
    def has_errors(self) -> bool:
        """Return whether the filters are invalid."""
        return bool(self.filters.form.errors)

    @property
    def is_filtered(self) -> bool:
        """Return whether any filter is set."""
        return any(self.filters.data.get(name) for name in self.filters.base_filters)

    @property
    def rows(self) -> list[SafeString]:
        """Return the rendered rows of this page of the table."""
        rows = [row.record for row in self.table.paginated_rows]
        return [render_to_string("references/_row.html", {"record": row, "page": self}) for row in rows]

    @property
    def has_apv(self) -> bool:
        """Return whether the table has a column for the APV mode."""
        return apv_client.is_enabled()

    @property
    def total(self) -> int:
        """Return the number of rows on all pages."""
        return int(self.table.paginator.count)


def sorted_references(request: HttpRequest, rows: ReferenceQuerySet) -> Any:
    """Return the rows sorted by the query parameters."""
    table = _build_table(rows)
    RequestConfig(request, paginate=False).configure(table)
    return table.data.data


def _build_table(rows: ReferenceQuerySet) -> ReferenceTable:
    return ReferenceTable(rows) if apv_client.is_enabled() else ReferenceTable(rows, exclude=("apv",))


def reference_page(request: HttpRequest, filters: ReferenceFilter, rows: ReferenceQuerySet) -> ReferencePage:
    """Return one page of these rows: two queries."""
    table = _build_table(rows)
    RequestConfig(request, paginate=False).configure(table)  # its pagination would accept any page size
    paginate_table(request, table)
    shown = [(row.record.run_id, getattr(row.record.run, "readout", None)) for row in table.paginated_rows]
    query = request.GET.copy()
    query.pop("again", None)
    return ReferencePage(
        filters=filters,
        table=table,
        sizes=size_options(request),
        hidden_inputs=[(name, request.GET[name]) for name in ("sort", "per_page") if request.GET.get(name)],
        runs_without_apv_mode=sorted(set(runs_without_mode(shown))),
        query=query.urlencode(),
    )


def apv_cells(page: ReferencePage, modes: dict[int, str]) -> list[tuple[str, str]]:
    """Return (element id, mode) of the cells of this page whose mode is known."""
    rows = [row.record for row in page.table.paginated_rows]
    return [(f"apv-{row.run_id}-{row.reconstruction}", modes[row.run_id]) for row in rows if modes.get(row.run_id)]


def reference_facts(reference: RunReconstruction) -> list[tuple[str, str]]:
    """Return (label, text) of the conditions of a reference run."""
    run, fill = reference.run, reference.run.fill
    facts = [
        ("Run type", "run_type", run.run_type),
        ("Era", "era", run.era or (fill.era if fill else None)),
        ("Fill", "fill_number", run.fill_number),
        ("B field (T)", "b_field", run.b_field),
        ("Energy (GeV)", "energy", run.energy),
        ("Peak pile-up", "peak_pileup", fill.peak_pileup if fill else None),
        ("Colliding bunches", "bunches_colliding", fill.bunches_colliding if fill else None),
        ("Lumisections", "lumisections", run.lumisections),
        ("Recorded", "recorded_lumi", run.recorded_lumi),
        ("Began (UTC)", "start_time", run.start_time),
    ]
    mode = getattr(getattr(run, "readout", None), "mode", None)
    return [(label, fact_text(name, value)) for label, name, value in facts] + ([("APV mode", mode)] if mode else [])

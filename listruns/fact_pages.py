"""The content of the pages about facts: incomplete certifications, typed values, the history of stored facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime

from certify.facts.actions import form_value
from certify.facts.presentation import (
    fact_label,
    fact_text,
    filled_text,
    label_in_sentence,
    typed_by_text,
    typed_text,
)
from certify.facts.run_type import certified_by_earlier_rule
from certify.facts.staleness import format_changes
from certify.models import TrackerCertification
from certify.rules.entry import join_names
from infrastructure.web.paging import requested_page
from oms.completeness import missing_facts
from oms.overrides import oms_value
from oms.parsing import derive_run_type
from registry.parsing import run_type_in

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.paginator import Page
    from django.http import HttpRequest

    from oms.models import OmsFill, OmsRun

PAGE_SIZE = 50
_UNITS = {"energy": "GeV", "b_field": "T"}  # luminosities have theirs in their text


@dataclass(frozen=True)
class IncompleteCertification:
    """One certification with its missing and typed values as text."""

    certification: TrackerCertification
    missing: list[str]
    has_typed: bool


@dataclass(frozen=True)
class TypedFact:
    """A typed value and the value of OMS. `name`: of its checkbox; `oms_form_value`: OMS's, for the hidden field."""

    name: str
    label: str
    typed: str
    by: str
    oms: str
    oms_form_value: str
    is_same: bool


@dataclass(frozen=True)
class FactsToCompletePage:
    """The incomplete certifications, newest first, and the problems of a refresh."""

    page: Page[TrackerCertification]
    rows: list[IncompleteCertification]
    stale: int
    problems: list[str] = field(default_factory=list)


def facts_to_complete_page(request: HttpRequest, problems: list[str] | None = None) -> FactsToCompletePage:
    """Return one page of incomplete certifications: three queries."""
    live = TrackerCertification.objects.live()
    rows = live.incomplete().select_related("runreconstruction__run__fill", "user", "dataset").defer("facts")
    page = requested_page(request, rows.order_by("-date", "-pk"), PAGE_SIZE)
    return FactsToCompletePage(
        page, [_incomplete_certification(row) for row in page], live.stale().count(), problems or []
    )


@dataclass(frozen=True)
class RunTypesPage:
    """Certifications that are cosmics by the earlier rule, each with the run type that it would have now."""

    page: Page[TrackerCertification]
    rows: list[tuple[TrackerCertification, str]]


def run_types_page(request: HttpRequest) -> RunTypesPage:
    """Return one page of the certifications that are cosmics by the earlier rule, newest run first: two queries."""
    rows = certified_by_earlier_rule().select_related("runreconstruction__run", "user", "dataset").defer("facts")
    page = requested_page(request, rows.order_by("-runreconstruction__run", "pk"), PAGE_SIZE)
    return RunTypesPage(page, [(row, _run_type_now(row)) for row in page])


def _run_type_now(certification: TrackerCertification) -> str:
    """Return the run type by HLT key and beam without the earlier rule, else by the name of the dataset."""
    run = certification.runreconstruction.run
    by_name = run_type_in(certification.dataset.name) if certification.dataset else None
    return by_name or derive_run_type(run.hlt_key, run.stable_beam).value


def _incomplete_certification(certification: TrackerCertification) -> IncompleteCertification:
    run = certification.runreconstruction.run
    typed = typed_text({"run": run.typed, "fill": run.fill.typed if run.fill else {}})
    missing = [typed] if typed else []
    if run.fetched_at is None:
        missing.append("OMS has not answered for the run")
    elif run.fill_number and (run.fill is None or run.fill.fetched_at is None):
        missing.append(f"OMS has not answered for fill {run.fill_number}")
    elif not_given := missing_facts(run):
        missing.append(f"OMS has not given {join_names(not_given)}")
    if certification.dataset is None:
        missing.append("no dataset")
    elif not certification.is_dataset_verified:
        missing.append("dataset unverified")
    if not certification.lumisections_seen:
        missing.append("lumisections not seen")
    return IncompleteCertification(certification, missing or ["not looked at since"], bool(typed))


def typed_facts(run: OmsRun) -> list[TypedFact]:
    """Return all typed values of the run and its fill."""
    parts: list[tuple[str, OmsRun | OmsFill | None]] = [("run", run), ("fill", run.fill)]
    return [_typed_fact(part, row, name) for part, row in parts if row is not None for name in row.typed]


def _typed_fact(part: str, row: OmsRun | OmsFill, name: str) -> TypedFact:
    value, reported = getattr(row, name), oms_value(row, name)
    beside = [value, reported] if name.endswith("_lumi") else []
    return TypedFact(
        name=f"{part}-{name}",
        label=fact_label(name, part),
        typed=fact_text(name, value, _UNITS.get(name, ""), beside),
        by=typed_by_text(row.source_of(name)).removeprefix("typed by "),
        oms=fact_text(name, reported, _UNITS.get(name, ""), beside) if row.fetched_at else "",
        oms_form_value=form_value(reported),
        is_same=value == reported,
    )


def history_of_facts(facts: dict[str, Any]) -> list[tuple[str, datetime | None, str, str]]:
    """Return (event, time, user name, text) of typed values, and of later changes of the stored facts."""
    typed = [(part, *item) for part, values in facts.get("typed", {}).items() for item in values.items()]
    events = [
        ("Typed", parse_datetime(source["at"]), source["by"], label_in_sentence(name, part))
        for part, name, source in typed
    ]
    if filled := facts.get("filled"):
        events.append(("Filled in later", parse_datetime(filled["at"]), "", filled_text(filled["names"])))
    if confirmed := facts.get("confirmed"):
        events.append(
            (
                "Confirmed",
                parse_datetime(confirmed["at"]),
                confirmed["by"],
                "; ".join(format_changes(confirmed["changes"])),
            )
        )
    return events

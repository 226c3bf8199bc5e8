"""Facts that differ from those a certification was made with (stale), or from those a form showed.

The stale facts are derived from the facts stored with the certification and the current facts of the run. They are
updated in every transaction that changes facts of the run: a read from OMS (also for a page), a typed value, a restored
value of OMS. A certification whose facts return to the earlier values is no longer stale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from certify.facts.ranges_differences import RANGES_LABELS, filled_facts, ranges_differences
from certify.models import StaleMark, TrackerCertification
from certify.models.components import RANGES_FIELDS
from certify.models.lumisections_out import ranges_facts
from certify.rules.entry import ValidationIssue
from certify.rules.fact_comparison import (
    FACT_LABELS,
    SINCE_CERTIFIED,
    SINCE_SHOWN,
    FactDiff,
    compare_facts,
    format_fact,
)
from oms.choices import RunType
from oms.models import OmsRun
from oms.parsing import derive_run_type
from oms.verdict_facts import VERDICT_FACTS, verdict_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import Model

    from oms.lumisections.models import LumisectionReading

DATASET = "dataset"
_LABELS = FACT_LABELS | {DATASET: "dataset"} | RANGES_LABELS
# Differences that only another answer than that of the run changes: of Run Registry, of the lumisections.
_OF_OTHER_ANSWERS = (DATASET, *RANGES_LABELS)


def changed_facts(certification: TrackerCertification, run: OmsRun) -> list[dict[str, Any]]:
    """Return {fact, was, now} for each fact of the verdict that changed. A value that was missing is no change."""
    rows = compare_facts(verdict_facts(certification), verdict_facts(run), SINCE_CERTIFIED)
    changed = [{"fact": row.name, "was": row.before, "now": row.after} for row in rows if row.is_different]
    return [diff for diff in changed if diff["fact"] != "run_type" or not _is_by_earlier_rule(certification, run)]


def _is_by_earlier_rule(certification: TrackerCertification, run: OmsRun) -> bool:
    """Whether the certification is cosmics because the run had no stable beam, which decides nothing any more.

    It keeps its run type; `certify.facts.run_type` lists it.
    """
    if certification.run_type != RunType.COSMICS or run.stable_beam is not False or "run_type" in run.typed:
        return False
    is_undecided = bool(run.hlt_key) and derive_run_type(run.hlt_key, run.stable_beam) == RunType.UNKNOWN
    return is_undecided and "run_type" not in certification.facts.get("typed", {}).get("run", {})


def mark_stale(runs: Iterable[OmsRun]) -> None:
    """Update the stale facts of all certifications of these runs: one query, and one for each that changes."""
    by_number = {run.run_number: run for run in runs}
    columns = (*VERDICT_FACTS, "facts", "stale", "stale_since", "runreconstruction__run_id")
    rows = TrackerCertification.objects.filter(runreconstruction__run_id__in=by_number)
    for certification in rows.select_related("runreconstruction").only(*columns).order_by("pk"):
        store_differences(
            certification,
            changed_facts(certification, by_number[certification.run_number]) + other_differences(certification),
        )


def store_differences(certification: TrackerCertification, stale: list[dict[str, Any]]) -> None:
    """Store the stale facts. Version and time of the last change stay: the certification itself did not change."""
    if stale == certification.stale:
        return
    _set_mark(certification, stale)
    TrackerCertification.objects.filter(pk=certification.pk).update(
        stale=certification.stale, stale_since=certification.stale_since
    )


def clear_mark(certification: TrackerCertification) -> None:
    """Set that a certification, which the caller saves, is not stale: its facts are the present ones."""
    if certification.stale:
        _set_mark(certification, [])


def _set_mark(certification: TrackerCertification, stale: list[dict[str, Any]]) -> None:
    now = timezone.now()
    certification.stale, certification.stale_since = stale, (certification.stale_since or now) if stale else None
    StaleMark.objects.create(certification=certification, at=now, differences=stale)


def update_ranges_differences(run_number: int) -> None:
    """Update the certifications of a run with ranges, after its lumisections or the ranges have changed.

    What OMS had not given when a certification was made is filled in. A query, and three for each with ranges.
    """
    no_ranges: dict[str, Any] = {name: [] for name in RANGES_FIELDS}
    rows = TrackerCertification.objects.of_run(run_number).exclude(**no_ranges, stale=[])
    for certification in rows.select_related("runreconstruction").order_by("pk"):
        now = ranges_facts(run_number, certification.run_type, certification.component_flags)
        filled = filled_facts(certification.ranges_facts, now)
        if filled != certification.ranges_facts:
            TrackerCertification.objects.filter(pk=certification.pk).update(ranges_facts=filled)
        others = [row for row in certification.stale if row["fact"] not in RANGES_LABELS]
        store_differences(certification, others + ranges_differences(filled, now))


def on_lumisections_changed(reading: LumisectionReading, **_signal: Any) -> None:
    """Signal receiver: other rows of the lumisections of a run are stored."""
    update_ranges_differences(reading.run_number)


def on_facts_changed(rows: list[OmsRun], **_signal: Any) -> None:
    """Signal receiver: facts of these runs changed."""
    mark_stale(rows)


def on_undone(rows: list[Model], **_signal: Any) -> None:
    """Signal receiver: an undo changed facts of runs or of certifications."""
    numbers = {row.run_number for row in rows if isinstance(row, OmsRun | TrackerCertification)}
    mark_stale(OmsRun.objects.filter(pk__in=numbers))
    for number in numbers:
        update_ranges_differences(number)


def expected_dataset(certification: TrackerCertification) -> str:
    """Return the dataset of Run Registry that a person last confirmed; else the dataset of the certification."""
    own = certification.dataset.name if certification.dataset else ""
    return str(certification.facts.get("registry", {}).get("named", own))


def other_differences(certification: TrackerCertification) -> list[dict[str, Any]]:
    """Return the stored differences that the facts of the run do not change: dataset, lumisections in ranges."""
    return [difference for difference in certification.stale if difference["fact"] in _OF_OTHER_ANSWERS]


def changed_dataset(certification: TrackerCertification) -> str | None:
    """Return the dataset that Run Registry gives instead, "" if it gives none; None if there is no difference."""
    return next((row["now"] for row in certification.stale if row["fact"] == DATASET), None)


def settled_registry(certification: TrackerCertification, registry: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of Run Registry with the dataset that a person confirmed although it differs, if any."""
    dataset = changed_dataset(certification)
    if dataset is None:
        dataset = certification.facts.get("registry", {}).get("named")
    return registry if dataset is None else registry | {"named": dataset}


def format_changes(stale: list[dict[str, Any]]) -> list[str]:
    """Format the stale facts, such as "recorded luminosity 78.150 /pb → 80.112 /pb"."""
    rows = [(difference["fact"], difference["was"], difference["now"]) for difference in stale]
    return [f"{_LABELS[fact]} {format_fact(fact, was)} → {format_fact(fact, now)}" for fact, was, now in rows]


def shown_facts(run: OmsRun, certification: TrackerCertification | None = None) -> dict[str, Any]:
    """Return the facts of the verdict that a form shows, and `dataset`: that of a stored difference, if any."""
    return verdict_facts(run) | {DATASET: changed_dataset(certification) if certification else None}


def changed_since_shown(
    shown: dict[str, Any] | None, run: OmsRun, certification: TrackerCertification | None, typed: Collection[str]
) -> list[ValidationIssue]:
    """Return an issue for each fact that differs from the value that the form showed, except the `typed` ones.

    `shown` is None for a form without that information: it has no issues.
    """
    if shown is None:
        return []
    now = shown_facts(run, certification)
    changed = [row for row in compare_facts(shown, now, SINCE_SHOWN) if row.is_different]
    sentences = {row.name: _since_shown_sentence(row) for row in changed}
    # A difference of the dataset that no longer exists is not an issue.
    if now[DATASET] not in (None, shown.get(DATASET)):
        sentences[DATASET] = _other_dataset_sentence(now[DATASET])
    return [ValidationIssue(name, sentence) for name, sentence in sentences.items() if name not in typed]


def _since_shown_sentence(row: FactDiff) -> str:
    now_is, was_is = ("are", "were") if row.name == "lumisections" else ("is", "was")
    now, was = f"{now_is} {row.after_text} now", f"{row.before_text} {was_is} shown"
    return f"{row.label.capitalize()} {now}, {was}. Check it and save again."


def _other_dataset_sentence(dataset: str) -> str:
    named = f"the dataset {dataset}" if dataset else "no dataset"
    return f"Run Registry names {named} now. Check it and save again."

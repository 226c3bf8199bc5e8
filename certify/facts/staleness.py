"""When facts are no longer those a certification was made on (a mark with the difference) or a form showed.

The mark is bookkeeping that follows from two things stored, the facts frozen with the certification and those of the
run now. It is set in the transaction that changes the run's facts, wherever that happens: the mirror of OMS is read
(also for a page), a value is typed or given back. Facts that come back to what they were take the mark away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from certify.models import TrackerCertification
from certify.rules.entry import ValidationIssue
from certify.rules.fact_comparison import (
    FACT_LABELS,
    SINCE_CERTIFIED,
    SINCE_SHOWN,
    FactDiff,
    compare_facts,
    format_fact,
)
from oms.models import OmsRun
from oms.verdict_facts import VERDICT_FACTS, verdict_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import Model

DATASET = "dataset"
_LABELS = FACT_LABELS | {DATASET: "dataset"}


def changed_facts(certification: TrackerCertification, run: OmsRun) -> list[dict[str, Any]]:
    """{fact, was, now} of each fact that changed so that the verdict may; a value that was missing did not."""
    rows = compare_facts(verdict_facts(certification), verdict_facts(run), SINCE_CERTIFIED)
    return [{"fact": row.name, "was": row.before, "now": row.after} for row in rows if row.is_different]


def mark_stale(runs: Iterable[OmsRun]) -> None:
    """Set or take away the mark of all certifications of these runs: one query, and one for each that changes."""
    by_number = {run.run_number: run for run in runs}
    columns = (*VERDICT_FACTS, "stale", "stale_since", "runreconstruction__run_id")
    resting = TrackerCertification.objects.filter(runreconstruction__run_id__in=by_number)
    for certification in resting.select_related("runreconstruction").only(*columns).order_by("pk"):
        store_differences(
            certification,
            changed_facts(certification, by_number[certification.run_number]) + dataset_differences(certification),
        )


def store_differences(certification: TrackerCertification, stale: list[dict[str, Any]]) -> None:
    """Store the differences; version and time of the last change stay, since nobody changed the certification."""
    if stale == certification.stale:
        return
    certification.stale, certification.stale_since = (
        stale,
        (certification.stale_since or timezone.now()) if stale else None,
    )
    TrackerCertification.objects.filter(pk=certification.pk).update(
        stale=certification.stale, stale_since=certification.stale_since
    )


def on_facts_changed(rows: list[OmsRun], **_signal: Any) -> None:
    """The mirror was written with other facts than before."""
    mark_stale(rows)


def on_undone(rows: list[Model], **_signal: Any) -> None:
    """An undo set facts of a run back, or a certification to other facts."""
    numbers = {row.run_number for row in rows if isinstance(row, OmsRun | TrackerCertification)}
    mark_stale(OmsRun.objects.filter(pk__in=numbers))


def expected_dataset(certification: TrackerCertification) -> str:
    """The dataset that Run Registry named when a person last looked; the certification's own where none did."""
    own = certification.dataset.name if certification.dataset else ""
    return str(certification.facts.get("registry", {}).get("named", own))


def dataset_differences(certification: TrackerCertification) -> list[dict[str, Any]]:
    """The difference that the mark has of the dataset, if any; only Run Registry can set it and take it away."""
    return [one for one in certification.stale if one["fact"] == DATASET]


def changed_dataset(certification: TrackerCertification) -> str | None:
    """The dataset that Run Registry names instead, "" for none at all; None where no difference is marked."""
    return next((one["now"] for one in dataset_differences(certification)), None)


def settled_registry(certification: TrackerCertification, registry: dict[str, Any]) -> dict[str, Any]:
    """What Run Registry said, with the dataset it names now where a person has seen that it is another."""
    seen = changed_dataset(certification)
    if seen is None:
        seen = certification.facts.get("registry", {}).get("named")
    return registry if seen is None else registry | {"named": seen}


def format_changes(stale: list[dict[str, Any]]) -> list[str]:
    """The differences for people: "recorded luminosity 78.150 /pb → 80.112 /pb"."""
    return [
        f"{_LABELS[one['fact']]} {format_fact(one['fact'], one['was'])} → {format_fact(one['fact'], one['now'])}"
        for one in stale
    ]


def shown_facts(run: OmsRun, certification: TrackerCertification | None = None) -> dict[str, Any]:
    """The facts by name, as they travel with a form; `dataset` is the one that the mark of `certification` names."""
    return verdict_facts(run) | {DATASET: changed_dataset(certification) if certification else None}


def changed_since_shown(
    shown: dict[str, Any] | None, run: OmsRun, certification: TrackerCertification | None, typed: Collection[str]
) -> list[ValidationIssue]:
    """A sentence for each fact that is another than the form showed; a `typed` one is the person's own.

    `shown` is None for a form that does not say what it showed: it is taken as it is.
    """
    if shown is None:
        return []
    now = shown_facts(run, certification)
    changed = [row for row in compare_facts(shown, now, SINCE_SHOWN) if row.is_different]
    sentences = {row.name: _since_shown_sentence(row) for row in changed}
    # A mark on the dataset that went away takes nothing from what was shown.
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

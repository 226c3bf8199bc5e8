"""When a certification no longer rests on the facts it was made on: a mark with the difference, and nothing else.

The mark is bookkeeping that follows from two things stored, the facts frozen with the certification and those of the
run now. It is set in the transaction that changes the run's facts, wherever that happens: the mirror of OMS is read
(also for a page), a value is typed or given back. Facts that come back to what they were take the mark away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils import timezone

from certify.models import TrackerCertification
from oms.formatting import lumi_text
from oms.models import OmsRun

# A luminosity that OMS recomputes by no more than this share is the same.
TOLERANCE = 0.01
DATASET = "dataset"
FACT_LABELS = {
    "run_type": "run type",
    "lumisections": "lumisections",
    "recorded_lumi": "recorded luminosity",
    DATASET: "dataset",
}


def changed_facts(certification: TrackerCertification, run: OmsRun) -> list[dict[str, Any]]:
    """{fact, was, now} of each fact that changed so that the verdict may; a value that was missing did not."""
    before_after = [(name, getattr(certification, name), getattr(run, name)) for name in FACT_LABELS if name != DATASET]
    return [
        {"fact": name, "was": was, "now": now}
        for name, was, now in before_after
        if was is not None and not is_same(name, was, now)
    ]


def is_same(name: str, was: Any, now: Any) -> bool:
    """Whether a value that was there counts as what it is now; luminosities within `TOLERANCE`."""
    if name == "recorded_lumi" and now is not None:
        return bool(abs(now - was) <= TOLERANCE * abs(was))
    return bool(was == now)


def mark_stale(runs: Iterable[OmsRun]) -> None:
    """Set or take away the mark of all certifications of these runs: one query, and one for each that changes."""
    by_number = {run.run_number: run for run in runs}
    columns = ("run_type", "lumisections", "recorded_lumi", "stale", "stale_since", "runreconstruction__run_id")
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


def format_fact(name: str, value: Any) -> str:
    """A fact of a difference for people."""
    return lumi_text(value) if name == "recorded_lumi" else ("none" if value in (None, "") else str(value))


def format_changes(stale: list[dict[str, Any]]) -> list[str]:
    """The differences for people: "recorded luminosity 78.150 /pb → 80.112 /pb"."""
    return [
        f"{FACT_LABELS[one['fact']]} {format_fact(one['fact'], one['was'])} → {format_fact(one['fact'], one['now'])}"
        for one in stale
    ]

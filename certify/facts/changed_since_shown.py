"""What a form showed of the facts that a verdict rests on, and which of them are others when it is saved."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from certify.facts.staleness import DATASET, FACT_LABELS, changed_dataset, format_fact, is_same
from certify.models import TrackerCertification
from certify.rules.entry import ValidationIssue
from oms.models import OmsRun


def shown_facts(run: OmsRun, certification: TrackerCertification | None = None) -> dict[str, Any]:
    """The facts by name, as they travel with the form; `dataset` is the one that the mark of `certification` names."""
    of_run = {name: getattr(run, name) for name in FACT_LABELS if name != DATASET}
    return of_run | {DATASET: changed_dataset(certification) if certification else None}


def changed_since_shown(
    shown: dict[str, Any] | None, run: OmsRun, certification: TrackerCertification | None, typed: Collection[str]
) -> list[ValidationIssue]:
    """A sentence for each fact that is another than the form showed; a `typed` one is the person's own.

    `shown` is None for a form that does not say what it showed: it is taken as it is.
    """
    if shown is None:
        return []
    return [
        ValidationIssue(name, _sentence(name, shown.get(name), now))
        for name, now in shown_facts(run, certification).items()
        if name not in typed and _is_changed(name, shown.get(name), now)
    ]


def _is_changed(name: str, was: Any, now: Any) -> bool:
    """A mark on the dataset that went away takes nothing from what was shown."""
    if name == DATASET:
        return now not in (None, was)
    return now is not None if was is None else not is_same(name, was, now)


def _sentence(name: str, was: Any, now: Any) -> str:
    if name == DATASET:
        return f"Run Registry names {f'the dataset {now}' if now else 'no dataset'} now. Check it and save again."
    now_is, was_is = ("are", "were") if name == "lumisections" else ("is", "was")
    what = FACT_LABELS[name].capitalize()
    now_text, was_text = _value_text(name, now), _value_text(name, was)
    return f"{what} {now_is} {now_text} now, {was_text} {was_is} shown. Check it and save again."


def _value_text(name: str, value: Any) -> str:
    return "none" if value is None else format_fact(name, value)

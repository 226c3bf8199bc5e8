"""What a form showed of the facts that a verdict rests on, and which of them are others when it is saved."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from certify.facts.staleness import DATASET, FACT_WORDS, dataset_marked, fact_words, is_same
from certify.models import TrackerCertification
from certify.rules.entry import Refusal
from oms.models import OmsRun


def shown_facts(run: OmsRun, standing: TrackerCertification | None = None) -> dict[str, Any]:
    """The facts by name, as they travel with the form; `dataset` is the one that the mark of `standing` names."""
    of_run = {name: getattr(run, name) for name in FACT_WORDS if name != DATASET}
    return of_run | {DATASET: dataset_marked(standing) if standing else None}


def not_as_shown(
    shown: dict[str, Any] | None, run: OmsRun, standing: TrackerCertification | None, typed: Collection[str]
) -> list[Refusal]:
    """A sentence for each fact that is another than the form showed; a `typed` one is the person's own.

    `shown` is None for a form that does not say what it showed: it is taken as it is.
    """
    if shown is None:
        return []
    return [
        Refusal(name, _sentence(name, shown.get(name), now))
        for name, now in shown_facts(run, standing).items()
        if name not in typed and _is_another(name, shown.get(name), now)
    ]


def _is_another(name: str, was: Any, now: Any) -> bool:
    """A mark on the dataset that went away takes nothing from what was shown."""
    if name == DATASET:
        return now not in (None, was)
    return now is not None if was is None else not is_same(name, was, now)


def _sentence(name: str, was: Any, now: Any) -> str:
    if name == DATASET:
        return f"Run Registry names {f'the dataset {now}' if now else 'no dataset'} now. Check it and save again."
    now_is, was_is = ("are", "were") if name == "lumisections" else ("is", "was")
    what = FACT_WORDS[name].capitalize()
    return f"{what} {now_is} {_words(name, now)} now, {_words(name, was)} {was_is} shown. Check it and save again."


def _words(name: str, value: Any) -> str:
    return "none" if value is None else fact_words(name, value)

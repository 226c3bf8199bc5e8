"""The rules on components as sentences of the help page, from the declaration of the components."""

from __future__ import annotations

from dataclasses import dataclass

from certify.models.components import Component
from certify.rules.entry import join_names
from oms.choices import RunType


@dataclass(frozen=True)
class ComponentSentences:
    """`names`: all of them; `undecided`: those that decide for one run type alone; the rest are whole sentences.

    `asked`: what is asked of components that are good while another is not, without a full stop.
    """

    names: str
    undecided: str
    verdict: str
    refused: tuple[str, ...]
    asked: str


def component_sentences() -> ComponentSentences:
    return ComponentSentences(
        names=join_names([one.label for one in Component]),
        undecided=join_names([one.label for one in Component if one.counts_for(RunType.UNKNOWN) is None], "or"),
        verdict=_verdict_sentence(),
        refused=tuple(_refusals()),
        asked=", ".join(_questions()),
    )


def _counting(run_type: RunType) -> list[str]:
    return [one.label for one in Component if one.counts_for(run_type)]


def _verdict_sentence() -> str:
    collisions, cosmics = _counting(RunType.COLLISIONS), _counting(RunType.COSMICS)
    ignored = [label for label in collisions if label not in cosmics]
    do_not_count = f"{join_names(ignored)} {'do' if ignored[1:] else 'does'} not count"
    return (
        f"Collisions are good when {join_names(collisions)} are ok. "
        f"Cosmics are good when {join_names(cosmics)} are ok; {do_not_count}."
    )


def _refusals() -> list[str]:
    return [
        f"{one.label} cannot be good while {needed.component.label} is bad without low statistics."
        for one in Component
        for needed in one.declaration.prerequisites
        if needed.is_required
    ]


def _questions() -> list[str]:
    return [
        f"{one.label} good without {join_names([needed.component.label for needed in prerequisites], 'or')}"
        for one in Component
        if (prerequisites := one.declaration.prerequisites)
    ]

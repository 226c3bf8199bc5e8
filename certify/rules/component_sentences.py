"""The rules on components as sentences for the help page, derived from the declaration of the components."""

from __future__ import annotations

from dataclasses import dataclass

from certify.models.components import Component
from certify.rules.entry import join_names
from oms.choices import RunType


@dataclass(frozen=True)
class ComponentSentences:
    """The rules on components as text.

    `names`: all components. `undecided`: components that count for some run types only. `verdict` and `refused`: whole
    sentences. `confirmations`: the combinations that need a confirmation, without a full stop.
    """

    names: str
    undecided: str
    verdict: str
    refused: tuple[str, ...]
    confirmations: str


def component_sentences() -> ComponentSentences:
    return ComponentSentences(
        names=join_names([component.label for component in Component]),
        undecided=join_names(
            [component.label for component in Component if component.counts_for(RunType.UNKNOWN) is None], "or"
        ),
        verdict=_verdict_sentence(),
        refused=tuple(_refusals()),
        confirmations=", ".join(_confirmations()),
    )


def _counting(run_type: RunType) -> list[str]:
    return [component.label for component in Component if component.counts_for(run_type)]


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
        f"{component.label} cannot be good while {prerequisite.component.label} is bad without low statistics."
        for component in Component
        for prerequisite in component.declaration.prerequisites
        if prerequisite.is_required
    ]


def _confirmations() -> list[str]:
    return [
        f"{component.label} good without {join_names([required.component.label for required in prerequisites], 'or')}"
        for component in Component
        if (prerequisites := component.declaration.prerequisites)
    ]

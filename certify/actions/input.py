"""What a shifter said and what it rests on, as the actions take it; and whether a record says just that already."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from certify.facts.snapshot import TypedValues
from certify.models import BadReason, RunReconstruction, TrackerCertification
from certify.models.choices import Component, State
from users.models import User

PROBLEMS = ("pixel_problems", "strip_problems", "tracking_problems")


@dataclass(frozen=True)
class Decision:
    """What the shifter said: the fields of a certification by name, without its facts.

    `confirmed` are the codes of the questions that were confirmed; of these, only what is asked is kept.
    """

    pixel: str
    strip: str
    tracking: str
    trackermap: str
    reference: RunReconstruction
    date: dt.date
    pixel_lowstat: bool = False
    strip_lowstat: bool = False
    tracking_lowstat: bool = False
    bad_reason: BadReason | None = None
    comment: str = ""
    confirmed: list[str] = field(default_factory=list)
    problems: dict[str, list[Any]] = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        """The certification's own columns."""
        plain = ("pixel", "strip", "tracking", "trackermap", "date", "bad_reason", "comment", "confirmed")
        ticks = tuple(f"{component.value}_lowstat" for component in Component)
        return {name: getattr(self, name) for name in plain + ticks} | {"reference_runreconstruction": self.reference}


@dataclass(frozen=True)
class Basis:
    """What a decision rests on besides the mirror of OMS: dataset, typed facts, and what Run Registry said when.

    `checklists`: those that were ticked, by identifier, title and edition, to which who ticked them is added; none when
    a certification is changed.
    `shown`: the facts that the form showed, None where it does not say. `practice_of`: whose practice it is (key).
    """

    dataset: str = ""
    is_dataset_known: bool = True
    is_dataset_verified: bool = True
    is_complete: bool = False
    typed_run: TypedValues = field(default_factory=dict)
    typed_fill: TypedValues = field(default_factory=dict)
    registry: dict[str, Any] = field(default_factory=dict)
    unticked: list[str] = field(default_factory=list)
    checklists: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, Any] | None = None
    practice_of: int | None = None


def is_replay_of(
    made: TrackerCertification, actor: User, run_number: int, reconstruction: str, decision: Decision, basis: Basis
) -> bool:
    """Whether this is the save that made the record, sent once more, and the record still stands."""
    is_of = (made.user_id, made.run_number, made.reconstruction) == (actor.pk, run_number, reconstruction)
    return is_of and made.state == State.LIVE and says_the_same(made, decision, basis)


def says_the_same(made: TrackerCertification, decision: Decision, basis: Basis) -> bool:
    """Whether the record has just this decision, on this dataset and these typed facts."""
    columns = decision.columns()
    has_same_columns = set(made.confirmed) <= set(columns.pop("confirmed"))
    has_same_columns &= all(getattr(made, name) == value for name, value in columns.items())
    has_same_problems = all(set(getattr(made, name).all()) == set(decision.problems.get(name, [])) for name in PROBLEMS)
    has_same_dataset = (made.dataset.name if made.dataset else "") == basis.dataset
    return has_same_columns and has_same_problems and has_same_dataset and _has_typed_facts(made, basis)


def _has_typed_facts(made: TrackerCertification, basis: Basis) -> bool:
    """Whether all that was typed by hand is among the facts the record froze."""
    of_run = dict(basis.typed_run)
    of_fill = dict(basis.typed_fill)
    if "fill_number" in of_fill:
        of_run["fill_number"] = of_fill.pop("fill_number")
    asked = (("run", of_run), ("fill", of_fill))
    return all(made.facts[part].get(name) == given["value"] for part, typed in asked for name, given in typed.items())

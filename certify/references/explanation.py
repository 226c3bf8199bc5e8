"""Explanation of the rank of a reference run: a text for each criterion, in order of weight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from certify.references.ranking import Match, RankedReference, ReferenceFeatures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RankReason:
    """Text for one criterion. `match` is None for the age, which only decides between otherwise equal references."""

    text: str
    match: Match | None = None

    @property
    def css(self) -> str:
        """Return the CSS class."""
        return "" if self.match is None else f"is-{self.match.name.lower()}"


def rank_reasons(ranked: RankedReference) -> list[RankReason]:
    """Return a reason for each criterion of `RankedReference.matches`, then the age."""
    target, other, matches = ranked.target, ranked.reference, ranked.matches
    texts = {
        "run type": _value_text("type", target.run_type, other.run_type, matches["run type"]),
        "reconstruction": _value_text(
            "reconstruction", target.reconstruction, other.reconstruction, matches["reconstruction"]
        ),
        "era": _value_text("era", target.era, other.era, matches["era"]),
        "B field": _number_text("field", target.b_field, other.b_field, matches["B field"], "{:.1f} T"),
        "energy": _number_text("energy", target.energy, other.energy, matches["energy"], "{:.0f} GeV"),
        "pile-up": _number_pair_text("pile-up", target.pile_up, other.pile_up),
        "bunches": _number_pair_text("bunches", target.bunches, other.bunches),
    }
    return [RankReason(texts[name], match) for name, match in matches.items()] + [RankReason(_age_text(ranked))]


def rank_reasons_text(ranked: Iterable[RankedReference], chosen: object) -> str:
    """Return how the reference with the primary key `chosen` differs from the run, preceded by its retirement."""
    for item in ranked:
        if str(item.reference.pk) == str(chosen):
            return ", ".join([*_retired_text(item.reference), *_difference_texts(item)])
    return ""


def _difference_texts(ranked: RankedReference) -> list[str]:
    """Return the reasons about values that are not the same, and the age."""
    texts = [reason.text for reason in rank_reasons(ranked) if reason.match != Match.SAME]
    return texts if texts[1:] else ["same conditions", *texts]


def _retired_text(reference: ReferenceFeatures) -> Iterator[str]:
    if not reference.is_offered:
        yield f"retired, {reference.successor_name} is offered in its place" if reference.successor_name else "retired"


def _value_text(label: str, target: str | None, other: str | None, match: Match) -> str:
    if match == Match.SAME:
        return f"same {label}"
    if other is None or other == "unknown":
        return f"{label} unknown"
    return other if target is None or target == "unknown" else f"{other}, not {target}"


def _number_text(label: str, target: float | None, other: float | None, match: Match, form: str) -> str:
    if other is None:
        return f"{label} unknown"
    is_other = target is not None and match == Match.DIFFERENT
    return f"{form.format(other)}, not {form.format(target)}" if is_other else form.format(other)


def _number_pair_text(label: str, target: float | None, other: float | None) -> str:
    """Return the value of the reference, then that of the run."""
    if target is None and other is None:
        return f"{label} unknown"
    return f"{label} {_number_or_unknown(other)} vs {_number_or_unknown(target)}"


def _number_or_unknown(figure: float | None) -> str:
    return "unknown" if figure is None else f"{figure:.0f}"


def _age_text(ranked: RankedReference) -> str:
    """Return the difference of the start times, or of the run numbers if a start time is unknown."""
    adjective = "older" if ranked.runs_older >= 0 else "newer"
    start, other_start = ranked.target.start_time, ranked.reference.start_time
    if start is None or other_start is None:
        return f"{abs(ranked.runs_older)} runs {adjective}"
    distance = abs(start - other_start)
    return f"{distance.days} d {adjective}" if distance >= _ONE_DAY else f"{distance.seconds // 3600} h {adjective}"

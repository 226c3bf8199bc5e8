"""Why a reference ranks where it does: one reason for each criterion, in order of weight, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from certify.references.ranking import Match, RankedReference, ReferenceFeatures

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RankReason:
    """One criterion in words; `match` is None for the age, which only counts where all else is equal."""

    text: str
    match: Match | None = None

    @property
    def css(self) -> str:
        return "" if self.match is None else f"is-{self.match.name.lower()}"


def rank_reasons(ranked: RankedReference) -> list[RankReason]:
    """All reasons for its rank: the criteria that `RankedReference.matches` has, then the age."""
    mine, other, matches = ranked.target, ranked.reference, ranked.matches
    told = {
        "run type": _value_text("type", mine.run_type, other.run_type, matches["run type"]),
        "reconstruction": _value_text(
            "reconstruction", mine.reconstruction, other.reconstruction, matches["reconstruction"]
        ),
        "era": _value_text("era", mine.era, other.era, matches["era"]),
        "B field": _number_text("field", mine.b_field, other.b_field, matches["B field"], "{:.1f} T"),
        "energy": _number_text("energy", mine.energy, other.energy, matches["energy"], "{:.0f} GeV"),
        "pile-up": _number_pair_text("pile-up", mine.pile_up, other.pile_up),
        "bunches": _number_pair_text("bunches", mine.bunches, other.bunches),
    }
    return [RankReason(told[name], match) for name, match in matches.items()] + [RankReason(_age_text(ranked))]


def rank_reasons_text(ranked: Iterable[RankedReference], chosen: object) -> str:
    """The reasons for the reference of this key, in one line; and, where it is retired, what takes its place."""
    for one in ranked:
        if str(one.reference.pk) == str(chosen):
            return ", ".join([*_retired_text(one.reference), *(reason.text for reason in rank_reasons(one))])
    return ""


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
    """The reference's figure, then the run's."""
    if target is None and other is None:
        return f"{label} unknown"
    return f"{label} {_number_or_unknown(other)} vs {_number_or_unknown(target)}"


def _number_or_unknown(figure: float | None) -> str:
    return "unknown" if figure is None else f"{figure:.0f}"


def _age_text(ranked: RankedReference) -> str:
    """By when the runs began; by their numbers where that is not known."""
    word = "older" if ranked.runs_older >= 0 else "newer"
    mine, other = ranked.target.start_time, ranked.reference.start_time
    if mine is None or other is None:
        return f"{abs(ranked.runs_older)} runs {word}"
    apart = abs(mine - other)
    return f"{apart.days} d {word}" if apart >= _ONE_DAY else f"{apart.seconds // 3600} h {word}"

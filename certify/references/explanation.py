"""Why a reference ranks where it does: one reason for each criterion, in order of weight, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from certify.references.ranking import Likeness, Match, RankedReference

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reason:
    """One criterion in words; `match` is None for the age, which only counts where all else is equal."""

    text: str
    match: Match | None = None

    @property
    def css(self) -> str:
        return "" if self.match is None else f"is-{self.match.name.lower()}"


def reasons_of(one: RankedReference) -> list[Reason]:
    """All reasons for its rank: the criteria that `RankedReference.matches` has, then the age."""
    mine, other, matches = one.mine, one.reference, one.matches
    told = {
        "run type": _word("type", mine.run_type, other.run_type, matches["run type"]),
        "reconstruction": _word("reconstruction", mine.reconstruction, other.reconstruction, matches["reconstruction"]),
        "era": _word("era", mine.era, other.era, matches["era"]),
        "B field": _figure("field", mine.b_field, other.b_field, matches["B field"], "{:.1f} T"),
        "energy": _figure("energy", mine.energy, other.energy, matches["energy"], "{:.0f} GeV"),
        "pile-up": _pair("pile-up", mine.pile_up, other.pile_up),
        "bunches": _pair("bunches", mine.bunches, other.bunches),
    }
    return [Reason(told[name], match) for name, match in matches.items()] + [Reason(_age(one))]


def why(ranked: Iterable[RankedReference], chosen: object) -> str:
    """The reasons for the reference of this key, in one line; and, where it is retired, what takes its place."""
    for one in ranked:
        if str(one.reference.pk) == str(chosen):
            return ", ".join([*_retired(one.reference), *(reason.text for reason in reasons_of(one))])
    return ""


def _retired(one: Likeness) -> Iterator[str]:
    if not one.is_offered:
        yield f"retired, {one.in_its_place} is offered in its place" if one.in_its_place else "retired"


def _word(what: str, mine: str | None, other: str | None, match: Match) -> str:
    if match == Match.SAME:
        return f"same {what}"
    if other is None or other == "unknown":
        return f"{what} unknown"
    return other if mine is None or mine == "unknown" else f"{other}, not {mine}"


def _figure(what: str, mine: float | None, other: float | None, match: Match, form: str) -> str:
    if other is None:
        return f"{what} unknown"
    is_other = mine is not None and match == Match.DIFFERENT
    return f"{form.format(other)}, not {form.format(mine)}" if is_other else form.format(other)


def _pair(what: str, mine: float | None, other: float | None) -> str:
    """The reference's figure, then the run's."""
    if mine is None and other is None:
        return f"{what} unknown"
    return f"{what} {_or_unknown(other)} vs {_or_unknown(mine)}"


def _or_unknown(figure: float | None) -> str:
    return "unknown" if figure is None else f"{figure:.0f}"


def _age(one: RankedReference) -> str:
    """By when the runs began; by their numbers where that is not known."""
    word = "older" if one.runs_older >= 0 else "newer"
    mine, other = one.mine.began, one.reference.began
    if mine is None or other is None:
        return f"{abs(one.runs_older)} runs {word}"
    apart = abs(mine - other)
    return f"{apart.days} d {word}" if apart >= _DAY else f"{apart.seconds // 3600} h {word}"

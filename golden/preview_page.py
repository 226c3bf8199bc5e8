"""A preview as a page, as JSON and as CSV."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from golden.policy_diff import rules_diff
from golden.policy_rules import PolicyRules
from infrastructure.number_ranges import count_numbers, format_ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden.models import PolicyVersion
    from golden.policy_diff import RulesDiff
    from golden.preview import ChangeSum, Preview, RunChange
    from golden.tally import LumisectionSum

RUNS_SHOWN, SUMS_SHOWN = 50, 12
# What selects nothing, to compare a new policy with.
SELECTS_NOTHING = {"<": [{"var": "run.run_number"}, 0]}
CSV_HEADING = (
    *("run", "era", "before", "after", "lumisections_gained", "lumisections_lost", "recorded_gained_per_pb"),
    *("recorded_lost_per_pb", "lumisections_of_unknown_luminosity", "why"),
)
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class PreviewRow:
    """A run that changes, as it is shown."""

    run_number: int
    era: str
    before: str
    after: str
    lumisections: str
    lumi: str
    why: str


@dataclass(frozen=True)
class PreviewPage:
    """A preview of `rules` against `against`, None where there was no policy. `seconds`: how long it took."""

    rules: PolicyRules
    against: PolicyVersion | None
    preview: Preview
    seconds: float

    @cached_property
    def difference(self) -> RulesDiff:
        return rules_diff(self.against.rules if self.against else None, self.rules)

    @property
    def rows(self) -> list[PreviewRow]:
        """The first runs that change."""
        return [self._row(change) for change in self.preview.changes[:RUNS_SHOWN]]

    @property
    def runs_left(self) -> int:
        return len(self.preview.changes) - RUNS_SHOWN

    @property
    def total(self) -> list[tuple[str, str]]:
        """What is gained and lost, in runs, lumisections and 1/pb."""
        gained, lost = self.preview.total.gained, self.preview.total.lost
        return [
            (f"+{len(self.preview.runs_gained)} runs", f"{_MINUS}{len(self.preview.runs_lost)} runs"),
            (f"+{gained.count} LS", f"{_MINUS}{lost.count} LS"),
            (f"+{gained.recorded.lumi:.3f} /pb", f"{_MINUS}{lost.recorded.lumi:.3f} /pb"),
        ]

    @property
    def unknown(self) -> int:
        """How many lumisections gained and lost have an unknown luminosity."""
        return self.preview.total.gained.recorded.unknown + self.preview.total.lost.recorded.unknown

    @property
    def by_clauses(self) -> list[tuple[str, str, str]]:
        """Lumisections and luminosity by the clauses that fail together, the largest first."""
        return _sum_rows(self.preview.by_clauses)[:SUMS_SHOWN] if self.against else []

    @property
    def clauses_left(self) -> int:
        return len(self.preview.by_clauses) - SUMS_SHOWN if self.against else 0

    @property
    def by_era(self) -> list[tuple[str, str, str]]:
        return _sum_rows(self.preview.by_era)[:SUMS_SHOWN]

    @property
    def balance(self) -> str:
        """How many runs gain and how many lose, as a sentence."""
        gain = sum(bool(change.difference.gained) for change in self.preview.changes)
        lose = sum(bool(change.difference.lost) for change in self.preview.changes)
        if not gain and not lose:
            return "Nothing changes: both select the same lumisections."
        return f"{_count(gain)} gain{'s' if gain == 1 else ''}, {_count(lose)} lose{'s' if lose == 1 else ''}."

    def _row(self, change: RunChange) -> PreviewRow:
        difference = change.difference
        return PreviewRow(
            difference.run_number,
            change.era,
            format_ranges(difference.before) or "–",
            format_ranges(difference.after) or "–",
            _signed(count_numbers(difference.gained), count_numbers(difference.lost)),
            _signed(change.gained.lumi, change.lost.lumi, ".3f"),
            ", ".join(change.reasons) if self.against else "",
        )

    def as_json(self) -> dict[str, Any]:
        """Return the preview as JSON: all runs, luminosities in 1/pb."""
        preview = self.preview
        return {
            "against": {"policy": self.against.policy.name, "version": self.against.number} if self.against else None,
            "seconds": round(self.seconds, 3),
            "certifications": preview.certifications,
            "segments": preview.segments,
            "total": _sum_json(preview.total),
            "runs_gained": preview.runs_gained,
            "runs_lost": preview.runs_lost,
            "by_clause": {text: _sum_json(each) for text, each in preview.by_clauses.items()},
            "by_era": {era: _sum_json(each) for era, each in preview.by_era.items()},
            "runs": [_change_json(change) for change in preview.changes],
        }

    def csv_rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the values of `CSV_HEADING` for each run that changes."""
        for change in self.preview.changes:
            difference = change.difference
            yield (
                difference.run_number,
                change.era,
                format_ranges(difference.before),
                format_ranges(difference.after),
                count_numbers(difference.gained),
                count_numbers(difference.lost),
                round(change.gained.lumi, 6),
                round(change.lost.lumi, 6),
                change.gained.unknown + change.lost.unknown,
                ", ".join(change.reasons),
            )


def rules_before(against: PolicyVersion | None, after: PolicyRules) -> PolicyRules:
    """Return the rules of a version, or rules that select nothing where there is none."""
    if against:
        return against.rules
    return PolicyRules(SELECTS_NOTHING, after.dataset_pattern, after.layout, after.stale)


def _count(runs: int) -> str:
    return f"{runs} run{'' if runs == 1 else 's'}" if runs else "none"


def _signed(gained: float, lost: float, form: str = "") -> str:
    parts = [f"{sign}{value:{form}}" for sign, value in (("+", gained), (_MINUS, lost)) if value]
    return " ".join(parts) or "0"


def _sum_rows(sums: dict[str, ChangeSum]) -> list[tuple[str, str, str]]:
    ordered = sorted(sums.items(), key=lambda item: -(item[1].gained.count + item[1].lost.count))
    return [
        (
            text or "unknown",
            _signed(each.gained.count, each.lost.count),
            _signed(each.gained.recorded.lumi, each.lost.recorded.lumi, ".3f"),
        )
        for text, each in ordered
    ]


def _sum_json(each: ChangeSum) -> dict[str, Any]:
    def side(part: LumisectionSum) -> dict[str, Any]:
        lumi = {"recorded_lumi": round(part.recorded.lumi, 6), "unknown_lumi": part.recorded.unknown}
        return {"lumisections": part.count, **lumi}

    return {"gained": side(each.gained), "lost": side(each.lost)}


def _change_json(change: RunChange) -> dict[str, Any]:
    difference = change.difference
    return {
        "run": difference.run_number,
        "era": change.era,
        "before": difference.before,
        "after": difference.after,
        "gained": {"lumisections": difference.gained, "recorded_lumi": round(change.gained.lumi, 6)},
        "lost": {"lumisections": difference.lost, "recorded_lumi": round(change.lost.lumi, 6)},
        "why": change.reasons,
    }
